// From cells to figures: medians over rounds with their range, ratios taken round by round (both sides under the same
// weather), percentiles of the pooled latencies with their bootstrap intervals.

import { createSeededRandom } from '../src/kernel/random.ts';
import { type Cell, LATENESS_P99_US_MAX, type Metered } from './measure.ts';
import type { Spread } from './section.ts';
import { ascending, bootstrapInterval, type Interval, median, percentile, pool, range } from './statistics.ts';

const PERCENTILES = { p50: 0.5, p99: 0.99, p999: 0.999 } as const;
/** Less than this of the work, and the row is marked: the figure is of a candidate that cut corners. */
const DONE_MIN = 0.99;
/** Calls for each completed request may exceed one by a little, and by the requests that saturation cuts off at its end. */
const CALLS_MAX = 1.01;
const CUT_OFF_MAX = 64;

export interface Percentile extends Interval {
  readonly us: number;
}

export interface OpenSummary {
  readonly ratePerSecond: number;
  readonly cpuUsPerRequest: Spread | null;
  readonly latency: Readonly<Record<keyof typeof PERCENTILES, Percentile>>;
  /** Difference of medians and of 99th percentiles to `direct`, round by round. */
  readonly addedUs: { readonly p50: Spread; readonly p99: Spread } | null;
  /** Worst of the rounds: 99th percentile of the generator's own lateness, in microseconds. */
  readonly latenessP99Us: number;
}

export interface Summary {
  readonly candidate: string;
  readonly open: readonly OpenSummary[];
  readonly saturation: { readonly cpuUsPerRequest: Spread | null; readonly requestsPerSecond: Spread } | null;
  /** CPU per request at saturation and at the highest open-loop rate, over that of the two nginx candidates. */
  readonly ratios: { readonly plain: Ratio | null; readonly splitMirror: Ratio | null };
  readonly residentMiB: number | null;
  readonly shadows: number;
  readonly captured: number | null;
  /** Why the figures are not to be trusted: errors, or work not done. */
  readonly warnings: readonly string[];
}

interface Ratio {
  readonly saturated: Spread | null;
  readonly paced: Spread | null;
}

export interface Baselines {
  readonly plain: string;
  readonly splitMirror: string;
  readonly floor: string;
}

/** @param mirrors ids of the candidates that mirror every request */
export function summarize(
  cells: readonly Cell[],
  baselines: Baselines,
  mirrors: ReadonlySet<string>,
  seed: number,
): Summary[] {
  const byCandidate = Map.groupBy(cells, (cell) => cell.candidate);
  const baseline = (id: string): readonly Cell[] => byCandidate.get(id) ?? [];
  return [...byCandidate].map(([candidate, own]) => ({
    candidate,
    open: (own[0]?.open ?? []).map((_, phase) => summarizePhase(own, baseline(baselines.floor), phase, seed)),
    saturation: summarizeSaturation(own),
    ratios: { plain: ratio(own, baseline(baselines.plain)), splitMirror: ratio(own, baseline(baselines.splitMirror)) },
    residentMiB: spreadOf(own.map((cell) => cell.residentMiB))?.median ?? null,
    shadows: least(own, (metered) => metered.shadows) ?? 0,
    captured: least(own, (metered) => metered.captured),
    warnings: warnings(own, mirrors.has(candidate)),
  }));
}

function summarizeSaturation(own: readonly Cell[]): Summary['saturation'] {
  const saturations = own.flatMap(({ saturation }) => saturation ?? []);
  if (saturations.length === 0) return null;
  return {
    cpuUsPerRequest: spreadOf(saturations.map(({ cpuUsPerRequest }) => cpuUsPerRequest)),
    requestsPerSecond: spread(saturations.map(({ requestsPerSecond }) => requestsPerSecond)),
  };
}

function summarizePhase(own: readonly Cell[], floor: readonly Cell[], phase: number, seed: number): OpenSummary {
  const phases = own.flatMap((cell) => cell.open[phase] ?? []);
  const samples = pool(phases.map((open) => open.latenciesUs));
  const random = createSeededRandom(seed);
  const figure = (q: number): Percentile => ({
    us: percentile(samples.values, q),
    ...bootstrapInterval(samples, q, random),
  });
  return {
    ratePerSecond: phases[0]?.ratePerSecond ?? 0,
    cpuUsPerRequest: spreadOf(phases.map((open) => open.cpuUsPerRequest)),
    latency: { p50: figure(PERCENTILES.p50), p99: figure(PERCENTILES.p99), p999: figure(PERCENTILES.p999) },
    addedUs:
      floor.length === 0
        ? null
        : { p50: added(own, floor, phase, PERCENTILES.p50), p99: added(own, floor, phase, PERCENTILES.p99) },
    latenessP99Us: Math.max(...phases.map(({ latenessP99Us }) => latenessP99Us)),
  };
}

function added(own: readonly Cell[], floor: readonly Cell[], phase: number, q: number): Spread {
  const at = (cell: Cell): number => percentile(ascending(cell.open[phase]?.latenciesUs ?? []), q);
  return spread(paired(own, floor).map(([mine, theirs]) => at(mine) - at(theirs)));
}

function ratio(own: readonly Cell[], baseline: readonly Cell[]): Ratio | null {
  const pairs = paired(own, baseline);
  const saturated = spreadOf(
    pairs.map(([mine, theirs]) => over(mine.saturation ?? undefined, theirs.saturation ?? undefined)),
  );
  const paced = spreadOf(pairs.map(([mine, theirs]) => over(mine.open.at(-1), theirs.open.at(-1))));
  return saturated === null && paced === null ? null : { saturated, paced };
}

function over(mine: Metered | undefined, theirs: Metered | undefined): number | null {
  const [above, below] = [mine?.cpuUsPerRequest ?? null, theirs?.cpuUsPerRequest ?? null];
  return above === null || below === null || below === 0 ? null : above / below;
}

/** The cells of two candidates in the same rounds. */
function paired(own: readonly Cell[], other: readonly Cell[]): [Cell, Cell][] {
  return own.flatMap((mine) =>
    other.filter((theirs) => theirs.round === mine.round).map((theirs): [Cell, Cell] => [mine, theirs]),
  );
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), ...range(values) };
}

export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : spread(known);
}

function phasesOf(cells: readonly Cell[]): Metered[] {
  return cells.flatMap((cell) => [...cell.open, ...(cell.saturation === null ? [] : [cell.saturation])]);
}

function least(cells: readonly Cell[], figure: (metered: Metered) => number | null): number | null {
  const known = phasesOf(cells)
    .map(figure)
    .filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

export function warnings(cells: readonly Cell[], mirrors: boolean): string[] {
  const found: string[] = [];
  const phases = phasesOf(cells);
  const failed = phases.reduce((sum, metered) => sum + metered.failed, 0);
  if (failed > 0)
    found.push(
      `${failed} requests failed (${phases.find((metered) => metered.problem !== null)?.problem ?? 'see wrk'})`,
    );
  const late = cells.flatMap(({ open }) => open).filter(({ latenessP99Us }) => latenessP99Us > LATENESS_P99_US_MAX);
  if (late.length > 0)
    found.push(
      `the load generator itself was late in ${late.length} of its phases (p99 up to ${(Math.max(...late.map(({ latenessP99Us }) => latenessP99Us)) / 1000).toFixed(1)} ms): their p99 is not the candidate's`,
    );
  const calls = phases.map((metered) => metered.calls);
  const inOrder = phases.every(
    (metered) => metered.calls >= DONE_MIN && metered.calls <= CALLS_MAX + CUT_OFF_MAX / Math.max(1, metered.completed),
  );
  if (!inOrder) {
    found.push(
      `the versions were called ${Math.min(...calls).toFixed(3)} to ${Math.max(...calls).toFixed(3)} times a request`,
    );
  }
  const shadows = least(cells, (metered) => metered.shadows) ?? 0;
  if (mirrors && shadows < DONE_MIN)
    found.push(`only ${(shadows * 100).toFixed(1)} % of the shadows were sent in its worst phase`);
  const captured = least(cells, (metered) => metered.captured);
  if (captured !== null && captured < DONE_MIN)
    found.push(`only ${(captured * 100).toFixed(1)} % of the exchanges were captured in its worst phase`);
  return found;
}
