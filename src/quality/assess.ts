// One model's quality out of its record, as a story: labels are put to their decisions, rows of prediction and truth flow by in order
// and become figures per version, role and period, scores become estimates, and losses the verdict on the risk. Whoever opens the
// database gives it (views as docs/store.md has them); what does not fit into memory is the database's to spill.

import type { QualityPlan } from '../config/plan.ts';
import { ROLES, type Role } from '../model.ts';
import { type Calibrate, calibrationOf, estimateOf, type ScoreCounts, type ScoreLabels, together } from './estimate.ts';
import {
  COUNTS_SQL,
  DELAYS_SQL,
  type LabelledSqlOptions,
  labelledSql,
  rowsSql,
  scoresSql,
  spanSql,
} from './labelled-sql.ts';
import { PERIODS_MAX, type PeriodUnit, periodEnd, periodUnitOf } from './periods.ts';
import type { Figures, QualityStatus, QualityView, VersionQuality } from './quality-view.ts';
import { judgeRisk, type PeriodLosses } from './risk.ts';
import { type Cell, createTally, lossOf, type Tally } from './tally.ts';

/** What it asks of a database. */
export interface Queries {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Columns of some thousand rows at a time. */
  chunks(sql: string): AsyncIterable<readonly (readonly unknown[])[]>;
}

export interface AssessOptions {
  readonly model: string;
  readonly plan: QualityPlan;
  readonly queries: Queries;
  /** Columns of the view `calls`. */
  readonly columns: readonly string[];
  /** Unix ms. */
  readonly now: number;
}

/** Versions and roles told of. */
const STREAMS_MAX = 100;

interface Period {
  readonly from: number;
  decisions: number;
  /** Those of them with a label that is due, and all due ones' losses outside of the baseline. */
  due: number;
  sum: number;
  n: number;
  scores: { score: number; n: number }[];
  tally: Tally | null;
}

interface Stream {
  readonly version: string;
  readonly role: Role;
  readonly periods: Map<number, Period>;
  readonly arrivals: Map<number, Tally>;
  readonly all: Tally;
  readonly baseline: { n: number; sum: number };
  /** Labels of the baseline by score. */
  readonly known: ScoreLabels;
  delayMs: VersionQuality['delayMs'];
}

/** @throws the database's own errors */
export async function assess(options: AssessOptions): Promise<QualityView> {
  const { model, plan, queries, columns, now } = options;
  const column = columns.find((one) => one === `p_${plan.score}`) ?? columns.find((one) => sameName(one, plan.score));
  const empty = emptyView(model, plan, now);
  if (column === undefined)
    return { ...empty, problem: `no decision on record has a prediction called "${plan.score}"${known(columns)}` };
  const asked = { model, plan, column, now };
  const [span] = await queries.rows(spanSql(asked));
  if (typeof span?.first !== 'number' || typeof span.last !== 'number')
    return { ...empty, problem: 'no decision of the model is on record' };
  for (const statement of labelledSql(asked)) await queries.run(statement);
  const unit = periodUnitOf(span.last - span.first);
  const streams = createStreams(plan);
  await fold(queries, asked, unit, streams);
  const [counts] = await queries.rows(COUNTS_SQL);
  for (const table of ['labels', 'met', 'labelled']) await queries.run(`DROP TABLE ${table}`);
  const versions = streams.list().map((stream) => versionOf(stream, plan, unit, now));
  const count = (name: string): number => Number(counts?.[name] ?? 0);
  return {
    ...empty,
    status: worstOf(versions),
    period: unit,
    counts: {
      labels: count('labels'),
      joined: count('joined'),
      calls: count('calls'),
      batches: count('batches'),
      unreadable: count('unreadable'),
    },
    versions,
    problem: problemOf(plan, count('labels'), count('joined')),
  };
}

/** One model without a record. @param now null: nothing has been read yet */
export function emptyView(model: string, plan: QualityPlan | null, now: number | null): QualityView {
  return {
    model,
    status: plan === null ? 'unknown' : 'warming',
    settings: plan === null ? null : settingsOf(plan),
    at: now === null ? null : new Date(now).toISOString(),
    problem: plan === null ? 'the model has no `quality` in the configuration' : null,
    period: null,
    counts: { labels: 0, joined: 0, calls: 0, batches: 0, unreadable: 0 },
    versions: [],
  };
}

function settingsOf({ outcome, score, kind, threshold }: QualityPlan): QualityView['settings'] {
  return { outcome, score, kind, threshold };
}

const sameName = (column: string, score: string): boolean => column.toLowerCase() === `p_${score}`.toLowerCase();

function known(columns: readonly string[]): string {
  const names = columns.filter((name) => name.startsWith('p_')).map((name) => name.slice(2));
  return names.length === 0 ? '' : `; there are ${names.slice(0, 10).join(', ')}`;
}

function problemOf({ outcome }: QualityPlan, labels: number, joined: number): string | null {
  if (labels === 0) return `no outcome called "${outcome}" has come that names a decision, or a unit with one`;
  if (joined === 0) return `none of the ${labels} labels names a decision of this model on record`;
  return null;
}

interface Streams {
  /** @returns undefined where there are too many */
  of(version: unknown, role: unknown): Stream | undefined;
  list(): readonly Stream[];
}

function createStreams(plan: QualityPlan): Streams {
  const streams = new Map<string, Stream>();
  return {
    of(version, role) {
      const key = `${role} ${version}`;
      const found = streams.get(key);
      if (found !== undefined || streams.size >= STREAMS_MAX) return found;
      const made: Stream = {
        version: String(version),
        role: ROLES.find((one) => one === role) ?? 'challenger',
        periods: new Map(),
        arrivals: new Map(),
        all: createTally(plan),
        baseline: { n: 0, sum: 0 },
        known: { scores: [], positives: [], rows: [] },
        delayMs: null,
      };
      streams.set(key, made);
      return made;
    },
    list: () =>
      [...streams.values()].sort(
        (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || (a.version < b.version ? -1 : 1),
      ),
  };
}

async function fold(queries: Queries, asked: LabelledSqlOptions, unit: PeriodUnit, streams: Streams): Promise<void> {
  const { plan } = asked;
  for await (const [version, role, from, score, n] of rowsOf(queries, scoresSql(asked, unit))) {
    const stream = streams.of(version, role);
    if (stream === undefined) continue;
    const period = periodOf(stream, Number(from));
    period.decisions += Number(n);
    if (typeof score === 'number') period.scores.push({ score, n: Number(n) });
  }
  for await (const row of rowsOf(queries, rowsSql('decided', unit))) {
    const { stream, from, part, prediction, truth, n } = labelledRow(streams, row);
    if (stream === undefined) continue;
    const period = periodOf(stream, from);
    period.tally ??= createTally(plan);
    period.tally.add(prediction, truth, n);
    addLoss(stream, period, plan, { part, prediction, truth, n });
  }
  for await (const row of rowsOf(queries, rowsSql('arrived', unit))) {
    const { stream, from, prediction, truth, n } = labelledRow(streams, row);
    if (stream === undefined) continue;
    const tally = stream.arrivals.get(from) ?? createTally(plan);
    stream.arrivals.set(from, tally);
    tally.add(prediction, truth, n);
  }
  for await (const row of rowsOf(queries, rowsSql(null, unit))) {
    const { stream, part, prediction, truth, n } = labelledRow(streams, row);
    if (stream === undefined) continue;
    stream.all.add(prediction, truth, n);
    if (part === 'baseline' && plan.kind === 'binary')
      addKnown(stream.known, Number(prediction), truth === 1 ? n : 0, n);
  }
  for (const { version, role, p50, p90 } of await queries.rows(DELAYS_SQL)) {
    const stream = streams.of(version, role);
    if (stream !== undefined) stream.delayMs = { p50: Number(p50), p90: Number(p90) };
  }
}

async function* rowsOf(queries: Queries, sql: string): AsyncGenerator<readonly unknown[]> {
  for await (const columns of queries.chunks(sql)) {
    const rows = columns[0]?.length ?? 0;
    for (let i = 0; i < rows; i++) yield columns.map((column) => column[i]);
  }
}

interface LabelledRow {
  readonly stream: Stream | undefined;
  readonly from: number;
  readonly part: unknown;
  readonly prediction: Cell;
  readonly truth: Cell;
  readonly n: number;
}

function labelledRow(
  streams: Streams,
  [version, role, from, part, prediction, truth, n]: readonly unknown[],
): LabelledRow {
  return {
    stream: streams.of(version, role),
    from: Number(from),
    part,
    prediction: typeof prediction === 'number' ? prediction : String(prediction),
    truth: typeof truth === 'number' ? truth : String(truth),
    n: Number(n),
  };
}

function periodOf({ periods }: Stream, from: number): Period {
  const found = periods.get(from) ?? { from, decisions: 0, due: 0, sum: 0, n: 0, scores: [], tally: null };
  periods.set(from, found);
  return found;
}

function addLoss(
  { baseline }: Stream,
  period: Period,
  plan: QualityPlan,
  { part, prediction, truth, n }: Pick<LabelledRow, 'part' | 'prediction' | 'truth' | 'n'>,
): void {
  if (part === 'young') return;
  period.due += n;
  const loss = lossOf(plan, prediction, truth) ?? 0;
  const into = part === 'baseline' && plan.baselineRisk === null ? baseline : period;
  into.n += n;
  into.sum += n * loss;
}

function addKnown({ scores, positives, rows }: ScoreLabels, score: number, of: number, n: number): void {
  const last = scores.length - 1;
  if (last >= 0 && scores[last] === score) {
    positives[last] = (positives[last] as number) + of;
    rows[last] = (rows[last] as number) + n;
    return;
  }
  scores.push(score);
  positives.push(of);
  rows.push(n);
}

function versionOf(stream: Stream, plan: QualityPlan, unit: PeriodUnit, now: number): VersionQuality {
  const { version, role, all, baseline, delayMs } = stream;
  const periods = [...stream.periods.values()].sort((a, b) => a.from - b.from);
  const calibrate = plan.kind === 'binary' ? calibrationOf(stream.known) : null;
  const losses: PeriodLosses[] = periods.map(({ from, n, sum }) => ({ from, n, sum }));
  const first = periods[0]?.from ?? now;
  const judged = judgeRisk(plan, { unit, first, baseline, periods: losses });
  const isSilent = judged.risk !== null && isOverdue(periods, unit, now - plan.maturityMs);
  return {
    version,
    role,
    status: isSilent && judged.status === 'steady' ? 'unknown' : judged.status,
    text: isSilent ? `labels have stopped coming; ${judged.text}` : judged.text,
    decisions: periods.reduce((sum, { decisions }) => sum + decisions, 0),
    labelled: all.n,
    delayMs,
    realised: all.figures(),
    estimated: estimate(together(periods.map(({ scores }) => scores)), plan, calibrate),
    calibrated: calibrate !== null,
    calibration: all.calibration(),
    risk: judged.risk,
    periods: periods.slice(-PERIODS_MAX).map(({ from, decisions, tally, scores }) => ({
      from: new Date(from).toISOString(),
      decisions,
      labelled: tally?.n ?? 0,
      realised: tally?.figures() ?? NO_FIGURES,
      estimated: estimate(scores, plan, calibrate),
    })),
    arrivals: [...stream.arrivals]
      .sort(([a], [b]) => a - b)
      .slice(-PERIODS_MAX)
      .map(([from, tally]) => ({ from: new Date(from).toISOString(), labelled: tally.n, realised: tally.figures() })),
  };
}

const NO_FIGURES: Figures = {};

function estimate(counts: ScoreCounts, { kind, threshold }: QualityPlan, calibrate: Calibrate | null): Figures | null {
  return kind === 'binary' ? estimateOf(counts, threshold, calibrate) : null;
}

/** Three periods in a row whose decisions are all old enough, and none of them has a label. */
function isOverdue(periods: readonly Period[], unit: PeriodUnit, due: number): boolean {
  const last = periods
    .filter(({ from, decisions }) => decisions > 0 && periodEnd(unit, from) <= due)
    .slice(-OVERDUE_PERIODS);
  return last.length === OVERDUE_PERIODS && last.every((period) => period.due === 0);
}

const OVERDUE_PERIODS = 3;

const GRAVITY: readonly QualityStatus[] = ['steady', 'warming', 'unknown', 'drifting'];

function worstOf(versions: readonly VersionQuality[]): QualityStatus {
  const worst = Math.max(-1, ...versions.map(({ status }) => GRAVITY.indexOf(status)));
  return GRAVITY[worst] ?? 'warming';
}
