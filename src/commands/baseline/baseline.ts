// `headgate baseline`: freezes what a model's rows look like, from training data or from captured decisions, into the file that
// drift is measured against. It needs no running gate, changes nothing but that file, and replaces that in one step.

import { mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { openDatabase } from '../../capture/store/database.ts';
import { loadPlan } from '../../config/load.ts';
import type { ModelPlan, Plan } from '../../config/plan.ts';
import { formatProblem } from '../../config/problem.ts';
import type { BaselineSource } from '../../drift/baseline/baseline.ts';
import { type LocalTime, localTimeOf } from '../../drift/baseline/local-time.ts';
import { baselineText } from '../../drift/baseline/write-baseline.ts';
import { EXIT } from '../exit-codes.ts';
import { createProgress, type Progress } from '../query-progress.ts';
import { capturedRows } from './captured-rows.ts';
import { fileRows } from './file-rows.ts';
import { fitPairs } from './fit-pairs.ts';
import { factsOf, foundText, rowsRemark } from './found.ts';
import { measure } from './measure.ts';
import { type Gathered, Unusable } from './relation.ts';

export interface BaselineOptions {
  readonly model: string;
  readonly config: string | null;
  readonly data: string | null;
  readonly rows: RowsAsked;
  readonly zone: string;
  /** null: the one that the configuration names for the model. */
  readonly output: string | null;
  readonly memoryBytes: number;
  readonly json: boolean;
  readonly nowMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

export type RowsAsked =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly predictions: ReadonlyMap<string, string>;
      readonly ignore: ReadonlySet<string>;
      readonly time: string | null;
    }
  | {
      readonly kind: 'captures';
      readonly from: string | null;
      readonly until: string | null;
      readonly version: string | null;
      readonly role: string | null;
    };

/** Offsets of as many quarters of an hour are remembered: twenty years. */
const QUARTERS = 700_000;
/** A merge may take away a file of the store that is about to be read. */
const TRIES = 3;

/** @returns the exit code */
export async function runBaseline(options: BaselineOptions): Promise<number> {
  const { stderr, zone, rows } = options;
  const refuse = (problem: string, code: number): number => {
    stderr.write(`${problem}\n`);
    return code;
  };
  const time = localTimeOf(zone, QUARTERS);
  if (time === undefined) return refuse(`error: there is no time zone ${zone}; name one as Europe/Berlin`, EXIT.usage);
  const place = placeOf(options);
  if (typeof place === 'number') return place;
  const read = rows.kind === 'file' ? resolve(rows.path) : place.data;
  if (read === null)
    return refuse('error: name the configuration with -c FILE, or the data folder with --data FOLDER', EXIT.usage);
  const found = await stat(read).catch(() => undefined);
  if (rows.kind === 'file' && found?.isFile() !== true) return refuse(`${read}: there is no such file`, EXIT.data);
  if (rows.kind === 'captures' && found?.isDirectory() !== true)
    return refuse(`${read}: there is no such folder`, EXIT.data);
  const folder = await mkdtemp(join(tmpdir(), 'headgate-baseline-'));
  const leave = (): void => {
    void rm(folder, { recursive: true, force: true }).finally(() => process.kill(process.pid, 'SIGKILL'));
  };
  process.once('SIGINT', leave).once('SIGTERM', leave);
  const progress = createProgress(stderr);
  try {
    for (let tried = 1; ; tried++) {
      try {
        return await freeze(options, {
          read,
          output: place.output,
          folder: join(folder, String(tried)),
          time,
          progress,
        });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (rows.kind === 'captures' && tried < TRIES && /No files found|Cannot open file|No such file/.test(message))
          continue;
        progress.clear();
        if (error instanceof Unusable) return refuse(message, EXIT.data);
        return refuse(`${place.output}: no baseline was written: ${message}`, EXIT.unavailable);
      }
    }
  } finally {
    progress.clear();
    process.off('SIGINT', leave).off('SIGTERM', leave);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Place {
  /** Absolute. */
  readonly output: string;
  readonly data: string | null;
}

/** @returns the exit code where the words do not say enough, or the configuration does not know the model */
function placeOf({ model, config, data, output, env, stderr }: BaselineOptions): Place | number {
  const folder = data === null ? null : resolve(data);
  if (config === null) {
    if (output !== null) return { output: resolve(output), data: folder };
    stderr.write('error: name the file to write with -o FILE, or the configuration with -c FILE\n');
    return EXIT.usage;
  }
  const loaded = loadPlan(config, { env, serial: 1 });
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) stderr.write(`${formatProblem(problem)}\n`);
    if (loaded.problems.some(({ path }) => path.endsWith('drift.baseline')))
      stderr.write(
        'A baseline that is not there yet: write it first, with --data or --from and -o FILE instead of -c.\n',
      );
    return EXIT.config;
  }
  const plan = modelOf(loaded.plan, model);
  if (typeof plan === 'string') {
    stderr.write(`${config}: ${plan}\n`);
    return EXIT.data;
  }
  const path = output === null ? plan.drift.baseline : resolve(output);
  if (path !== null) return { output: path, data: folder ?? loaded.plan.data };
  stderr.write(`error: ${config} names no baseline for ${model} yet: name the file to write with -o FILE\n`);
  return EXIT.usage;
}

function modelOf({ models }: Plan, name: string): ModelPlan | string {
  const plan = models.find((model) => model.name === name);
  if (plan === undefined)
    return `there is no model ${name}; there are ${models
      .map((one) => one.name)
      .slice(0, 20)
      .join(', ')}`;
  return plan.protocol === 'raw' ? `model ${name} has protocol raw, which reads no bodies: it has no columns` : plan;
}

interface Freezing {
  /** The file or the data folder. */
  readonly read: string;
  readonly output: string;
  readonly folder: string;
  readonly time: LocalTime;
  readonly progress: Progress;
}

async function freeze(options: BaselineOptions, { read, output, folder, time, progress }: Freezing): Promise<number> {
  const { model, rows, memoryBytes, nowMs } = options;
  await mkdir(folder, { recursive: true });
  // With one thread rows keep their order, so that the same rows make the same file.
  const bounds = { threads: 1, memoryBytes, spillFolder: join(folder, 'spill') };
  const database = await openDatabase(join(folder, 'rows.duckdb'), bounds);
  try {
    progress.watch('reading', () => 0);
    const bar = (done: number, total: number): void => progress.show('reading segments', done / total);
    const gathered =
      rows.kind === 'file'
        ? await fileRows(database, { ...rows, path: read })
        : await capturedRows(database, { ...rows, data: read, folder, model, progress: bar });
    progress.watch('measuring', () => part);
    let part = 0;
    const columns = await measure(database, gathered, time, (done) => {
      part = done;
    });
    progress.watch('fitting predictions', () => 0);
    const surrogates = await fitPairs(database, gathered.pairs, columns);
    progress.clear();
    const source: BaselineSource = {
      kind: rows.kind,
      name: rows.kind === 'file' ? basename(read) : null,
      rows: gathered.rows,
      first: isoOf(gathered.first),
      last: isoOf(gathered.last),
    };
    const made = rows.kind === 'file' ? nowMs : (gathered.last ?? nowMs);
    const text = baselineText({ model, made: isoOf(made), source, zone: time.zone, columns, surrogates });
    await replace(output, text);
    tell(options, { output, gathered, bytes: Buffer.byteLength(text), columns: columns.map(factsOf), source });
    return EXIT.ok;
  } finally {
    database.close();
  }
}

const isoOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** Whole or not at all. */
async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.new`;
  try {
    const handle = await open(fresh, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

interface Told {
  readonly output: string;
  readonly gathered: Gathered;
  readonly bytes: number;
  readonly columns: readonly ReturnType<typeof factsOf>[];
  readonly source: BaselineSource;
}

function tell({ model, config, json, stdout, stderr }: BaselineOptions, told: Told): void {
  const { output, gathered, bytes, columns, source } = told;
  const warnings = [rowsRemark(gathered.rows), ...gathered.notes].filter((one) => one !== null);
  for (const warning of warnings) stderr.write(`${warning}\n`);
  if (json) {
    stdout.write(`${JSON.stringify({ model, file: output, bytes, source, warnings, columns }, null, 2)}\n`);
    return;
  }
  const span = source.first === null ? '' : `, ${source.first} to ${source.last ?? ''}`;
  const size = bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} KB`;
  const from = config === null ? process.cwd() : dirname(resolve(config));
  const path = relative(from, output);
  stdout.write(
    `${model}: ${gathered.rows.toLocaleString('en-US')} rows, ${columns.length} columns${span}\n\n${foundText(columns)}\n` +
      `Written to ${output} (${size}). In the YAML:\n\n  models:\n    ${model}:\n      drift: { baseline: ${path.startsWith('..') ? output : path} }\n`,
  );
}
