// Where a pointer leads in JSON text, as places in that text: what is not pointed at can then stay as it came, byte for byte, with
// every digit, blank and doubled key. The text must be JSON (JSON.parse has taken it); a doubled key is met each time.

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Deeper than any body that means something; beyond, nobody says where a pointer leads. */
const DEPTH_MAX = 1000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;

/**
 * @param tokens of a pointer; `*` is every member, and in a list a word is the object of that `name`
 * @returns in the order of the text
 * @throws RangeError where the text is nested too deeply
 */
export function spansOf(text: string, tokens: readonly string[]): readonly Span[] {
  const spans: Span[] = [];
  follow(text, afterBlanks(text, 0), tokens, 0, spans);
  return spans;
}

/** @returns the end of the value that begins at `at` */
function follow(text: string, at: number, tokens: readonly string[], depth: number, spans: Span[]): number {
  const token = tokens[depth];
  if (token === undefined) {
    const end = afterValue(text, at);
    spans.push({ start: at, end });
    return end;
  }
  const code = text.charCodeAt(at);
  const isObject = code === OPEN_OBJECT;
  if (!isObject && code !== OPEN_LIST) return afterValue(text, at);
  let next = afterBlanks(text, at + 1);
  for (let index = 0; !isClosing(text.charCodeAt(next)); index++) {
    let isMeant: boolean;
    if (isObject) {
      const end = afterString(text, next + 1);
      isMeant = token === '*' || keyOf(text, next, end) === token;
      next = afterBlanks(text, afterBlanks(text, end) + 1);
    } else isMeant = token === '*' || token === String(index) || isNamed(text, next, token);
    next = isMeant ? follow(text, next, tokens, depth + 1, spans) : afterValue(text, next);
    next = afterBlanks(text, next);
    if (text.charCodeAt(next) === COMMA) next = afterBlanks(text, next + 1);
  }
  return next + 1;
}

/** Whether the item of a list at `at` is an object whose `name` is this. */
function isNamed(text: string, at: number, name: string): boolean {
  if (text.charCodeAt(at) !== OPEN_OBJECT || isIndex(name)) return false;
  const names: Span[] = [];
  follow(text, at, NAME, 0, names);
  return names.some(({ start, end }) => text.charCodeAt(start) === QUOTE && keyOf(text, start, end) === name);
}

/** RFC 6901 section 4: without leading zeros. */
export function isIndex(token: string): boolean {
  return /^(?:0|[1-9]\d*)$/.test(token);
}

const NAME: readonly string[] = ['name'];

/** The string between two quotes. */
function keyOf(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

function isClosing(code: number): boolean {
  return code === CLOSE_OBJECT || code === CLOSE_LIST || Number.isNaN(code);
}

function afterBlanks(text: string, at: number): number {
  let next = at;
  for (let code = text.charCodeAt(next); code === 0x20 || (code >= 0x09 && code <= 0x0d); )
    code = text.charCodeAt(++next);
  return next;
}

/** @param at behind the opening quote @returns behind the closing one */
function afterString(text: string, at: number): number {
  for (let next = at; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code === BACKSLASH) next++;
    else if (code === QUOTE) return next + 1;
  }
  return text.length;
}

function afterValue(text: string, at: number): number {
  let depth = 0;
  let next = at;
  do {
    const code = text.charCodeAt(next);
    if (code === QUOTE) next = afterString(text, next + 1);
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (++depth > DEPTH_MAX) throw new RangeError(`nested deeper than ${DEPTH_MAX}`);
      next++;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      depth--;
      next++;
    } else if (depth > 0) next++;
    else return afterScalar(text, next);
  } while (depth > 0 && next < text.length);
  return next;
}

/** A number, true, false or null. */
function afterScalar(text: string, at: number): number {
  let next = at;
  while (next < text.length && !/[\s,\]}]/.test(text.charAt(next))) next++;
  return next;
}
