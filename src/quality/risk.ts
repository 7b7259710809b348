// Whether a version's risk - the mean loss of its decisions, as their labels come - is above what it was: an alarm that may be looked
// at after every label, for ever (Podkopaev, Ramdas, ICLR 2022: alarm when a lower confidence sequence of the current risk exceeds an
// upper one of the source's plus a tolerance).
//
// A risk that rises late would drown in the good labels before it. So there is a test for every period in which the rise may have
// begun: over the decisions made from then on. The s-th of a version's life has the part 1 / ((s + 1)(s + 2)) of the level, which
// sums to 1; that is a price of some 2 ln s in evidence. Which decisions belong to a test is fixed by their time alone, so that labels
// may come in any order and as late as they like. What must hold: whether a label has come says nothing of what it is; where bad news
// travels fast, `maturity` makes it hold.

import type { QualityPlan } from '../config/plan.ts';
import { isAbove, type Losses, logWealth, riskInterval } from '../statistics/risk-sequence.ts';
import { PERIOD_UNITS, type PeriodUnit, periodsBetween } from './periods.ts';
import type { QualityStatus, RiskView } from './quality-view.ts';

/** Losses of the decisions of one period. */
export interface PeriodLosses extends Losses {
  /** Its beginning, unix ms. */
  readonly from: number;
}

export interface JudgedRisk {
  readonly status: QualityStatus;
  readonly risk: RiskView | null;
  /** Unix ms of `risk.since`. */
  readonly since: number;
  readonly text: string;
}

export interface RiskEvidence {
  readonly unit: PeriodUnit;
  /** Beginning of the version's first period. */
  readonly first: number;
  /** Of the first labels. */
  readonly baseline: Losses;
  /** Of all that are old enough and not in the baseline, oldest period first. Where the risk is known, the first are among them. */
  readonly periods: readonly PeriodLosses[];
}

export function judgeRisk(plan: QualityPlan, { unit, first, baseline, periods }: RiskEvidence): JudgedRisk {
  const { baselineRisk, baselineRows, falseAlarms, tolerance } = plan;
  if (plan.kind === 'regression' && plan.errorMax === null)
    return warming(first, 'no risk: quality.errorMax says what error counts as a whole loss');
  const given = baselineRisk !== null;
  if (!given && baseline.n < baselineRows)
    return warming(first, `${baseline.n} of the ${baselineRows} labels that others are compared with have come`);
  // Half of the level for what is compared with, unless it is known, and half for the comparison.
  const level = given ? falseAlarms : falseAlarms / 2;
  const before = given
    ? { mean: baselineRisk, high: baselineRisk }
    : { mean: baseline.sum / baseline.n, high: riskInterval(baseline, level).high };
  const bound = Math.min(1, before.high + tolerance);
  const starts = startsOf(periods, (from) => levelOf(level, unit, first, from), bound);
  const best = starts.reduce<Start | null>((top, one) => (top === null || one.margin > top.margin ? one : top), null);
  if (best === null) return warming(first, 'no label has come after those that others are compared with');
  const all = starts[0] ?? best;
  // Without anything to say against it, the version is shown as a whole.
  const shown = best.evidence > 0 ? best : all;
  const isDrifting = starts.some(({ losses, alpha }) => isAbove(losses, bound, alpha));
  const { n, sum } = shown.losses;
  const risk: RiskView = {
    loss: lossName(plan),
    labels: n,
    mean: sum / n,
    ...riskInterval(shown.losses, shown.alpha),
    since: new Date(shown.from).toISOString(),
    baseline: { ...before, labels: given ? 0 : baseline.n, given },
    tolerance,
    evidence: shown.evidence,
    needed: Math.log1p(1 / shown.alpha),
  };
  return { status: isDrifting ? 'drifting' : 'steady', risk, since: shown.from, text: textOf(risk, isDrifting) };
}

interface Start {
  readonly from: number;
  readonly losses: Losses;
  readonly alpha: number;
  /** ln of the wealth against the bound; 0 where the mean is not above it. */
  readonly evidence: number;
  /** Evidence less what is needed. */
  readonly margin: number;
}

/** A test per period: of its decisions and all later ones; oldest first. */
function startsOf(periods: readonly PeriodLosses[], alphaOf: (from: number) => number, bound: number): Start[] {
  let [n, sum] = [0, 0];
  const starts: Start[] = [];
  for (const period of periods.toReversed()) {
    n += period.n;
    sum += period.sum;
    if (period.n === 0) continue;
    const losses = { n, sum };
    const alpha = alphaOf(period.from);
    const evidence = sum > n * bound ? Math.max(0, logWealth(losses, bound)) : 0;
    starts.push({ from: period.from, losses, alpha, evidence, margin: evidence - Math.log1p(1 / alpha) });
  }
  return starts.reverse();
}

/** The calendar is chosen by the length of the record: each of them has its part of the level as well. */
function levelOf(level: number, unit: PeriodUnit, first: number, from: number): number {
  const s = Math.max(0, periodsBetween(unit, first, from));
  return level / PERIOD_UNITS.length / ((s + 1) * (s + 2));
}

function warming(since: number, text: string): JudgedRisk {
  return { status: 'warming', risk: null, since, text };
}

function lossName({ kind, loss, errorMax }: QualityPlan): string {
  if (kind === 'regression') return `absolute error over ${errorMax}, at most 1`;
  return loss === 'brier' ? 'Brier score' : 'error rate';
}

function textOf({ loss, mean, low, high, since, baseline, tolerance, labels }: RiskView, isDrifting: boolean): string {
  const known = baseline.given
    ? `${percent(baseline.mean)} as configured`
    : `${percent(baseline.mean)} (at most ${percent(baseline.high)}) over its first ${baseline.labels} labels`;
  const now = `${loss} ${percent(mean ?? 0)} (${percent(low)} to ${percent(high)}) over ${labels} labels of decisions since ${since.slice(0, 16)}Z`;
  const says = isDrifting ? 'above' : 'not shown to be above';
  return `${now}: ${says} ${known}, with ${percent(tolerance)} tolerated`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
