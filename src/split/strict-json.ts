// JSON by RFC 8259 as values that know where they stand, so that a problem in a file that people should not edit, but do, is
// told with its line and column. Stricter than JSON.parse in one thing: a key that stands twice is a problem.

import type { Located, LocatedList, LocatedMap, SourceFile } from '../config/located.ts';
import type { Findings } from '../config/problem.ts';

const DEPTH_MAX = 16;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORD = /true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 section 7 refuses exactly these.
const PLAIN = /^"[^"\\\u0000-\u001f]*"$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

type Parent = LocatedMap | LocatedList | null;

class Malformed extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super('not JSON');
    this.offset = offset;
  }
}

/** @returns undefined where the text is not JSON, which the findings say */
export function readJson(text: string, source: SourceFile, findings: Findings): Located | undefined {
  const reader = new Reader(text, source, findings);
  try {
    return reader.whole();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const conflict = text.search(/^(<{7}|={7}|>{7})/m);
    if (text.trim() === '') {
      const remedy =
        'restore it from version control, or remove it and run `headgate plan`, which gives the slots out afresh';
      findings.inFile(source, 0, 'the file is empty', remedy);
    } else if (conflict >= 0) {
      const remedy = 'take the file of one side as a whole, then run `headgate plan`';
      findings.inFile(source, conflict, 'the file holds a merge conflict', remedy);
    } else {
      findings.inFile(source, error.offset, 'this is not JSON', 'restore the file from version control');
    }
    return undefined;
  }
}

class Reader {
  private at = 0;
  private readonly text: string;
  private readonly source: SourceFile;
  private readonly findings: Findings;

  constructor(text: string, source: SourceFile, findings: Findings) {
    this.text = text;
    this.source = source;
    this.findings = findings;
  }

  whole(): Located {
    this.space();
    const found = this.value(null, '', 0, 0);
    this.space();
    if (this.at !== this.text.length) throw new Malformed(this.at);
    return found;
  }

  private value(parent: Parent, key: string | number, keyOffset: number, depth: number): Located {
    if (depth > DEPTH_MAX) throw new Malformed(this.at);
    const base = { source: this.source, offset: this.at, keyOffset, parent, key, interpolated: false };
    const first = this.text[this.at];
    if (first === '{') return this.map(base, depth);
    if (first === '[') return this.list(base, depth);
    const word = first === 't' || first === 'f' || first === 'n';
    const text = first === '"' ? this.string() : this.take(word ? WORD : NUMBER);
    const value = JSON.parse(text) as string | number | boolean | null;
    return { ...base, kind: 'scalar', value, text: typeof value === 'string' ? value : text, broken: false };
  }

  private map(base: Omit<LocatedMap, 'kind' | 'entries'>, depth: number): LocatedMap {
    const entries = new Map<string, Located>();
    const found: LocatedMap = { ...base, kind: 'map', entries };
    this.members('}', () => {
      const offset = this.at;
      const key = JSON.parse(this.string()) as string;
      this.space();
      if (this.text[this.at] !== ':') throw new Malformed(this.at);
      this.at++;
      this.space();
      const value = this.value(found, key, offset, depth + 1);
      if (entries.has(key)) this.findings.atKey(found, key, 'the key stands twice', 'restore the file');
      entries.set(key, value);
    });
    return found;
  }

  private list(base: Omit<LocatedList, 'kind' | 'items'>, depth: number): LocatedList {
    const items: Located[] = [];
    const found: LocatedList = { ...base, kind: 'list', items };
    this.members(']', () => {
      items.push(this.value(found, items.length, this.at, depth + 1));
    });
    return found;
  }

  /** What stands between the brackets, with its commas. */
  private members(end: string, member: () => void): void {
    this.at++;
    this.space();
    if (this.text[this.at] === end) {
      this.at++;
      return;
    }
    for (;;) {
      member();
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== end) throw new Malformed(this.at);
      this.at++;
      if (next === end) return;
      this.space();
    }
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
  }

  /** Long texts without escapes, which is most of a lock, are found without a step per character. */
  private string(): string {
    const end = this.text.indexOf('"', this.at + 1);
    const text = this.text.slice(this.at, end + 1);
    if (this.text[this.at] !== '"' || !PLAIN.test(text)) return this.take(STRING);
    this.at = end + 1;
    return text;
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) throw new Malformed(this.at);
    this.at = pattern.lastIndex;
    return match[0];
  }
}
