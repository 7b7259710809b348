// The SQL that puts labels to the decisions they are of, over the views `calls` and `outcomes` (docs/store.md): one label per decision,
// the one that became true last; held against every call of the decision, shadows included. A label of a unit is one of the last
// decision that the unit had by then. Decisions are found in the whole record, however old they are.

import type { QualityPlan } from '../config/plan.ts';
import type { PeriodUnit } from './periods.ts';

/** Width of a bin of scores, where estimates come from counts: 1 / 2000. The threshold is a border besides. */
export const SCORE_BINS = 2000;

export interface LabelledSqlOptions {
  readonly model: string;
  readonly plan: QualityPlan;
  /** Column of `calls` that holds the predictions, a list per call. */
  readonly column: string;
  /** Unix ms. */
  readonly now: number;
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const name = (value: string): string => `"${value.replaceAll('"', '""')}"`;
/** Calls whose answer held predictions. */
const ANSWERED = 'status BETWEEN 200 AND 399';

/** Statements that leave the tables `labels` (one per decision) and `labelled` (one per call). */
export function labelledSql({ model, plan, column, now }: LabelledSqlOptions): string[] {
  const { outcome, maturityMs, baselineRows } = plan;
  const ours = `name = ${text(outcome)} AND (model IS NULL OR model = ${text(model)})`;
  const matured = `make_timestamp(${Math.round((now - maturityMs) * 1000)}) AT TIME ZONE 'UTC'`;
  const prediction = `${name(column)}[1]`;
  return [
    `CREATE TEMP TABLE labels AS
      WITH said AS (SELECT decision_id, unit, label, value, "at" FROM outcomes WHERE ${ours}),
        of_units AS (SELECT * FROM said WHERE decision_id IS NULL AND unit IS NOT NULL),
        last_decisions AS (
          SELECT d.decision_id, u.label, u.value, u."at" FROM of_units u
          ASOF JOIN (SELECT unit, decision_id, "at" FROM calls
            WHERE model = ${text(model)} AND role <> 'shadow' AND ${ANSWERED} AND unit IN (SELECT unit FROM of_units)) d
          ON u.unit = d.unit AND u."at" >= d."at"),
        each AS (SELECT decision_id, label, value, "at" FROM said WHERE decision_id IS NOT NULL
          UNION ALL SELECT decision_id, label, value, "at" FROM last_decisions)
      SELECT decision_id, max("at") AS "at", arg_max(label, "at") AS label, arg_max(value, "at") AS value
      FROM each GROUP BY decision_id`,
    `CREATE TEMP TABLE met AS
      SELECT c.decision_id, c.version, c.role, c."at" AS decided, l."at" AS arrived, c."rows" AS n_rows,
        ${readPrediction(plan, prediction)} AS prediction, ${readTruth(plan)} AS truth
      FROM (SELECT decision_id, version, role, "at", "rows", ${name(column)} FROM calls
        WHERE model = ${text(model)} AND ${ANSWERED} AND decision_id IN (SELECT decision_id FROM labels)) c
      JOIN labels l USING (decision_id)
      QUALIFY row_number() OVER (PARTITION BY c.decision_id, c.version, c.role ORDER BY c."at") = 1`,
    `CREATE TEMP TABLE labelled AS
      SELECT version, role, decided, arrived, prediction, truth,
        CASE WHEN decided > ${matured} THEN 'young'
          WHEN row_number() OVER (PARTITION BY version, role ORDER BY decided, decision_id) <= ${baselineRows} THEN 'baseline'
          ELSE 'judged' END AS part
      FROM met WHERE n_rows = 1 AND prediction IS NOT NULL AND truth IS NOT NULL`,
  ];
}

function readPrediction({ kind }: QualityPlan, prediction: string): string {
  if (kind === 'multiclass') return `CAST(${prediction} AS VARCHAR)`;
  const number = `TRY_CAST(${prediction} AS DOUBLE)`;
  return kind === 'binary'
    ? `CASE WHEN ${number} BETWEEN 0 AND 1 THEN ${number} END`
    : `CASE WHEN isfinite(${number}) THEN ${number} END`;
}

function readTruth({ kind, positive }: QualityPlan): string {
  if (kind === 'multiclass') return 'l.label';
  if (kind === 'regression') return 'l.value';
  const isPositive = positive === '1' ? `l.label = '1' OR coalesce(l.value = 1, false)` : `l.label = ${text(positive)}`;
  return `CASE WHEN l.label IS NULL THEN NULL WHEN ${isPositive} THEN CAST(1 AS DOUBLE) ELSE 0 END`;
}

/** One row: what there was to join, and what of it could not be used. */
export const COUNTS_SQL = `SELECT (SELECT count(*) FROM labels) AS labels, (SELECT count(DISTINCT decision_id) FROM met) AS joined,
  (SELECT count(*) FROM labelled) AS calls, (SELECT count(*) FROM met WHERE n_rows <> 1 OR n_rows IS NULL) AS batches,
  (SELECT count(*) FROM met WHERE n_rows = 1 AND (prediction IS NULL OR truth IS NULL)) AS unreadable`;

/** One row per version and role: how long labels took. */
export const DELAYS_SQL = `SELECT version, role, quantile_cont(epoch_ms(arrived) - epoch_ms(decided), 0.5) AS p50,
  quantile_cont(epoch_ms(arrived) - epoch_ms(decided), 0.9) AS p90 FROM labelled GROUP BY version, role`;

/** First and last decision of a model that can be judged: unix ms. */
export function spanSql({ model }: Pick<LabelledSqlOptions, 'model'>): string {
  return `SELECT CAST(min(epoch_ms("at")) AS DOUBLE) AS first, CAST(max(epoch_ms("at")) AS DOUBLE) AS last FROM calls WHERE model = ${text(model)} AND ${ANSWERED}`;
}

/**
 * version, role, period (unix ms), part, prediction, truth, rows: in the order of the first three and then of the prediction.
 * @param by whose time the period is of; null: one period for all
 */
export function rowsSql(by: 'decided' | 'arrived' | null, unit: PeriodUnit): string {
  const period = by === null ? 'CAST(0 AS DOUBLE)' : periodOf(by, unit);
  return `SELECT version, role, ${period} AS period, part, prediction, truth, CAST(count(*) AS DOUBLE) AS n
    FROM labelled GROUP BY ALL ORDER BY version, role, period, prediction`;
}

/** version, role, period, score (mean of a bin; null: no score), rows: of all answers, labelled or not, batches included. */
export function scoresSql({ model, plan, column }: LabelledSqlOptions, unit: PeriodUnit): string {
  const calls = `FROM calls WHERE model = ${text(model)} AND ${ANSWERED}`;
  const period = periodOf('"at"', unit);
  if (plan.kind !== 'binary')
    return `SELECT version, role, ${period} AS period, CAST(NULL AS DOUBLE) AS score, CAST(sum(coalesce("rows", 1)) AS DOUBLE) AS n ${calls} GROUP BY ALL ORDER BY version, role, period`;
  const all = `SELECT version, role, ${period} AS period, TRY_CAST(unnest(${name(column)}) AS DOUBLE) AS score ${calls}`;
  const valid = `SELECT version, role, period, CASE WHEN score BETWEEN 0 AND 1 THEN score END AS score FROM (${all})`;
  // The mean of equal numbers may be rounded away from them, and across the threshold.
  const mean = 'least(max(score), greatest(min(score), avg(score)))';
  return `SELECT version, role, period, ${mean} AS score, CAST(count(*) AS DOUBLE) AS n
    FROM (SELECT *, floor(score * ${SCORE_BINS}) AS bin, score >= ${plan.threshold} AS above FROM (${valid}))
    GROUP BY version, role, period, bin, above ORDER BY version, role, period, bin NULLS FIRST, above`;
}

function periodOf(time: string, unit: PeriodUnit): string {
  return `CAST(epoch_ms(date_trunc('${unit}', ${time})) AS DOUBLE)`;
}
