// JSON text that others wrote, read as JSON.parse reads it, but for a fault of V8 (Node 24.21): it takes a key with an escape for one it
// met in an earlier text, where that one holds a backslash and begins as the escape is written. So `{"a":0,"\\u0073":0}` of one caller
// would hide the member `"\u0073ecret"` of another. Texts with an escape in a key, which are rare, are therefore put together here.

/** Of a number: its value as a double, and the characters that it was written with. */
export type ReadNumber = (value: number, source: string) => unknown;

type Container = unknown[] | Record<string, unknown>;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** What stands between values: blanks (RFC 8259 section 2), commas and colons. */
const BETWEEN: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c, COLON]);

/**
 * @param readNumber what a number becomes; itself unless given
 * @throws SyntaxError where it is no JSON
 */
export function parseJson(text: string, readNumber: ReadNumber | null = null): unknown {
  const revive = readNumber === null ? undefined : reviver(readNumber);
  const value: unknown = JSON.parse(text, revive);
  return hasEscapedKey(text) ? putTogether(text, revive) : value;
}

type Revive = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** `source` is the literal as written (ECMAScript proposal JSON.parse source text access, in V8 since 11.4). */
function reviver(readNumber: ReadNumber): Revive {
  return (_key, value, context) =>
    typeof value === 'number' ? readNumber(value, context?.source ?? String(value)) : value;
}

function hasEscapedKey(text: string): boolean {
  if (!text.includes('\\')) return false;
  for (let start = text.indexOf('"'); start !== -1; ) {
    const end = afterString(text, start + 1);
    if (isKey(text, end) && text.slice(start, end).includes('\\')) return true;
    start = text.indexOf('"', end);
  }
  return false;
}

/** @param text JSON.parse has taken it */
function putTogether(text: string, revive: Revive | undefined): unknown {
  const whole: unknown[] = [];
  /** Containers that are being read, the innermost last; an object with the key that its next value has. */
  const open: { readonly container: Container; key: string }[] = [{ container: whole, key: '' }];
  const put = (value: unknown): void => {
    const { container, key } = open.at(-1) ?? { container: whole, key: '' };
    if (Array.isArray(container)) container.push(value);
    // Not an assignment: `__proto__` is a name like any other.
    else Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
  };
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (BETWEEN.has(code)) at++;
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      const container: Container = code === OPEN_LIST ? [] : {};
      put(container);
      open.push({ container, key: '' });
      at++;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      open.pop();
      at++;
    } else {
      const end = code === QUOTE ? afterString(text, at + 1) : afterScalar(text, at);
      const value: unknown = JSON.parse(text.slice(at, end), revive);
      const inner = open.at(-1);
      if (code === QUOTE && inner !== undefined && isKey(text, end)) inner.key = String(value);
      else put(value);
      at = end;
    }
  }
  return whole[0];
}

/** @param at behind the opening quote @returns behind the closing one */
function afterString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (before >= at && text.charCodeAt(before) === BACKSLASH) before--;
    if ((quote - before) % 2 === 1) return quote + 1;
  }
  return text.length;
}

function afterScalar(text: string, at: number): number {
  let next = at;
  while (next < text.length && !BETWEEN.has(text.charCodeAt(next)) && !isClosing(text.charCodeAt(next))) next++;
  return next;
}

const isClosing = (code: number): boolean => code === CLOSE_LIST || code === CLOSE_OBJECT;

/** Whether the string that ends here is the key of a member. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (at < text.length && text.charCodeAt(at) !== COLON && BETWEEN.has(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === COLON;
}
