// A line to wait in: first come, first served; whoever has enough of it leaves. An array for the reason that live-list.ts gives.

export interface Line<Item> {
  join(item: Item): void;
  /** Take out the first. */
  next(): Item | undefined;
  /** @returns false where it was not in the line */
  leave(item: Item): boolean;
  readonly size: number;
}

/** Empty places at the front are cleared away when there are so many, and they are half of all. */
const GONE_MAX = 64;

export function createLine<Item>(): Line<Item> {
  /** `undefined`: gone. */
  const places: (Item | undefined)[] = [];
  let first = 0;
  let size = 0;

  function clearAway(): void {
    if (size === 0) places.length = 0;
    else if (first > GONE_MAX && first * 2 > places.length) places.splice(0, first);
    else return;
    first = 0;
  }

  return {
    join(item) {
      places.push(item);
      size++;
    },
    next() {
      while (first < places.length) {
        const item = places[first];
        places[first++] = undefined;
        if (item === undefined) continue;
        size--;
        clearAway();
        return item;
      }
      return undefined;
    },
    leave(item) {
      const at = places.indexOf(item, first);
      if (at < 0) return false;
      places[at] = undefined;
      size--;
      clearAway();
      return true;
    },
    get size() {
      return size;
    },
  };
}
