// The account of a process from what it left: its last ledger, in a segment or in its spare account, and the rows behind it. For a process that was
// killed this is its closing account: what had been received, was not on disk, and will never be, is lost, and counted so.
// What it received after its last ledger and had not written nobody can count: at most what comes in one commit.

import { readFile } from 'node:fs/promises';
import { type CaptureCounts, sumOf, sumOfDrops } from '../counters.ts';
import { isLater, type Ledger, ledgerOf, mergedLedger } from '../ledger.ts';
import { modelOf } from '../row.ts';
import { everyFrameOf, type Frame } from './frame.ts';
import type { SegmentEntry } from './segment-name.ts';

/** Counts of a process that has ended: nothing is pending any more. */
export interface ClosedCounts extends Omit<CaptureCounts, 'pending'> {
  /** Received, and in the memory of a process that was killed. */
  readonly lost: number;
}

export interface ProcessAccount {
  readonly replica: string;
  /** closed: in order. killed: it left no last word. running: it may still be at work. */
  readonly end: 'closed' | 'killed' | 'running';
  /** Of its last ledger, Unix milliseconds. */
  readonly at: number;
  readonly total: ClosedCounts;
  /** '' is what belongs to no model. */
  readonly models: Readonly<Record<string, ClosedCounts>>;
}

/**
 * @param segments of one process, in the order of their serials
 * @param spare what it wrote where its segments could take no ledger
 * @returns undefined where there is no ledger
 */
export async function closingAccount(
  replica: string,
  segments: readonly SegmentEntry[],
  spare: Ledger | null = null,
): Promise<ProcessAccount | undefined> {
  let behind: Frame[] = [];
  let ledger: Ledger | null = null;
  for (const { path } of segments.toReversed()) {
    const found = lastLedger(await readFile(path));
    behind.unshift(...found.behind);
    ({ ledger } = found);
    if (ledger !== null) break;
  }
  if (spare !== null && (ledger === null || isLater(spare, ledger))) {
    ledger = spare;
    behind = behind.filter(({ sequence }) => sequence > spare.sequence);
  }
  if (ledger === null) return undefined;
  const written = Map.groupBy(behind, modelOf);
  const models: Record<string, ClosedCounts> = {};
  for (const model of new Set([...ledger.models.keys(), ...written.keys()])) {
    models[model] = closed(ledger.models.get(model) ?? NONE, written.get(model)?.length ?? 0);
  }
  const { at, end } = ledger;
  return { replica, end: end ? 'closed' : 'killed', at, models, total: totalOf(Object.values(models)) };
}

const NONE: CaptureCounts = sumOf([]);

/** The ledger that counts, and the rows behind it. */
function lastLedger(segment: Buffer): { readonly ledger: Ledger | null; readonly behind: Frame[] } {
  let ledger: Ledger | null = null;
  let behind: Frame[] = [];
  for (const frame of everyFrameOf(segment, () => undefined)) {
    if (frame.isLedger) {
      ledger = mergedLedger(ledger, ledgerOf(frame));
      behind = [];
    } else behind.push(frame);
  }
  return { ledger, behind };
}

/** @param rows on disk behind the ledger: they were pending then, or came after it */
function closed({ pending, ...ledger }: CaptureCounts, rows: number): ClosedCounts {
  const open = Math.max(0, pending);
  return {
    ...ledger,
    received: ledger.received + Math.max(0, rows - open),
    captured: ledger.captured + rows,
    // Below zero: dropped under no name, and pending under the name it had (accounts.ts).
    lost: Math.max(0, open - rows) + Math.min(0, pending),
  };
}

function totalOf(all: readonly ClosedCounts[]): ClosedCounts {
  const { pending: _, ...sum } = sumOf(all.map((one) => ({ ...one, pending: 0 })));
  return { ...sum, lost: all.reduce((lost, one) => lost + one.lost, 0) };
}

/** received - captured - sampledOut - dropped - lost: 0, always. */
export function difference({ received, captured, sampledOut, dropped, lost }: ClosedCounts): number {
  return received - captured - sampledOut - sumOfDrops(dropped) - lost;
}
