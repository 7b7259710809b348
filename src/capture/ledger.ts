// The accounts of a process as they stand in its own segments: a frame in each group commit, and one at the head of each
// segment, so that what a process had received, written and dropped can be read from the folder after it was killed.
//
//   payload  4  0xffffffff, which no row begins with (segments/frame.ts)
//            n  JSON: at, whole, end, models: { NAME: [received, captured, sampledOut, pending, withheld, { reason: n }] }
//
// A frame tells the state of the moment at which its commit began, with the rows of that commit counted as captured.

import { CAPTURE_DROPS, type CaptureDrop } from '../model.ts';
import { type CaptureCounts, noDrops, sumOfDrops } from './counters.ts';
import { FRAME_HEAD_BYTES, type Frame, LEDGER_MARK, sealFrame } from './segments/frame.ts';

/** What one frame tells. */
export interface Ledger {
  /** Unix milliseconds. */
  readonly at: number;
  /** Of the row before it in the log, 0 where there is none: whoever follows the rows by their numbers passes over it. */
  readonly sequence: number;
  /** Every model; else those alone whose counts have changed since the frame before in the same segment. */
  readonly whole: boolean;
  /** The process ended in order, and this is the last word on it. */
  readonly end: boolean;
  /** '' is what belongs to no model. */
  readonly models: ReadonlyMap<string, CaptureCounts>;
}

/** @param taken rows of one commit, by model @param as what becomes of them */
export function applied(
  counts: ReadonlyMap<string, CaptureCounts>,
  taken: ReadonlyMap<string, number>,
  as: 'captured' | CaptureDrop,
): ReadonlyMap<string, CaptureCounts> {
  const next = new Map(counts);
  for (const [model, rows] of taken) {
    const one = next.get(model);
    if (one === undefined) continue;
    const pending = one.pending - rows;
    if (as === 'captured') next.set(model, { ...one, captured: one.captured + rows, pending });
    else next.set(model, { ...one, dropped: { ...one.dropped, [as]: one.dropped[as] + rows }, pending });
  }
  return next;
}

export interface LedgerPen {
  /** The frame of every model. */
  whole(counts: ReadonlyMap<string, CaptureCounts>, sequence: number, end?: boolean): Buffer;
  /** The frame of those that changed; null where none did. */
  changes(counts: ReadonlyMap<string, CaptureCounts>, sequence: number): Buffer | null;
  /** The last frame did not reach the disk: the next one tells everything. */
  forget(): void;
}

export function createLedgerPen(wall: () => number): LedgerPen {
  let told: ReadonlyMap<string, CaptureCounts> = new Map();

  function frame(models: ReadonlyMap<string, CaptureCounts>, sequence: number, whole: boolean, end: boolean): Buffer {
    const members = Array.from(models, ([model, counts]) => `${JSON.stringify(model)}:${textOf(counts)}`).join(',');
    const json = `{"at":${wall()},"whole":${whole},"end":${end},"models":{${members}}}`;
    const length = 4 + Buffer.byteLength(json);
    const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + length);
    bytes.writeUInt32LE(LEDGER_MARK, FRAME_HEAD_BYTES);
    bytes.write(json, FRAME_HEAD_BYTES + 4);
    sealFrame(bytes, 0, length, sequence);
    return bytes;
  }

  return {
    whole(counts, sequence, end = false) {
      told = counts;
      return frame(told, sequence, true, end);
    },
    changes(counts, sequence) {
      const changed = new Map([...counts].filter(([model, one]) => !isSame(told.get(model), one)));
      if (changed.size === 0) return null;
      const isFirst = told.size === 0;
      told = counts;
      return frame(changed, sequence, isFirst, false);
    },
    forget() {
      told = new Map();
    },
  };
}

function textOf({ received, captured, sampledOut, pending, withheld, dropped }: CaptureCounts): string {
  const drops: Record<string, number> = {};
  for (const reason of CAPTURE_DROPS) if (dropped[reason] > 0) drops[reason] = dropped[reason];
  return JSON.stringify([received, captured, sampledOut, pending, withheld, drops]);
}

/** What has changed has received more, or has less pending. */
function isSame(before: CaptureCounts | undefined, now: CaptureCounts): boolean {
  return (
    before !== undefined &&
    before.received === now.received &&
    before.pending === now.pending &&
    before.captured === now.captured
  );
}

type Numbers = readonly [number, number, number, number, number, Readonly<Record<string, number>>];

/** @throws where the frame is no ledger */
export function ledgerOf({ payload, sequence }: Frame): Ledger {
  // The checksum vouches for the bytes, and this version of the layout for their form.
  const { at, whole, end, models } = JSON.parse(payload.toString('utf8', 4)) as {
    readonly at: number;
    readonly whole: boolean;
    readonly end: boolean;
    readonly models: Readonly<Record<string, Numbers>>;
  };
  const counts = new Map<string, CaptureCounts>();
  for (const [model, [received, captured, sampledOut, pending, withheld, drops]] of Object.entries(models)) {
    counts.set(model, { received, captured, sampledOut, pending, withheld, dropped: { ...noDrops(), ...drops } });
  }
  return { at, sequence, whole, end, models: counts };
}

/** Of two ledgers of one process that tell every model: the later one has more, for no count but `pending` ever falls. */
export function isLater(one: Ledger, other: Ledger): boolean {
  const more = progressOf(one) - progressOf(other);
  return more > 0 || (more === 0 && one.end && !other.end);
}

function progressOf({ models }: Ledger): number {
  let progress = 0;
  for (const { received, captured, sampledOut, dropped } of models.values())
    progress += received + captured + sampledOut + sumOfDrops(dropped);
  return progress;
}

/** The state after a frame. @param before that of the frame before it in the same segment, or null */
export function mergedLedger(before: Ledger | null, next: Ledger): Ledger {
  if (next.whole || before === null) return next;
  return { ...next, whole: before.whole, models: new Map([...before.models, ...next.models]) };
}
