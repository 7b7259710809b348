// A joint change with steady marginals: columns that went together do so no longer, or others do. Rows are sampled by their number,
// a few hundred a tick; the share of rows in which two columns lie on the same side is held against that of the first thousand, in a
// test that may be looked at every tick for ever (statistics/risk-sequence.ts: the counts are those of a coin). What the columns' own
// shares have changed by is granted in full, since so much of it may be theirs: of that, the columns' own statuses tell.

import type { Table } from '../../protocols/protocol.ts';
import { isAbove, logWealth, riskInterval } from '../../statistics/risk-sequence.ts';
import { addPeriod, createPairCounts, FORMS, type Form, type PairCounts, type PairPeriod } from './pair-counts.ts';

/** Rows of a tick that are looked at, about. */
const ROWS_A_TICK = 256;
/** Chance that a version is ever said to have changed so without having; over all pairs, forms, directions and beginnings. */
export const LEVEL = 0.001;
/** Change of a pair's share that is harmless. */
const TOLERANCE = 0.05;
/** A bit that hardly ever differs says nothing of another column. */
const SHARE_MIN = 0.05;

export interface JointFinding {
  readonly columns: readonly [string, string];
  readonly form: Form;
  /** Share of the rows in which both lie on the same side: of the baseline, and since `since`. */
  readonly before: number;
  readonly now: number;
  readonly rows: number;
  /** Tick in which it began, as a best guess. */
  readonly since: number;
  /** Natural logarithm, less what the number of tests costs. */
  readonly evidence: number;
  readonly text: string;
}

export type JointStatus = 'warming' | 'steady' | 'drifting';

export interface JointWatch {
  observe(table: Table, tick: number): void;
  /** A tick has ended. */
  judge(): void;
  readonly status: JointStatus;
  /** The surest one; null: none. */
  readonly finding: JointFinding | null;
  /** Rows that were looked at. */
  readonly rows: number;
}

export function createJointWatch(): JointWatch {
  let counts: PairCounts | null = null;
  let isBlind = false;
  let [seen, lastSeen, tickNow, rows] = [0, 0, -1, 0];
  let stride = 1;
  let taken = 0;
  let finding: JointFinding | null = null;
  let bounds: readonly (Bounds | null)[] | null = null;

  return {
    observe(table, tick) {
      if (isBlind || table.rows === 0) return;
      if (counts === null) {
        counts = createPairCounts(table);
        isBlind = counts === null;
        if (counts === null) return;
      }
      if (tick !== tickNow) {
        // By the number of rows alone: which are looked at has nothing to do with what is in them.
        stride = Math.max(1, Math.floor((seen - lastSeen) / ROWS_A_TICK));
        lastSeen = seen;
        tickNow = tick;
        taken = 0;
      }
      for (let row = 0; row < table.rows; row++) {
        if (seen++ % stride !== 0) continue;
        // More rows than the tick before let expect: every other one of these from here on.
        if (++taken > 2 * ROWS_A_TICK) {
          stride *= 2;
          taken = ROWS_A_TICK;
        }
        counts.add(table, row, tick);
        rows++;
      }
    },
    judge() {
      if (counts === null) return;
      // The baseline does not change any more, and its intervals cost more than all the rest.
      if (bounds === null && counts.baseline !== null) bounds = boundsOf(counts, counts.baseline);
      if (bounds !== null) finding = surest(counts, bounds);
      counts.endPeriod();
    },
    get status() {
      if (counts === null || counts.baseline === null || counts.periods.length === 0) return 'warming';
      return finding === null ? 'steady' : 'drifting';
    },
    get finding() {
      return finding;
    },
    get rows() {
      return rows;
    },
  };
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Half of the level for what is compared with, half for the comparison; by pairs, forms and directions. */
const levelOf = ({ pairs }: PairCounts): number => LEVEL / 2 / (pairs.length * FORMS.length * 2);

/** What the share of each pair is in the baseline, form by form; null where one of the two says nothing. */
function boundsOf(counts: PairCounts, baseline: PairPeriod): (Bounds | null)[] {
  const { pairs, columns } = counts;
  return FORMS.flatMap((_, form) =>
    pairs.map(([a, b], pair) => {
      const isUseful = isTelling(baseline, form * columns.length + a) && isTelling(baseline, form * columns.length + b);
      const sum = baseline.alike[form * pairs.length + pair] as number;
      return isUseful ? riskInterval({ n: baseline.rows, sum }, levelOf(counts)) : null;
    }),
  );
}

function surest(counts: PairCounts, bounds: readonly (Bounds | null)[]): JointFinding | null {
  const { baseline, periods, columns, pairs } = counts;
  if (baseline === null) return null;
  const level = levelOf(counts);
  const sums = suffixes(periods);
  let best: JointFinding | null = null;
  for (let cell = 0; cell < bounds.length; cell++) {
    const before = bounds[cell] ?? null;
    if (before === null) continue;
    const form = Math.floor(cell / pairs.length);
    const [a, b] = pairs[cell % pairs.length] as readonly [number, number];
    for (const since of sums) {
      const granted =
        TOLERANCE +
        shift(baseline, since, form * columns.length + a) +
        shift(baseline, since, form * columns.length + b);
      const alpha = level / ((since.serial + 1) * (since.serial + 2));
      const evidence = evidenceOf(since.alike[cell] as number, since.rows, before, granted, alpha);
      if (evidence === null || (best !== null && evidence <= best.evidence)) continue;
      const shares = { before: (baseline.alike[cell] as number) / baseline.rows, since, evidence };
      best = told(counts, [a, b], FORMS[form] ?? 'side', {
        ...shares,
        now: (since.alike[cell] as number) / since.rows,
      });
    }
  }
  return best;
}

/** ln, less what the number of tests costs; null where the share is not shown to be beyond its bounds. */
function evidenceOf(alike: number, rows: number, before: Bounds, granted: number, alpha: number): number | null {
  const [high, low] = [before.high + granted, 1 - before.low + granted];
  const [more, less] = [
    { n: rows, sum: alike },
    { n: rows, sum: rows - alike },
  ];
  const isMore = high < 1 && isAbove(more, high, alpha);
  if (!isMore && !(low < 1 && isAbove(less, low, alpha))) return null;
  const wealth = isMore ? logWealth(more, high) : logWealth(less, low);
  return wealth - Math.log1p(1 / alpha) - Math.log(LEVEL);
}

/** Of every period and all later ones. */
function suffixes(periods: readonly PairPeriod[]): PairPeriod[] {
  const sums: PairPeriod[] = [];
  for (const { serial, since, rows, ones, alike } of periods.toReversed()) {
    const sum = { serial, since, rows, ones: ones.slice(), alike: alike.slice() };
    const last = sums.at(-1);
    if (last !== undefined) addPeriod(sum, last);
    sums.push(sum);
  }
  return sums;
}

const shareOf = ({ ones, rows }: PairPeriod, bit: number): number => (ones[bit] as number) / rows;
const shift = (baseline: PairPeriod, since: PairPeriod, bit: number): number =>
  Math.abs(shareOf(since, bit) - shareOf(baseline, bit));

function isTelling(baseline: PairPeriod, bit: number): boolean {
  const share = shareOf(baseline, bit);
  return share >= SHARE_MIN && share <= 1 - SHARE_MIN;
}

interface Told {
  readonly before: number;
  readonly now: number;
  readonly since: PairPeriod;
  readonly evidence: number;
}

function told(
  { columns }: PairCounts,
  [a, b]: readonly [number, number],
  form: Form,
  { before, now, since, evidence }: Told,
): JointFinding {
  const [one, other] = [columns[a] ?? '', columns[b] ?? ''];
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const what =
    form === 'side' ? 'were on the same side of their medians' : 'were both near their medians, or both far,';
  const text = `${one} and ${other} do not go together as they did: they ${what} in ${percent(before)} of the rows before, and are in ${percent(now)} now; each by itself explains less`;
  return { columns: [one, other], form, before, now, rows: since.rows, since: since.since, evidence, text };
}
