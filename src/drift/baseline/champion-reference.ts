// The champion's live rows as the reference of a challenger's or a shadow's column: the same ticks, the champion's own bins (of the
// baseline file, or frozen from its first rows), so that what happens to both - a season, a campaign, a fault upstream - is no drift
// of one of them. Whoever judges sees a Reference like any other:
//
//   shares(at)      champion's counts of the ticks up to that of `at`, drawn towards the frozen shares p by B/2 rows:
//                   (m_b + p_b B/2) / (m + B/2), the Jeffreys prior's weight centred on what is known of the champion
//   counts, rows    the same counts, m: as large as the champion's traffic, so that its chance is weighed as a small baseline's is
//   overdispersion  1 + n / m: both sides are samples, and the variance of the difference is that much of the challenger's own.
//                   Rows that both sides share (a mirror's features) vary less than that, never more.

import type { Stream, StreamGroup } from '../counts/stream-group.ts';
import { createProvisional, type Provisional } from './provisional.ts';
import type { Reference } from './reference.ts';

export interface Pair {
  readonly name: string;
  readonly tickMs: number;
  /** The tick judged last: the window shown is that of the ticks up to it. */
  readonly judged: () => number;
  /** Ticks that a window holds. */
  readonly windowTicks: number;
  /** Each may come later than the other, or be forgotten meanwhile. */
  readonly champion: () => StreamGroup | undefined;
  readonly challenger: () => StreamGroup | undefined;
}

/** @param base the champion's own reference: the bins, and what holds where the champion has no rows */
export function championReference(base: Reference, pair: Pair): Reference {
  const { name, tickMs, windowTicks } = pair;
  const { size } = base.binning;
  const prior = size / 2;
  let seen = { tick: -1, rows: -1, counts: base.counts, shares: base.shares(0) };

  function window(group: StreamGroup | undefined, tick: number): { counts: Float64Array; rows: number } {
    const counts = new Float64Array(size);
    const stream = group === undefined ? undefined : streamOf(group, name);
    if (group !== undefined && stream?.binning === base.binning)
      group.ticks.sum(tick - windowTicks + 1, tick, stream.offset, size, counts);
    return { counts, rows: counts.reduce((sum, count) => sum + count, 0) };
  }

  function at(tick: number): typeof seen {
    const { counts, rows } = window(pair.champion(), tick);
    if (tick === seen.tick && rows === seen.rows) return seen;
    const frozen = base.shares((tick + 0.5) * tickMs);
    const shares = frozen.map((share, bin) => ((counts[bin] as number) + share * prior) / (rows + prior));
    seen = { tick, rows, counts, shares };
    return seen;
  }

  const now = (): typeof seen => at(pair.judged());

  return {
    binning: base.binning,
    get counts() {
      return now().counts;
    },
    get rows() {
      return Math.max(0, now().rows);
    },
    median: base.median,
    against: 'champion',
    provisional: base.provisional,
    get overdispersion() {
      const { tick, rows } = now();
      return rows <= 0 ? base.overdispersion : 1 + window(pair.challenger(), tick).rows / rows;
    },
    schema: base.schema,
    seasonal: true,
    shares: (moment) => at(Math.floor(moment / tickMs)).shares,
    rowsAt: (moment) => Math.max(0, at(Math.floor(moment / tickMs)).rows),
  };
}

function streamOf(group: StreamGroup, name: string): Stream | undefined {
  // Begins none: whether the champion's column is watched is the champion's affair.
  return group.streams.find((stream) => stream.name === name);
}

/** Of a challenger's column whose champion still gathers its first rows: it takes none itself, and is given its reference then. */
export function awaitsChampion(): Provisional {
  return { ...createProvisional(0), sample: null };
}
