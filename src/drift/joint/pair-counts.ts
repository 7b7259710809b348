// How often two columns of a version lie on the same side, counted per pair: enough to see that columns which went together do so no
// longer, although each by itself is as before. A row is a bit per column - above its median - and a second one - in its outer half -
// so that a relation without a direction shows too. Counts are whole numbers; what is kept is bounded by columns and periods.

import type { Table, Value } from '../../protocols/protocol.ts';

/** Columns of numbers or truths, the first of a table. */
export const COLUMNS_MAX = 16;
/** Periods held; beyond, two neighbours become one, so that they reach back as far as need be. */
export const PERIODS_MAX = 16;
/** Rows that fix the medians, and rows that the others are compared with. */
const MEDIAN_ROWS = 256;
export const BASELINE_ROWS = 1000;

/** Which of the two bits; both are counted alike. */
export const FORMS = ['side', 'spread'] as const;
export type Form = (typeof FORMS)[number];

/** Of some rows in a row. */
export interface PairPeriod {
  /** Its place among all periods ever begun, and the tick of its first row. */
  readonly serial: number;
  readonly since: number;
  rows: number;
  /** Rows in which a column's bit is set: form by form, column by column. */
  readonly ones: Uint32Array;
  /** Rows in which both bits are the same: form by form, pair by pair. */
  readonly alike: Uint32Array;
}

export interface PairCounts {
  readonly columns: readonly string[];
  /** Columns of each pair, as `alike` has them. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Null until there are rows enough. */
  readonly baseline: PairPeriod | null;
  readonly periods: readonly PairPeriod[];
  add(table: Table, row: number, tick: number): void;
  /** Later rows belong to another period. */
  endPeriod(): void;
}

interface Borders {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** @returns null where the table has fewer than two such columns */
export function createPairCounts(first: Table): PairCounts | null {
  const columns = first.columns
    .filter(({ values }) => isNumber(values[0]))
    .slice(0, COLUMNS_MAX)
    .map(({ name }) => name);
  if (columns.length < 2) return null;
  const size = columns.length;
  const pairs = columns.flatMap((_, a) => Array.from({ length: size - a - 1 }, (__, i) => [a, a + 1 + i] as const));
  const seen: Float64Array[] = columns.map(() => new Float64Array(MEDIAN_ROWS).fill(Number.NaN));
  const bits = new Uint8Array(2 * size);
  const places = new Array<number>(size).fill(-1);
  let borders: Borders[] | null = null;
  let learned = 0;
  const baseline = emptyPeriod(0, 0);
  let periods: PairPeriod[] = [];
  let begun = 0;
  let isOpen = false;

  function emptyPeriod(serial: number, since: number): PairPeriod {
    return { serial, since, rows: 0, ones: new Uint32Array(2 * size), alike: new Uint32Array(2 * pairs.length) };
  }

  function valueAt(table: Table, column: number, row: number): Value | undefined {
    const name = columns[column];
    let place = places[column] as number;
    if (table.columns[place]?.name !== name) {
      place = table.columns.findIndex((one) => one.name === name);
      places[column] = place;
    }
    return table.columns[place]?.values[row];
  }

  function learn(table: Table, row: number): void {
    for (let i = 0; i < size; i++) (seen[i] as Float64Array)[learned] = Number(valueAt(table, i, row) ?? Number.NaN);
    learned++;
    if (learned === MEDIAN_ROWS) borders = seen.map(bordersOf);
  }

  function count(table: Table, row: number, known: readonly Borders[], into: PairPeriod): void {
    into.rows++;
    for (let i = 0; i < size; i++) {
      const value = Number(valueAt(table, i, row) ?? Number.NaN);
      const { low, median, high } = known[i] as Borders;
      const [side, outer] = [value > median ? 1 : 0, value < low || value > high ? 1 : 0];
      bits[i] = side;
      bits[size + i] = outer;
      into.ones[i] = (into.ones[i] as number) + side;
      into.ones[size + i] = (into.ones[size + i] as number) + outer;
    }
    for (let form = 0; form < 2; form++) {
      for (let pair = 0; pair < pairs.length; pair++) {
        const [a, b] = pairs[pair] as readonly [number, number];
        if (bits[form * size + a] !== bits[form * size + b]) continue;
        const cell = form * pairs.length + pair;
        into.alike[cell] = (into.alike[cell] as number) + 1;
      }
    }
  }

  function current(tick: number): PairPeriod {
    const last = periods.at(-1);
    if (isOpen && last !== undefined) return last;
    if (periods.length === PERIODS_MAX) periods = merged(periods);
    const period = emptyPeriod(begun++, tick);
    periods.push(period);
    isOpen = true;
    return period;
  }

  return {
    columns,
    pairs,
    get baseline() {
      return baseline.rows < BASELINE_ROWS ? null : baseline;
    },
    get periods() {
      return periods;
    },
    add(table, row, tick) {
      if (borders === null) learn(table, row);
      else if (baseline.rows < BASELINE_ROWS) count(table, row, borders, baseline);
      else count(table, row, borders, current(tick));
    },
    endPeriod() {
      isOpen = false;
    },
  };
}

/** Neighbours become one, named by the earlier of them: by their number alone, whatever they hold. */
function merged(periods: readonly PairPeriod[]): PairPeriod[] {
  const halved: PairPeriod[] = [];
  for (let i = 0; i < periods.length; i += 2) {
    const [one, other] = [periods[i], periods[i + 1]];
    if (one === undefined) break;
    if (other !== undefined) addPeriod(one, other);
    halved.push(one);
  }
  return halved;
}

export function addPeriod(into: PairPeriod, other: PairPeriod): void {
  into.rows += other.rows;
  for (let i = 0; i < into.ones.length; i++) into.ones[i] = (into.ones[i] as number) + (other.ones[i] as number);
  for (let i = 0; i < into.alike.length; i++) into.alike[i] = (into.alike[i] as number) + (other.alike[i] as number);
}

function bordersOf(values: Float64Array): Borders {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

const isNumber = (value: Value | undefined): boolean => typeof value === 'number' || typeof value === 'boolean';
