// `headgate drift backtest`: captured decisions through the drift engine with other settings, or the present ones, before anybody is
// woken by them: how many alarms a week, which, and when. It asks no running gate and changes nothing.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { ModelPlan } from '../../../config/plan.ts';
import { formatProblem } from '../../../config/problem.ts';
import { type Baseline, parseBaseline } from '../../../drift/baseline/baseline.ts';
import { EXIT } from '../../exit-codes.ts';
import { loadAllocated } from '../../load-allocated.ts';
import { createProgress } from '../../query-progress.ts';
import { capturedTables, type Span } from './captured-tables.ts';
import { type Simulated, simulate } from './simulate.ts';
import { type BacktestReport, timelineText } from './timeline.ts';

export interface BacktestOptions {
  readonly config: string;
  readonly model: string;
  /** ISO times; null: no bound. */
  readonly from: string | null;
  readonly until: string | null;
  /** Settings to try; null: those of the configuration. */
  readonly tolerance: number | null;
  readonly tickMs: number | null;
  /** Columns of the whole gate; null: those of the model alone. */
  readonly columns: number | null;
  readonly baseline: string | null;
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable & { readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

const MEMORY_BYTES = 512 * 1024 ** 2;
const WEEK_MS = 7 * 86_400_000;

/** @returns the exit code */
export async function runBacktest(options: BacktestOptions): Promise<number> {
  const { config, stderr, stdout, json } = options;
  const loaded = loadAllocated(config, options.env);
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) stderr.write(`${formatProblem(problem)}\n`);
    return EXIT.config;
  }
  const { models, data, alarms, drift } = loaded.plan;
  const planned = models.find(({ name }) => name === options.model);
  if (planned === undefined) {
    const names = models.map(({ name }) => name).join(', ');
    stderr.write(`error: no model is called ${options.model}; there are ${names}\n`);
    return EXIT.usage;
  }
  const model = withSettings(planned, options);
  const baseline = await baselineOf(model);
  if (typeof baseline === 'string') {
    stderr.write(`${baseline}\n`);
    return EXIT.data;
  }
  const folder = await mkdtemp(join(tmpdir(), 'headgate-backtest-'));
  const progress = createProgress(stderr);
  const begun = performance.now();
  try {
    let span: Span = { calls: 0, firstMs: 0, lastMs: 0 };
    const reading = (done: number, total: number): void => progress.show('reading segments', done / total);
    const asked = { data, folder, model: model.name, from: options.from, until: options.until, reading };
    const tables = capturedTables({ ...asked, memoryBytes: MEMORY_BYTES }, (found) => {
      span = found;
    });
    const gate = { pace: alarms, alarmsPerWeek: drift.falseAlarmsPerWeek, columns: options.columns ?? 0 };
    const found = await simulate(tables, model, baseline, gate, (_, calls) =>
      progress.show('replaying', calls / Math.max(1, span.calls)),
    );
    progress.clear();
    if (found.calls === 0) {
      stderr.write(`${data}: no answered decision of ${model.name} is on record in that time\n`);
      return EXIT.data;
    }
    const report = reportOf(model, found, span, gate.columns);
    if (json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else {
      const seconds = (performance.now() - begun) / 1000;
      stdout.write(timelineText(report, stdout.columns ?? 100));
      stderr.write(`${found.rows} rows in ${seconds.toFixed(1)} s, ${Math.round(found.rows / seconds)} rows/s\n`);
    }
    return EXIT.ok;
  } catch (error) {
    progress.clear();
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.data;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function withSettings(model: ModelPlan, { tolerance, tickMs, baseline }: BacktestOptions): ModelPlan {
  const { drift } = model;
  return {
    ...model,
    drift: {
      ...drift,
      tolerance: tolerance ?? drift.tolerance,
      tickMs: tickMs ?? drift.tickMs,
      baseline: baseline ?? drift.baseline,
    },
  };
}

/** @returns the baseline, null where the first rows are one, or what is wrong with its file */
async function baselineOf({ drift: { baseline: path } }: ModelPlan): Promise<Baseline | null | string> {
  if (path === null) return null;
  const text = await readFile(path, 'utf8').catch((error: Error) => error);
  if (typeof text !== 'string') return `${path}: ${text.message}`;
  const reading = parseBaseline(text);
  return reading.ok ? reading.baseline : `${path}: no usable baseline: ${reading.problems.slice(0, 5).join('; ')}`;
}

function reportOf(model: ModelPlan, found: Simulated, { firstMs, lastMs }: Span, columns: number): BacktestReport {
  const { tickMs, tolerance, baseline, provisionalRows } = model.drift;
  // Less than a tick is a tick.
  const weeks = Math.max(tickMs, lastMs - firstMs) / WEEK_MS;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    model: model.name,
    from: iso(firstMs),
    until: iso(Math.max(lastMs, firstMs + tickMs)),
    weeks,
    settings: {
      tickMs,
      tolerance,
      baseline: baseline ?? `the first ${provisionalRows} rows of each version`,
      columns: Math.max(columns, found.columns),
    },
    calls: found.calls,
    rows: found.rows,
    columns: found.columns,
    alarms: found.alarms,
    alarmsPerWeek: found.alarms / weeks,
    messages: found.messages,
    messagesPerWeek: found.messages / weeks,
    gaps: found.gaps,
    raised: found.listed.map(({ atMs, sinceMs, resolvedMs, ...alarm }) => ({
      ...alarm,
      at: iso(atMs),
      since: iso(sinceMs),
      resolvedAt: resolvedMs === null ? null : iso(resolvedMs),
    })),
  };
}
