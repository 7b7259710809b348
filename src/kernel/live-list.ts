// Things under way, that come and go by the ten thousand a second: each knows its place, and the last takes the place of the
// one that leaves. Not a Set: when a Set grows anew, its old table points to the next one and keeps what was in it, so that a
// table that has become old keeps whatever came after it alive until the next full collection.

export interface Listed {
  /** Owned by the list: the item's place in it, -1 while it is not in one. */
  place: number;
}

export class LiveList<Item extends Listed> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    item.place = this.#items.push(item) - 1;
  }

  /** @returns false where it was not in the list */
  remove(item: Item): boolean {
    const items = this.#items;
    const { place } = item;
    if (place < 0 || items[place] !== item) return false;
    item.place = -1;
    const last = items.pop();
    if (last !== undefined && last !== item) {
      items[place] = last;
      last.place = place;
    }
    return true;
  }

  /** Visit all, last first: whoever leaves meanwhile, no one is left out and no one met twice. */
  each(visit: (item: Item) => void): void {
    for (let i = this.#items.length - 1; i >= 0; i--) {
      const item = this.#items[i];
      if (item !== undefined) visit(item);
    }
  }
}
