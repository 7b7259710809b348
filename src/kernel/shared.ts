// Things that several stand on, by name: made for the first who holds one, given back by the last who leaves it.

interface Entry<Value> {
  readonly value: Value;
  held: number;
}

export class Shared<Value> {
  readonly #entries = new Map<string, Entry<Value>>();

  /** The value of this name; to be left as often as it was held. */
  hold(key: string, make: () => Value): Value {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { value: make(), held: 0 };
      this.#entries.set(key, entry);
    }
    entry.held++;
    return entry.value;
  }

  /** @returns the value where nobody holds it any more: it is forgotten, and whoever left it last closes it */
  leave(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.held--;
    if (entry.held > 0) return undefined;
    this.#entries.delete(key);
    return entry.value;
  }

  get values(): Value[] {
    return Array.from(this.#entries.values(), ({ value }) => value);
  }
}
