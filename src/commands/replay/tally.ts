// What a replay found, summed up as it goes: whether answers agree with those on record, where classes flip, how far numbers are
// apart, how long answers took. A flip is a class that changed: another text, truth or whole number, a probability on the other
// side of one half, or another class as the likeliest one where a row holds the probabilities of all.

import { comparePredictions, matchOf } from '../../compare/predictions.ts';
import type { Table, Value } from '../../protocols/protocol.ts';

export interface Compared {
  readonly decisionId: string;
  readonly recorded: { readonly status: number; readonly latencyMs: number; readonly predictions: Table | null };
  readonly replayed: { readonly status: number; readonly latencyMs: number; readonly predictions: Table | null };
}

export interface Percentiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface Tally {
  skip(reason: string, calls?: number): void;
  fail(code: string): void;
  add(one: Compared): void;
  report(): TallyReport;
}

export interface TallyReport {
  readonly sent: number;
  readonly skipped: Readonly<Record<string, number>>;
  /** Calls without an answer, by what broke. */
  readonly errors: Readonly<Record<string, number>>;
  readonly answered: number;
  readonly statusEqual: number;
  /** Pairs in which both predictions could be read; those within the tolerance; those in which a class changed. */
  readonly compared: number;
  readonly agreed: number;
  readonly flipped: number;
  readonly agreement: number | null;
  readonly numbers: {
    readonly count: number;
    readonly meanAbsolute: number | null;
    readonly maxAbsolute: number | null;
  };
  readonly latencyMs: { readonly recorded: Percentiles; readonly replayed: Percentiles };
  /** Decisions that did not agree: the first ones. */
  readonly examples: readonly string[];
}

const EXAMPLES_MAX = 10;
const HALF = 0.5;
/** Probabilities come in single precision, too. */
const SUM_TOLERANCE = 1e-3;

/** @param tolerance relative, for numbers */
export function createTally(tolerance: number): Tally {
  const skipped: Record<string, number> = {};
  const errors: Record<string, number> = {};
  const latencies = { recorded: [] as number[], replayed: [] as number[] };
  const examples: string[] = [];
  const counts = { sent: 0, answered: 0, statusEqual: 0, compared: 0, agreed: 0, flipped: 0 };
  const numbers = { count: 0, sum: 0, max: 0 };
  const bump = (into: Record<string, number>, key: string, by = 1): void => {
    into[key] = (into[key] ?? 0) + by;
  };

  return {
    skip: (reason, calls) => bump(skipped, reason, calls),
    fail(code) {
      counts.sent += 1;
      bump(errors, code);
    },
    add({ decisionId, recorded, replayed }) {
      counts.sent += 1;
      counts.answered += 1;
      latencies.recorded.push(recorded.latencyMs);
      latencies.replayed.push(replayed.latencyMs);
      const isSameStatus = recorded.status === replayed.status;
      if (isSameStatus) counts.statusEqual += 1;
      let agrees = isSameStatus;
      if (recorded.predictions !== null && replayed.predictions !== null) {
        const found = comparePredictions(recorded.predictions, replayed.predictions, tolerance);
        counts.compared += 1;
        if (found.equal) counts.agreed += 1;
        if (hasFlipped(recorded.predictions, replayed.predictions)) counts.flipped += 1;
        numbers.count += found.numbers;
        numbers.sum += found.absoluteDifference;
        numbers.max = Math.max(numbers.max, largestDifference(recorded.predictions, replayed.predictions));
        agrees &&= found.equal;
      }
      if (!agrees && examples.length < EXAMPLES_MAX) examples.push(decisionId);
    },
    report: () => ({
      ...counts,
      skipped,
      errors,
      agreement: counts.compared === 0 ? null : counts.agreed / counts.compared,
      numbers: {
        count: numbers.count,
        meanAbsolute: numbers.count === 0 ? null : numbers.sum / numbers.count,
        maxAbsolute: numbers.count === 0 ? null : numbers.max,
      },
      latencyMs: { recorded: percentiles(latencies.recorded), replayed: percentiles(latencies.replayed) },
      examples,
    }),
  };
}

type Pair = readonly [Value | undefined, Value | undefined];

/** Row by row what both have of it: the value on record, and the one that came now. */
function* rowsOf(one: Table, other: Table): Generator<readonly Pair[]> {
  if (one.rows !== other.rows) return;
  const matches = one.columns.flatMap((column, place) => {
    const match = matchOf(column, place, one, other);
    return match === undefined ? [] : [[column, match] as const];
  });
  for (let row = 0; row < one.rows; row++)
    yield matches.map(([column, match]) => [column.values[row], match.values[row]]);
}

function hasFlipped(one: Table, other: Table): boolean {
  for (const pairs of rowsOf(one, other)) {
    const [before, after] = [likeliest(pairs.map(([x]) => x)), likeliest(pairs.map(([, y]) => y))];
    if (before !== null && after !== null) {
      if (before !== after) return true;
    } else if (pairs.some(hasChanged)) return true;
  }
  return false;
}

/** Place of the largest, where these are the probabilities of all classes. */
function likeliest(values: readonly (Value | undefined)[]): number | null {
  let [sum, largest, place] = [0, -1, 0];
  for (const [at, value] of values.entries()) {
    if (typeof value !== 'number' || !isProbability(value)) return null;
    sum += value;
    if (value > largest) [largest, place] = [value, at];
  }
  return values.length > 1 && Math.abs(sum - 1) < SUM_TOLERANCE ? place : null;
}

function hasChanged([x, y]: Pair): boolean {
  if (typeof x !== 'number' || typeof y !== 'number') return x !== y;
  if (Number.isInteger(x) && Number.isInteger(y)) return x !== y;
  return isProbability(x) && isProbability(y) && x >= HALF !== y >= HALF;
}

const isProbability = (value: number): boolean => value >= 0 && value <= 1;

function largestDifference(one: Table, other: Table): number {
  let largest = 0;
  for (const pairs of rowsOf(one, other)) {
    for (const [x, y] of pairs) {
      if (typeof x === 'number' && typeof y === 'number' && Number.isFinite(x - y))
        largest = Math.max(largest, Math.abs(x - y));
    }
  }
  return largest;
}

function percentiles(values: number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number | null =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: at(0.5), p99: at(0.99) };
}
