// Some values out of a JSON text in one pass, without building the rest. The scan checks the whole text by RFC 8259 and agrees
// with JSON.parse: what that refuses has no value here, and of equal keys the last one counts.

const QUOTE = 34;
const BACKSLASH = 92;
const DEPTH_MAX = 512;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The places that a scan looks for, as a tree of reference tokens. Compiled once, used for every body. */
export interface Places {
  readonly count: number;
  readonly root: Branch;
}

interface Branch {
  readonly below: Map<string, Branch>;
  /** Places that end here. */
  readonly wanted: number[];
  /** Places that end here or below. */
  readonly all: number[];
}

/** @param pointers unescaped reference tokens of JSON pointers */
export function compilePlaces(pointers: readonly (readonly string[])[]): Places {
  const root = branch();
  for (const [place, tokens] of pointers.entries()) {
    let here = root;
    here.all.push(place);
    for (const token of tokens) {
      const next = here.below.get(token) ?? branch();
      here.below.set(token, next);
      here = next;
      here.all.push(place);
    }
    here.wanted.push(place);
  }
  return { count: pointers.length, root };
}

function branch(): Branch {
  return { below: new Map(), wanted: [], all: [] };
}

/** What stands at a place: a string's decoded text, or the source text of a number, true, false or null. */
export interface Found {
  readonly text: string;
  /** Whether it is a string or a number. */
  readonly isKey: boolean;
}

/** @returns per place what stands there; undefined for objects, lists, what is missing, and everything in invalid JSON */
export function scanPlaces(bytes: Uint8Array, places: Places): readonly (Found | undefined)[] {
  const scan = new Scan(bytes, places);
  try {
    scan.space();
    scan.value(0, places.root);
    scan.space();
    if (scan.at !== bytes.length) throw new Malformed();
    return scan.starts.map((start, place) => (start < 0 ? undefined : scan.foundAt(start, scan.ends[place] ?? start)));
  } catch (error) {
    if (error instanceof Malformed) return new Array<undefined>(places.count).fill(undefined);
    throw error;
  }
}

class Malformed extends Error {}

class Scan {
  at = 0;
  /** Ranges of the values found, by place; -1 where there is none. */
  readonly starts: number[];
  readonly ends: number[];
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, { count }: Places) {
    this.bytes = bytes;
    this.starts = new Array<number>(count).fill(-1);
    this.ends = new Array<number>(count).fill(-1);
  }

  /** @param here where the keys so far led to in the tree of places; null: to none of them */
  value(depth: number, here: Branch | null): void {
    if (depth > DEPTH_MAX) throw new Malformed();
    const start = this.at;
    // A later value of the same key replaces what an earlier one had given.
    if (here !== null) for (const place of here.all) this.starts[place] = -1;
    const byte = this.bytes[start];
    if (byte === 123) {
      this.object(depth, here);
      return;
    }
    if (byte === 91) {
      this.array(depth, here);
      return;
    }
    if (byte === QUOTE) this.string();
    else if (byte === 116) this.literal('true');
    else if (byte === 102) this.literal('false');
    else if (byte === 110) this.literal('null');
    else this.number();
    if (here === null) return;
    for (const place of here.wanted) {
      this.starts[place] = start;
      this.ends[place] = this.at;
    }
  }

  object(depth: number, here: Branch | null): void {
    const below = here === null || here.below.size === 0 ? null : here.below;
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
      const next = below === null ? null : this.branchAt(below, start);
      this.space();
      this.expect(58);
      this.space();
      this.value(depth + 1, next);
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

  array(depth: number, here: Branch | null): void {
    const below = here === null || here.below.size === 0 ? null : here.below;
    this.at++;
    this.space();
    if (this.bytes[this.at] === 93) {
      this.at++;
      return;
    }
    for (let index = 0; ; index++) {
      this.value(depth + 1, below === null ? null : (below.get(String(index)) ?? null));
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

  /** The branch of the key that ends here; a key that is not UTF-8 leads nowhere. */
  branchAt(below: ReadonlyMap<string, Branch>, start: number): Branch | null {
    const key = this.text(start, this.at);
    return key === undefined ? null : (below.get(key) ?? null);
  }

  foundAt(start: number, end: number): Found | undefined {
    const text = this.text(start, end);
    const byte = this.bytes[start];
    return text === undefined ? undefined : { text, isKey: byte === QUOTE || byte === 45 || isDigit(byte) };
  }

  /** Decoded text of the string (quotes included in the range), or the source of another value; undefined where it is not UTF-8. */
  text(start: number, end: number): string | undefined {
    try {
      const source = decoder.decode(this.bytes.subarray(start, end));
      return source.startsWith('"') ? (JSON.parse(source) as string) : source;
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

function isHex(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && (byte | 32) >= 97 && (byte | 32) <= 102);
}
