// Judges a tick that has ended for every column of a stream group: its counts go to the verdict, the window's to the figures beside
// it, and a likely cause is looked for while an alarm is open.

import { psiOf } from '../../statistics/psi.ts';
import { causeOf } from '../cause/column-cause.ts';
import type { Stream, StreamGroup } from '../counts/stream-group.ts';
import { beat } from './pulse.ts';
import { ROWS_MIN } from './single-look.ts';
import { type DriftStatus, follow, isSilent } from './verdict.ts';

/** A column that has another status than before, or is unknown for want of calls and was not, or the other way round. */
type Changed = (stream: Stream, from: DriftStatus) => void;

export interface Judging {
  /** The tick; the window holds it and the `windowTicks` - 1 before. */
  readonly tick: number;
  readonly windowTicks: number;
  readonly tickMs: number;
  readonly tolerance: number;
  /** Log of the evidence that an alarm takes. */
  readonly threshold: number;
}

/** Called for each tick once, in order: late rows of a tick that was judged are in the windows, not in the verdict. */
export function judgeGroup(group: StreamGroup, judging: Judging, changed: Changed): void {
  beat(group.pulse, judging.tick, group.ticks.callsAt(judging.tick));
  for (const stream of group.streams) {
    const { verdict } = stream;
    const { status } = verdict;
    const wasSilent = isSilent(verdict);
    judgeStream(group, stream, judging);
    if (verdict.status !== status || isSilent(verdict) !== wasSilent) changed(stream, status);
  }
}

/** By size: one column is judged after the other. */
const scratches: Float64Array[] = [];

function judgeStream(group: StreamGroup, stream: Stream, { tick, windowTicks, ...terms }: Judging): void {
  const { reference, provisional, verdict } = stream;
  if (reference === null) return;
  if (provisional !== null) provisional.frozenTick ??= tick;
  const { size } = reference.binning;
  scratches[size] ??= new Float64Array(size);
  const scratch = scratches[size].fill(0);
  group.ticks.sum(tick, tick, stream.offset, size, scratch);
  let rows = 0;
  for (let b = 0; b < size; b++) rows += scratch[b] as number;
  const one = { index: tick, counts: scratch, rows, scale: 1 / reference.overdispersion };
  follow(verdict, reference, one, { ...terms, gap: group.pulse.gap });

  scratch.fill(0);
  group.ticks.sum(tick - windowTicks + 1, tick, stream.offset, size, scratch);
  const found = psiOf(reference.counts, scratch);
  stream.rows = found.currentRows;
  stream.psi = found.baselineRows < ROWS_MIN || found.currentRows < ROWS_MIN ? null : found.psi;
  stream.cause = null;
  if (!verdict.open) return;
  const recent = stream.ring === -1 ? null : group.recent.valuesOf(stream.ring);
  stream.cause = causeOf(reference, scratch, recent);
}
