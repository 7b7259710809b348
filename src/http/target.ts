// The request target, read but never rewritten: normalising a path is how two parsers come to see two requests.

/** Path of an origin-form target, without its query. */
export function pathOf(target: string): string {
  const question = target.indexOf('?');
  return question < 0 ? target : target.slice(0, question);
}

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:[/?]|$)/i;

/** What is wrong with a target, or ''. Anything that a server behind might read as another path is refused. */
export function targetProblem(target: string): string {
  if (target.charCodeAt(0) !== 47) return 'The request target must start with a slash.';
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code <= 32 || code >= 127)
      return 'The request target must be visible ASCII; encode the rest with percent signs.';
    if (code === 35) return 'The request target may not hold a fragment.';
  }
  // Checked only where a dot could be: `.` or `%2e` right after a slash.
  if ((target.includes('/.') || target.includes('%2')) && DOT_SEGMENT.test(pathOf(target))) {
    return 'The request target may not hold dot segments.';
  }
  return '';
}

/** First value of a query parameter, form-decoded (`+` is a space), as bytes; undefined where absent. */
export function queryValue(target: string, name: string): Uint8Array | undefined {
  const question = target.indexOf('?');
  if (question < 0) return undefined;
  let start = question + 1;
  while (start <= target.length) {
    let end = target.indexOf('&', start);
    if (end < 0) end = target.length;
    const equals = target.indexOf('=', start);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    if (matches(target, start, nameEnd, name)) return percentDecode(target.slice(Math.min(nameEnd + 1, end), end));
    start = end + 1;
  }
  return undefined;
}

function matches(target: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length && target.startsWith(name, start)) return true;
  const encoded = target.slice(start, end);
  if (!encoded.includes('%') && !encoded.includes('+')) return false;
  return Buffer.from(percentDecode(encoded)).toString('utf8') === name;
}

/** Percent- and plus-decoding to bytes; a broken escape stands for itself. */
export function percentDecode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const byte = code === 37 ? Number.parseInt(text.slice(i + 1, i + 3), 16) : Number.NaN;
    if (code === 37 && /^[0-9a-f]{2}$/i.test(text.slice(i + 1, i + 3))) {
      bytes[length++] = byte;
      i += 2;
    } else {
      bytes[length++] = code === 43 ? 32 : code;
    }
  }
  return bytes.subarray(0, length);
}

/** Value of a cookie (RFC 6265 section 5.4: the first of its name), without surrounding quotes; undefined where absent. */
export function cookieValue(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
    const value = part.slice(equals + 1).trim();
    return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  }
  return undefined;
}

/**
 * The origin-form of a target. A client may send the absolute form to any server (RFC 9112 section 3.2.2); it is taken only
 * where its authority is the Host header's, so that nobody behind reads another host than the gate did.
 * @returns null where it is neither form, or the two hosts differ
 */
export function originForm(target: string, host: string): string | null {
  if (target.charCodeAt(0) === 47) return target;
  const match = /^https?:\/\/([^/?#]*)([/?].*)?$/i.exec(target);
  if (match === null || match[1]?.toLowerCase() !== host.toLowerCase()) return null;
  const rest = match[2] ?? '/';
  return rest.startsWith('?') ? `/${rest}` : rest;
}
