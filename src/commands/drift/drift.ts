// `headgate drift`: what a running gate says of its models' drift, as a table or JSON; or two CSV files compared by the same rules,
// with distances as other tools compute them. It judges nothing by itself: statuses are the gate's, or drift/compare-tables.ts's.

import { readFileSync, writeFileSync } from 'node:fs';
import type { DriftStatus, DriftView, FeatureDriftView, ModelSummary } from '../../admin/view.ts';
import { strengthOf } from '../../alarms/sentence.ts';
import { WINDOW_NAMES, type WindowName } from '../../drift/counts/windows.ts';
import { compareTables } from '../../drift/distances/compare-tables.ts';
import type { ConventionName } from '../../drift/distances/conventions/convention.ts';
import { parseAsked } from '../../drift/distances/conventions/conventions.ts';
import { readCsv } from '../../protocols/csv.ts';
import type { Table } from '../../protocols/protocol.ts';
import { Unreadable } from '../../protocols/unreadable.ts';
import { EXIT } from '../exit-codes.ts';
import { type Answer, askAlarms, askDrift, askModels, type Gate } from './ask-gate.ts';
import { columnAlarms } from './column-alarms.ts';
import { reportPage } from './html/page.ts';
import { driftTable, printable, worstFirst } from './table.ts';

export interface Common {
  /** Tools whose figures are shown besides. */
  readonly like: readonly ConventionName[];
  readonly json: boolean;
  /** Whether drift is a failure. */
  readonly check: boolean;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

export interface GateDriftOptions extends Common, Gate {
  /** Null: a line for every model. */
  readonly model: string | null;
  /** Null: the ticks that were judged last. */
  readonly window: WindowName | null;
  /** Where the report goes as one HTML file; null: nowhere. */
  readonly html: string | null;
  readonly nowMs: number;
}

export interface FileDriftOptions extends Common {
  readonly baseline: string;
  readonly current: string;
  readonly tolerance: number;
}

/** @returns the exit code */
export async function runGateDrift(options: GateDriftOptions): Promise<number> {
  const { model, json, stdout, nowMs } = options;
  if (model === null) {
    return told(options, await askModels(options), ({ models }) => {
      const plain = { models: models.map(({ name, drift }) => ({ name, ...drift })) };
      stdout.write(json ? jsonText(plain) : modelsText(models));
      return models.map(({ drift }) => drift.status);
    });
  }
  const distances = ['all', ...options.like].join(',');
  const asked = options.window === null ? { distances } : { distances, window: options.window };
  const [answer, alarmOf] = await Promise.all([askDrift(options, model, asked), alarmsOf(options, model)]);
  const spans = options.html === null || !answer.ok ? [] : await spansOf(options, model);
  return told(options, answer, (view) => {
    const sorted = { ...view, features: worstFirst(view.features) };
    if (options.html !== null) {
      const page = reportPage({ view, spans, alarmOf, madeMs: nowMs });
      const problem = written(options.html, page);
      if (problem !== null) return problem;
      if (!json) stdout.write(`${options.html} is written: ${headText(sorted)}`);
    }
    if (json) stdout.write(jsonText(withAlarms(sorted, alarmOf)));
    else if (options.html === null) stdout.write(viewText(sorted, alarmOf, nowMs));
    return [view.status];
  });
}

type AlarmOf = ReturnType<typeof columnAlarms>;

/** A gate that does not tell of alarms is one without them: what is asked for is drift. */
async function alarmsOf(gate: Gate, model: string): Promise<AlarmOf> {
  const answer = await askAlarms(gate, model);
  return columnAlarms(answer.ok ? answer.body.alarms : []);
}

async function spansOf(gate: Gate, model: string): Promise<readonly DriftView[]> {
  const answers = await Promise.all(WINDOW_NAMES.map((window) => askDrift(gate, model, { window })));
  return answers.flatMap((answer) => (answer.ok ? [answer.body] : []));
}

/** The API's answer, each column with its open alarm. */
function withAlarms(view: DriftView, alarmOf: AlarmOf) {
  const features = view.features.map((feature) => {
    const found = alarmOf(feature);
    if (found === null) return { ...feature, alarm: null };
    const { id, state, sinceMs, evidence, sentence } = found;
    return { ...feature, alarm: { id, state, since: new Date(sinceMs).toISOString(), evidence, sentence } };
  });
  return { ...view, features };
}

/** @returns the problem, where it cannot be written */
function written(path: string, text: string): string | null {
  try {
    writeFileSync(path, text);
    return null;
  } catch (error) {
    return `${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** @param tell writes the answer, and returns the statuses in it or the problem */
function told<Body>(
  options: Common,
  answer: Answer<Body>,
  tell: (body: Body) => readonly DriftStatus[] | string,
): number {
  const statuses = answer.ok ? tell(answer.body) : answer.problem;
  if (typeof statuses !== 'string') return codeOf(options, statuses);
  options.stderr.write(`${statuses}\n`);
  return answer.ok ? EXIT.unavailable : answer.code;
}

export function codeOf({ check }: Common, statuses: readonly DriftStatus[]): number {
  return check && statuses.includes('drifting') ? EXIT.failed : EXIT.ok;
}

/** @returns the exit code */
export function runFileDrift(options: FileDriftOptions): number {
  const { json, like, stdout, stderr, tolerance } = options;
  const tables: Table[] = [];
  for (const path of [options.baseline, options.current]) {
    const table = readTable(path);
    if (typeof table === 'string') {
      stderr.write(`${table}\n`);
      return EXIT.data;
    }
    tables.push(table);
  }
  const [baseline, current] = tables;
  const asked = parseAsked(['all', ...like].join(','));
  if (baseline === undefined || current === undefined || 'unknown' in asked) return EXIT.software;
  const { features, unknownColumns } = compareTables(baseline, current, asked, tolerance);
  const code = codeOf(
    options,
    features.map(({ status }) => status),
  );
  if (json) {
    stdout.write(jsonText({ features: worstFirst(features), unknownColumns }));
    return code;
  }
  const drifting = features.filter(({ status }) => status === 'drifting').length;
  const head = `${options.current} (${rowsText(current.rows)}) against ${options.baseline} (${rowsText(baseline.rows)}): ${drifting} of ${features.length} columns drifting\n\n`;
  stdout.write(
    head + driftTable(features.map((feature) => ({ ...feature, version: null, alarm: null, verdict: null }))),
  );
  if (unknownColumns.length > 0) stdout.write(`\nnot in the baseline: ${printable(unknownColumns.join(', '))}\n`);
  stdout.write(`\n${LEGEND}\n`);
  return code;
}

/** @returns the problem, where there is no table */
function readTable(path: string): Table | string {
  try {
    return readCsv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Unreadable)
      return `${path}: no table can be read from it (${error.message}). It must be CSV with a line of names.`;
    return `${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const LEGEND =
  'Distances do not decide: the status does. p is for one look at one column, rows taken as independent.\ndocs/drift.md defines them; --json has all figures, with their variants.';

function modelsText(models: readonly ModelSummary[]): string {
  if (models.length === 0) return 'The gate has no models.\n';
  const rows = models.map(({ name, drift: { status, worst } }) => [
    name,
    status,
    worst === null ? '–' : `${printable(worst.feature)} (${worst.version}), PSI ${worst.psi.toFixed(3)}`,
  ]);
  const order = ['drifting', 'unknown', 'warming', 'steady'];
  rows.sort((one, other) => order.indexOf(one[1] ?? '') - order.indexOf(other[1] ?? ''));
  const all = [['model', 'status', 'worst column'], ...rows];
  const widths = [0, 1].map((i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  return all
    .map(([a = '', b = '', c = '']) => `${a.padEnd(widths[0] ?? 0)}  ${b.padEnd(widths[1] ?? 0)}  ${c}\n`)
    .join('');
}

function headText(view: DriftView): string {
  const drifting = view.features.filter(({ status }) => status === 'drifting').length;
  return `${view.model}: ${view.status}, ${windowText(view)}, ${drifting} of ${view.features.length} columns drifting\n`;
}

export function viewText(view: DriftView, alarmOf: AlarmOf, nowMs: number): string {
  const { features } = view;
  const head = headText(view);
  if (features.length === 0) return `${head}No column has been read yet.\n`;
  const lines = features.map((feature) => ({
    ...feature,
    feature: feature.side === 'response' ? `${feature.feature} (prediction)` : feature.feature,
    version: feature.role === 'shadow' ? `${feature.version} (shadow)` : feature.version,
    alarm: alarmOf(feature),
    verdict: feature,
    distances: feature.distances ?? [],
  }));
  const bins = 'KS and W1 are from bins: KS the lower bound, W1 as if rows were spread evenly in them.';
  const together = view.joint.flatMap(({ version, role, text }) =>
    text === null ? [] : [`▲ ${version} (${role}): ${printable(text)}\n`],
  );
  return `${head}${schemaText(view)}\n${driftTable(lines)}\n${together.join('')}${baselinesText(features, nowMs)}\n${verdictLegend(features)}${LEGEND}\n${bins}\n`;
}

/** What breaks the schema of the baseline, above all figures. */
function schemaText({ schema }: DriftView): string {
  const lines = schema.slice(0, SCHEMA_SHOWN).map(({ feature, version, role, text }) => {
    const which = role === 'shadow' ? `${version}, shadow` : version;
    return `  ${printable(feature)} (${which}) ${printable(text)}`;
  });
  if (schema.length > SCHEMA_SHOWN) lines.push(`  and ${schema.length - SCHEMA_SHOWN} more (--json has them all)`);
  return lines.length === 0 ? '' : `\nbreaks the schema of the baseline:\n${lines.join('\n')}\n`;
}

const SCHEMA_SHOWN = 20;

function windowText({ window: { name, from, to }, windowMs }: DriftView): string {
  if (name === 'judged') return `windows of ${spanText(windowMs)}`;
  if (from === null) return `figures of everything since the start (${spanText(windowMs)})`;
  return `figures of ${name}: ${from.slice(0, 16)}Z to ${to.slice(0, 16)}Z`;
}

/** What the table's figures of the verdict are held against. */
function verdictLegend(features: readonly FeatureDriftView[]): string {
  const threshold = features[0]?.threshold ?? null;
  const needed =
    threshold === null ? '' : `An alarm takes evidence ${strengthOf(threshold)} (drift.falseAlarmsPerWeek). `;
  return `${needed}finds: the smallest shift that would have been found, in standard deviations.\n`;
}

/** One line per kind of baseline, with its age. */
function baselinesText(features: readonly FeatureDriftView[], nowMs: number): string {
  const about = new Map<string, Set<string>>();
  for (const { version, side, against, provisional, baselineRows, baselineAt } of features) {
    const age = baselineAt === null ? 'age unknown' : `${spanText(nowMs - Date.parse(baselineAt))} old`;
    const fixed = provisional
      ? `the first ${rowsText(baselineRows)} of the version, ${baselineAt === null ? 'not complete yet' : age}`
      : `file of ${rowsText(baselineRows)}, ${age}`;
    const made = against === 'champion' ? "the champion's rows of the same ticks" : fixed;
    const key = `${side === 'request' ? 'features' : 'predictions'}: ${made}`;
    about.set(key, (about.get(key) ?? new Set()).add(version));
  }
  return [...about].map(([made, versions]) => `baseline of ${[...versions].join(', ')}, ${made}\n`).join('');
}

const rowsText = (rows: number): string => `${rows.toLocaleString('en-US')} rows`;

function spanText(ms: number): string {
  if (ms < 120_000) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}

export function jsonText(body: unknown): string {
  return `${JSON.stringify(body, null, 2)}\n`;
}
