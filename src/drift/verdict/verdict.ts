// What is held of one column, tick after tick, and what follows: warming, steady, drifting or unknown. An alarm opens where the
// evidence for a change beyond the tolerance reaches the gate's threshold, and closes where there is as good as none left and much that
// what was found has gone. `unknown` is the answer wherever steady could not be told from drifting.

import type { Reference } from '../baseline/reference.ts';
import { type Alternatives, BETS, prepareAlternatives } from './alternatives.ts';
import { detectable } from './budget.ts';
import { advance, type Bets, strongest, type Tick } from './detector.ts';
import { HALF_LIVES, remember } from './learned.ts';

export type DriftStatus = 'warming' | 'steady' | 'drifting' | 'unknown';

/** Why it is not known: calls stopped, too few rows since then or lately, or a baseline too small to find even a large change. */
export const UNSURE = ['gap', 'few rows', 'small baseline'] as const;

export type Unsure = (typeof UNSURE)[number];

export interface Verdict {
  status: DriftStatus;
  unsure: Unsure | null;
  /** Whether an alarm is open; a gap hides it and does not close it. */
  open: boolean;
  /** Start of the tick in which what was found began, unix ms; null where no alarm is open. */
  since: number | null;
  /** Log of the weighted sum for a change beyond the tolerance; -Infinity before the first row. */
  evidence: number;
  /** The same for any change at all. */
  anyChange: number;
  /** Of `anyChange`: whether it has reached the threshold, until there is as good as none left. */
  changed: boolean;
  /** Rows lately: half of them count after a day, none after a gap. */
  fresh: number;
  /** The smallest shift, in standard deviations, that these rows would have shown. */
  detectable: number;
  /** Log evidence that the law when the alarm opened is the law no more. */
  returned: number;
  bets: Bets | null;
  /** That law, where an alarm is open. */
  found: Float32Array | null;
}

export function createVerdict(): Verdict {
  const never = Number.NEGATIVE_INFINITY;
  const evidence = { evidence: never, anyChange: never, changed: false, returned: never };
  const rows = { fresh: 0, detectable: Number.POSITIVE_INFINITY };
  return { status: 'warming', unsure: null, open: false, since: null, ...evidence, ...rows, bets: null, found: null };
}

/** Whether nothing is known because calls have stopped; few rows or a small baseline are no silence. */
export const isSilent = ({ status, unsure }: Pick<Verdict, 'status' | 'unsure'>): boolean =>
  status === 'unknown' && unsure === 'gap';

/** What is the same for all columns that are judged together. */
export interface Terms {
  /** Log of the evidence that an alarm takes (budget.ts). */
  readonly threshold: number;
  readonly tolerance: number;
  readonly tickMs: number;
  readonly gap: boolean;
}

/** A large shift (Cohen 1988): where not even that would have been found, nobody may say steady. */
const STEADY_EFFECT = 0.8;
const DAY_MS = 24 * 3_600_000;
/** The evidence rises no further above the threshold, so that it falls as soon after the drift's end. */
const CEILING = 3;
/** Of the threshold: below it the evidence for drift has gone. */
const CALM = 0.25;
/** An alarm closes wrongly, while its drift goes on, once in so many ticks at most. */
const RETURNED = Math.log(1e4);
/** Rows of the baseline mixed into the law that was found, so that no bin of it is empty. */
const MIXED_ROWS = 10;

/** Judge a tick that has ended. */
export function follow(verdict: Verdict, reference: Reference, tick: Tick, terms: Terms): void {
  const { threshold, tolerance, tickMs } = terms;
  const { loose, strict, baselineRows } = alternativesOf(reference, (tick.index + 0.5) * tickMs, tolerance);
  const bets = betsOf(verdict, tick.counts.length);
  const ceiling = threshold + CEILING;
  verdict.evidence = advance(loose, reference.binning, tick, bets, ceiling);
  const strictBets = { ...bets, logs: BETS, starts: -1 };
  verdict.anyChange =
    loose === strict ? verdict.evidence : advance(strict, reference.binning, tick, strictBets, ceiling);
  if (verdict.anyChange >= threshold) verdict.changed = true;
  else if (verdict.anyChange < CALM * threshold) verdict.changed = false;
  if (tick.rows > 0) {
    HALF_LIVES.forEach((halfLife, i) => {
      remember(bets.recent, i * tick.counts.length, tick.counts, tick.rows, halfLife);
    });
  }
  if (verdict.open) closeIfGone(verdict, loose, tick, threshold);
  else if (verdict.evidence >= threshold) open(verdict, loose, bets, tickMs);
  const fresh = verdict.fresh * 2 ** (-tickMs / DAY_MS) + tick.rows * tick.scale;
  verdict.fresh = terms.gap ? 0 : fresh;
  verdict.detectable = detectable(verdict.fresh, baselineRows, tolerance, threshold);
  decide(verdict, terms, baselineRows);
}

function decide(verdict: Verdict, { gap, tolerance, threshold }: Terms, baselineRows: number): void {
  const isBlind = detectable(Number.POSITIVE_INFINITY, baselineRows, tolerance, threshold) > STEADY_EFFECT;
  const unsure = gap ? 'gap' : isBlind ? 'small baseline' : verdict.detectable > STEADY_EFFECT ? 'few rows' : null;
  verdict.unsure = verdict.open && !gap ? null : unsure;
  if (verdict.unsure === null) verdict.status = verdict.open ? 'drifting' : 'steady';
  // Before the first verdict it warms up, unless it is known that no rows will help.
  else if (verdict.status !== 'warming' || (isBlind && verdict.fresh > 0)) verdict.status = 'unknown';
}

function open(verdict: Verdict, alternatives: Alternatives, bets: Bets, tickMs: number): void {
  verdict.open = true;
  const bet = strongest(alternatives.logStakes, bets);
  verdict.since = (bets.numbers[bets.starts + bet] as number) * tickMs;
  const { shares } = alternatives.ball;
  const found = new Float32Array(shares.length);
  let rows = 0;
  for (let b = 0; b < found.length; b++) rows += bets.recent[b] as number;
  for (let b = 0; b < found.length; b++) {
    found[b] = ((bets.recent[b] as number) + MIXED_ROWS * (shares[b] as number)) / (rows + MIXED_ROWS);
  }
  verdict.found = found;
  verdict.returned = Number.NEGATIVE_INFINITY;
}

/** The reverse: R <- e' (1 + R), where e' bets on the baseline against the law that was found. */
function closeIfGone(verdict: Verdict, { ball }: Alternatives, { counts, scale }: Tick, threshold: number): void {
  const { found } = verdict;
  if (found === null) return;
  let evidence = 0;
  for (let b = 0; b < counts.length; b++) {
    const count = counts[b] as number;
    if (count > 0) evidence += count * Math.log((ball.shares[b] as number) / (found[b] as number));
  }
  const before = verdict.returned;
  const grown = before > 0 ? before + Math.log1p(Math.exp(-before)) : Math.log1p(Math.exp(before));
  verdict.returned = Math.min(scale * evidence + grown, RETURNED + CEILING);
  if (verdict.returned < RETURNED || verdict.evidence >= CALM * threshold) return;
  verdict.open = false;
  verdict.since = null;
  verdict.found = null;
}

function betsOf(verdict: Verdict, size: number): Bets {
  verdict.bets ??= {
    numbers: new Float64Array(3 * BETS).fill(Number.NEGATIVE_INFINITY),
    logs: 0,
    starts: 2 * BETS,
    recent: new Float32Array(HALF_LIVES.length * size),
    from: 0,
  };
  return verdict.bets;
}

interface Prepared {
  readonly shares: Float64Array;
  readonly tolerance: number;
  /** Beyond the tolerance, and beyond nothing but the baseline's own error. */
  readonly loose: Alternatives;
  readonly strict: Alternatives;
  /** Of all hours: rows of late are of many, so that no quiet hour makes them say less. */
  readonly baselineRows: number;
}

const prepared = new WeakMap<Reference, Prepared>();

/** Kept for each reference until its season or the tolerance changes. */
function alternativesOf(reference: Reference, at: number, tolerance: number): Prepared {
  const shares = reference.shares(at);
  const known = prepared.get(reference);
  if (known !== undefined && known.shares === shares && known.tolerance === tolerance) return known;
  const loose = prepareAlternatives(reference, at, tolerance);
  const strict = tolerance === 0 ? loose : prepareAlternatives(reference, at, 0);
  const baselineRows = Math.max(1, reference.rows / reference.overdispersion);
  const made = { shares, tolerance, loose, strict, baselineRows };
  prepared.set(reference, made);
  return made;
}
