// One field line of an answer's head or trailers (RFC 9112 section 5): a token, a colon, a value without control characters.
// Strict and linear in its length, since a server that is not ours writes it.

const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  TOKEN[char.charCodeAt(0)] = 1;

/**
 * @param text latin1; the line is from `start` to `end`, without its CRLF
 * @param out takes name and value
 * @returns what is wrong, as a code, or ''
 */
export function readFieldLine(text: string, start: number, end: number, out: string[]): string {
  let at = start;
  while (TOKEN[text.charCodeAt(at)] === 1) at++;
  if (at === start || text.charCodeAt(at) !== 58) return 'INVALID_HEADER_NAME';
  const value = withoutBlanks(text, at + 1, end);
  if (!isValue(value)) return 'INVALID_HEADER_VALUE';
  out.push(text.slice(start, at), value);
  return '';
}

/** Without spaces and tabs around it. Not String.trim: in latin1 that would take a byte 0xA0 for a space. */
function withoutBlanks(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** Visible latin1, spaces and tabs: no CR, LF or NUL, so that nothing can split the answer on its way down. */
export function isValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 32 && code !== 9) || code === 127 || code > 255) return false;
  }
  return true;
}
