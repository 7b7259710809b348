// Decisions that wait for their other half, the oldest first: bounded in number, in cells and in time. A half comes and goes
// within milliseconds, ten thousand times a second: they lie in slots that are used again, found by a hash and chained by numbers.
// Not in a Map: the tables that a Map leaves behind kept most halves alive until the next full collection (kernel/live-list.ts).

import { textHash } from '../kernel/text-hash.ts';

export interface Waiting {
  /** What it holds, in cells. */
  readonly cells: number;
}

/** Callers may bring their own decision ids, which two models may share. */
export interface WaitingKey {
  readonly model: string;
  readonly decisionId: string;
}

export interface WaitingHalves<Half extends Waiting> {
  readonly size: number;
  readonly counters: { readonly evicted: number; readonly expired: number; readonly tooLarge: number };
  get(key: WaitingKey): Half | undefined;
  /** Hold a half, or another in the place of one: that one's time goes on. */
  hold(key: WaitingKey, half: Half): void;
  drop(key: WaitingKey): void;
  /** Let go of all whose time is over. */
  sweep(): void;
}

export interface WaitingBounds {
  readonly halvesMax: number;
  readonly cellsMax: number;
  readonly ttlMs: number;
  /** Of the hash: one that callers cannot know. */
  readonly seed: number;
}

interface Slot<Half> {
  model: string;
  decisionId: string;
  /** null: the slot is free. */
  half: Half | null;
  since: number;
  bucket: number;
  /** Places of slots, -1 for none: in the bucket (of a free slot, the next free one), and in the order of arrival. */
  next: number;
  older: number;
  newer: number;
}

/** @param leave told of every half that went unmet */
export function createWaitingHalves<Half extends Waiting>(
  { halvesMax, cellsMax, ttlMs, seed }: WaitingBounds,
  now: () => number,
  leave: (half: Half) => void,
): WaitingHalves<Half> {
  const slots: Slot<Half>[] = [];
  const buckets = new Int32Array(2 ** Math.ceil(Math.log2(halvesMax + 1))).fill(-1);
  const counters = { evicted: 0, expired: 0, tooLarge: 0 };
  let [free, oldest, newest] = [-1, -1, -1];
  let size = 0;
  let cells = 0;

  const bucketOf = (decisionId: string): number => textHash(decisionId, seed) & (buckets.length - 1);
  const slotAt = (place: number): Slot<Half> => slots[place] as Slot<Half>;

  function placeOf({ model, decisionId }: WaitingKey, bucket: number): number {
    let place = buckets[bucket] as number;
    while (place !== -1) {
      const slot = slotAt(place);
      if (slot.decisionId === decisionId && slot.model === model) return place;
      place = slot.next;
    }
    return -1;
  }

  function take(): number {
    if (free === -1)
      return (
        slots.push({ model: '', decisionId: '', half: null, since: 0, bucket: 0, next: -1, older: -1, newer: -1 }) - 1
      );
    const place = free;
    free = slotAt(place).next;
    return place;
  }

  function add({ model, decisionId }: WaitingKey, bucket: number, half: Half): void {
    const place = take();
    const slot = slotAt(place);
    slot.model = model;
    slot.decisionId = decisionId;
    slot.half = half;
    slot.since = now();
    slot.bucket = bucket;
    slot.next = buckets[bucket] as number;
    buckets[bucket] = place;
    slot.older = newest;
    slot.newer = -1;
    if (newest === -1) oldest = place;
    else slotAt(newest).newer = place;
    newest = place;
    size += 1;
  }

  /** The slot keeps nothing of what it held. */
  function release(place: number): Half | null {
    const slot = slotAt(place);
    const { half, bucket, next, older, newer } = slot;
    let before = buckets[bucket] as number;
    if (before === place) buckets[bucket] = next;
    else {
      while (slotAt(before).next !== place) before = slotAt(before).next;
      slotAt(before).next = next;
    }
    if (older === -1) oldest = newer;
    else slotAt(older).newer = newer;
    if (newer === -1) newest = older;
    else slotAt(newer).older = older;
    slot.model = '';
    slot.decisionId = '';
    slot.half = null;
    slot.next = free;
    free = place;
    size -= 1;
    cells -= half?.cells ?? 0;
    return half;
  }

  function lose(place: number, reason: 'evicted' | 'expired'): void {
    const half = release(place);
    if (half === null) return;
    counters[reason]++;
    leave(half);
  }

  const isOver = (place: number): boolean => now() - slotAt(place).since > ttlMs;

  function drop(key: WaitingKey): void {
    const place = placeOf(key, bucketOf(key.decisionId));
    if (place !== -1) release(place);
  }

  return {
    get size() {
      return size;
    },
    counters,
    get(key) {
      const place = placeOf(key, bucketOf(key.decisionId));
      if (place === -1) return undefined;
      if (!isOver(place)) return slotAt(place).half ?? undefined;
      lose(place, 'expired');
      return undefined;
    },
    hold(key, half) {
      if (half.cells > cellsMax) {
        drop(key);
        counters.tooLarge++;
        leave(half);
        return;
      }
      const bucket = bucketOf(key.decisionId);
      const place = placeOf(key, bucket);
      cells += half.cells;
      if (place === -1) add(key, bucket, half);
      else {
        const slot = slotAt(place);
        cells -= slot.half?.cells ?? 0;
        slot.half = half;
      }
      while (oldest !== -1 && (size > halvesMax || cells > cellsMax)) lose(oldest, 'evicted');
    },
    drop,
    sweep() {
      while (oldest !== -1 && isOver(oldest)) lose(oldest, 'expired');
    },
  };
}
