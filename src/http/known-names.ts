// A few header names that are looked for in every head, in whatever case they are spelled. Length and first letter rule out
// most of the others; and since callers spell a name the same way each time, the last spelling met is remembered in its place.

const LETTERS = 32;
const LENGTH_MAX = 63;

export class KnownNames {
  readonly #names: ReadonlySet<string>;
  /** By length and first letter: 0 where no name could be there, else one more than its position in the next two. */
  readonly #position = new Uint16Array((LENGTH_MAX + 1) * LETTERS);
  /** The last spelling met there, and which name that was. */
  readonly #spelling: string[] = [];
  readonly #name: string[] = [];

  /** @param names lower case */
  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
    for (const name of this.#names) {
      const place = placeOf(name);
      if (this.#position[place] !== 0) continue;
      this.#position[place] = this.#spelling.push('');
      this.#name.push('');
    }
  }

  /** The name in lower case where it is one of them, else ''. */
  find(spelled: string): string {
    const position = this.#position[placeOf(spelled)] as number;
    if (position === 0) return '';
    if (this.#spelling[position - 1] === spelled) return this.#name[position - 1] as string;
    const lower = spelled.toLowerCase();
    const name = this.#names.has(lower) ? lower : '';
    this.#spelling[position - 1] = spelled;
    this.#name[position - 1] = name;
    return name;
  }

  /** The headers of these names, flat, with lower-case names. */
  of(rawHeaders: readonly string[]): string[] {
    const out: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = this.find(rawHeaders[i] as string);
      if (name !== '') out.push(name, rawHeaders[i + 1] as string);
    }
    return out;
  }
}

/** Longer names share the last length. */
function placeOf(name: string): number {
  return Math.min(name.length, LENGTH_MAX) * LETTERS + (name.charCodeAt(0) & (LETTERS - 1));
}
