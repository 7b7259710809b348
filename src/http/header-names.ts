// A few header names that are looked for in every head. Most headers are ruled out by their length alone: only the others are
// lower-cased and looked up.

export class HeaderNames {
  readonly #names: ReadonlySet<string>;
  /** Lengths of the names, as bits; longer ones share the last. */
  readonly #lengths: number;

  /** @param names lower case */
  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
    this.#lengths = [...this.#names].reduce((bits, name) => bits | bitOf(name), 0);
  }

  /** The headers of these names, flat, with lower-case names. */
  of(rawHeaders: readonly string[]): string[] {
    const out: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] as string;
      if ((this.#lengths & bitOf(name)) === 0) continue;
      const lower = name.toLowerCase();
      if (this.#names.has(lower)) out.push(lower, rawHeaders[i + 1] as string);
    }
    return out;
  }
}

function bitOf({ length }: string): number {
  return 1 << Math.min(length, 31);
}
