// Judges the window that has just ended for every column of a stream group: counts summed over its ticks, PSI, the status that
// follows, and a likely cause where the window is over its threshold.

import { psiOf } from '../../statistics/psi.ts';
import { causeOf } from '../cause/column-cause.ts';
import type { Stream, StreamGroup } from '../counts/stream-group.ts';
import { type DriftStatus, follow, isGap, judge } from './verdict.ts';

/** A column that has another status than before. */
type Changed = (stream: Stream, from: DriftStatus) => void;

/** @param last the newest complete tick; the window holds it and the `windowTicks` - 1 before */
export function judgeGroup(
  group: StreamGroup,
  last: number,
  windowTicks: number,
  tolerance: number,
  changed: Changed,
): void {
  const first = last - windowTicks + 1;
  const earlier: number[] = [];
  for (let tick = first; tick < last; tick++) earlier.push(group.ticks.callsAt(tick));
  const gap = isGap(group.ticks.callsAt(last), earlier);
  for (const stream of group.streams) {
    const { status } = stream.verdict;
    judgeStream(group, stream, { first, last, gap, tolerance });
    if (stream.verdict.status !== status) changed(stream, status);
  }
}

interface Window {
  readonly first: number;
  readonly last: number;
  readonly gap: boolean;
  readonly tolerance: number;
}

function judgeStream(group: StreamGroup, stream: Stream, window: Window): void {
  const { reference } = stream;
  if (reference === null) return;
  if (stream.provisional !== null) stream.provisional.frozenTick ??= window.last;
  const counts = new Float64Array(reference.binning.size);
  group.ticks.sum(window.first, window.last, stream.offset, counts.length, counts);
  const found = psiOf(reference.counts, counts);
  const says = judge(found, window.tolerance);
  stream.rows = found.currentRows;
  stream.psi = says === 'thin' ? null : found.psi;
  stream.verdict = follow(stream.verdict, window.gap ? 'gap' : says);
  stream.cause = null;
  if (says !== 'over') return;
  const recent = stream.ring === -1 ? null : group.recent.valuesOf(stream.ring);
  stream.cause = causeOf(reference, counts, recent);
}
