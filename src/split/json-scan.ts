// One value out of a JSON text, without building the rest. The scan checks the whole text by RFC 8259 and agrees with
// JSON.parse: what that refuses has no value here, and of equal keys the last one counts.

const QUOTE = 34;
const BACKSLASH = 92;
const DEPTH_MAX = 512;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param tokens unescaped reference tokens of a JSON pointer
 * @returns a string's decoded text or a number's source text; undefined for any other value, a missing one, or invalid JSON
 */
export function scanPointer(bytes: Uint8Array, tokens: readonly string[]): string | undefined {
  const scan = new Scan(bytes, tokens);
  try {
    scan.space();
    scan.value(0, true);
    scan.space();
    if (scan.at !== bytes.length) return undefined;
    return scan.found === null ? undefined : scan.text(scan.found.start, scan.found.end);
  } catch (error) {
    if (error instanceof Malformed || error instanceof TypeError) return undefined;
    throw error;
  }
}

class Malformed extends Error {}

class Scan {
  at = 0;
  found: { readonly start: number; readonly end: number } | null = null;
  readonly bytes: Uint8Array;
  readonly tokens: readonly string[];

  constructor(bytes: Uint8Array, tokens: readonly string[]) {
    this.bytes = bytes;
    this.tokens = tokens;
  }

  /** @param onPath whether the tokens before `depth` led here */
  value(depth: number, onPath: boolean): void {
    if (depth > DEPTH_MAX) throw new Malformed();
    const start = this.at;
    // A later value of the same key replaces what an earlier one had given.
    if (onPath) this.found = null;
    const wanted = onPath && depth === this.tokens.length;
    const byte = this.bytes[start];
    if (byte === QUOTE) {
      this.string();
      if (wanted) this.found = { start, end: this.at };
    } else if (byte === 123) this.object(depth, onPath && !wanted);
    else if (byte === 91) this.array(depth, onPath && !wanted);
    else if (byte === 116) this.literal('true');
    else if (byte === 102) this.literal('false');
    else if (byte === 110) this.literal('null');
    else {
      this.number();
      if (wanted) this.found = { start, end: this.at };
    }
  }

  object(depth: number, onPath: boolean): void {
    this.at++;
    this.space();
    if (this.bytes[this.at] === 125) {
      this.at++;
      return;
    }
    for (;;) {
      if (this.bytes[this.at] !== QUOTE) throw new Malformed();
      const start = this.at;
      this.string();
      const matches = onPath && this.keyIs(start, this.at, this.tokens[depth] as string);
      this.space();
      this.expect(58);
      this.space();
      this.value(depth + 1, matches);
      this.space();
      if (this.bytes[this.at] === 44) {
        this.at++;
        this.space();
        continue;
      }
      this.expect(125);
      return;
    }
  }

  array(depth: number, onPath: boolean): void {
    this.at++;
    this.space();
    if (this.bytes[this.at] === 93) {
      this.at++;
      return;
    }
    const token = onPath ? (this.tokens[depth] as string) : '';
    for (let index = 0; ; index++) {
      this.value(depth + 1, onPath && token === String(index));
      this.space();
      if (this.bytes[this.at] === 44) {
        this.at++;
        this.space();
        continue;
      }
      this.expect(93);
      return;
    }
  }

  string(): void {
    const { bytes } = this;
    for (let i = this.at + 1; ; i++) {
      const byte = bytes[i];
      if (byte === QUOTE) {
        this.at = i + 1;
        return;
      }
      if (byte === undefined || byte < 32) throw new Malformed();
      if (byte === BACKSLASH) {
        i++;
        const letter = bytes[i];
        if (letter === 117) {
          for (let k = 1; k <= 4; k++) if (!isHex(bytes[i + k])) throw new Malformed();
          i += 4;
        } else if (letter === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(letter))) throw new Malformed();
      }
    }
  }

  number(): void {
    if (this.bytes[this.at] === 45) this.at++;
    if (this.bytes[this.at] === 48) this.at++;
    else this.digits();
    if (this.bytes[this.at] === 46) {
      this.at++;
      this.digits();
    }
    const exponent = this.bytes[this.at];
    if (exponent === 101 || exponent === 69) {
      this.at++;
      const sign = this.bytes[this.at];
      if (sign === 43 || sign === 45) this.at++;
      this.digits();
    }
  }

  digits(): void {
    const start = this.at;
    while (isDigit(this.bytes[this.at])) this.at++;
    if (this.at === start) throw new Malformed();
  }

  literal(word: string): void {
    for (let i = 0; i < word.length; i++) if (this.bytes[this.at + i] !== word.charCodeAt(i)) throw new Malformed();
    this.at += word.length;
  }

  expect(byte: number): void {
    if (this.bytes[this.at] !== byte) throw new Malformed();
    this.at++;
  }

  space(): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return;
      this.at++;
    }
  }

  keyIs(start: number, end: number, token: string): boolean {
    return this.text(start, end) === token;
  }

  /** Text of the string (quotes included in the range) or number at a range. Throws a TypeError on invalid UTF-8. */
  text(start: number, end: number): string {
    const source = decoder.decode(this.bytes.subarray(start, end));
    return source.startsWith('"') ? (JSON.parse(source) as string) : source;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

function isHex(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && (byte | 32) >= 97 && (byte | 32) <= 102);
}
