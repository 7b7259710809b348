// Word back to a gateway about the records it waits for (`durability: acked`): whether each is on disk. One message a slab, once
// all that were awaited in it are settled; a record that nobody could settle is lost.

/** Told once what became of a record. */
export type Settled = (captured: boolean) => void;

/** In a slab: its number, and the places of the records whose fate somebody waits for. */
export interface Awaited {
  readonly slab: number;
  readonly records: readonly number[];
}

/** Monitor -> gateway: all awaited records of a slab are settled; those at these places of `Awaited.records` are not on disk. */
export interface SlabSettled {
  readonly kind: 'settled';
  readonly slab: number;
  readonly lost: readonly number[];
}

/** The gateway's side: who waits for what. Everyone told once; whoever was not told by the end never will be. */
export interface Waiters {
  add(settled: readonly Settled[]): number;
  settle(message: SlabSettled): void;
}

export function createWaiters(): Waiters {
  const bySlab = new Map<number, readonly Settled[]>();
  let slab = 0;
  return {
    add(settled) {
      slab += 1;
      bySlab.set(slab, settled);
      return slab;
    },
    settle({ slab: settledSlab, lost }) {
      const waiting = bySlab.get(settledSlab) ?? [];
      bySlab.delete(settledSlab);
      for (const [place, settled] of waiting.entries()) settled(!lost.includes(place));
    },
  };
}

/** The monitor's side of one slab. */
export interface Settling {
  /** For the record at this place of the slab; null where nobody waits for it. Telling it twice does nothing. */
  of(record: number): Settled | null;
  /** The slab has been read: what nobody has asked for was not in it. */
  end(): void;
}

export function createSettling({ slab, records }: Awaited, tell: (message: SlabSettled) => void): Settling {
  const lost: number[] = [];
  const settled = new Set<number>();
  const asked = new Set<number>();
  const settle = (place: number, captured: boolean): void => {
    if (settled.has(place)) return;
    settled.add(place);
    if (!captured) lost.push(place);
    if (settled.size === records.length) tell({ kind: 'settled', slab, lost });
  };
  return {
    of(record) {
      const place = records.indexOf(record);
      if (place < 0) return null;
      asked.add(place);
      return (captured) => settle(place, captured);
    },
    end() {
      for (const place of records.keys()) if (!asked.has(place)) settle(place, false);
    },
  };
}
