// The whole record at one moment, for a reader: the files of the manifest, and what segments hold beyond them, read out into lines
// of JSON in a folder of the reader's own. Nothing of the store is written, and no lock is taken: where the compactor was quicker,
// the look is repeated.

import { basename, join } from 'node:path';
import { capturesFolder } from '../segments/folder.ts';
import { listSegments } from '../segments/segment-name.ts';
import { COLUMN_NAMES, emptySelect, storedSelect } from './columns.ts';
import { locate } from './commit.ts';
import { listed, named, quoted } from './database.ts';
import { createModelTypes, type ModelTypes, type TypedColumn } from './feature-types.ts';
import { storePaths } from './layout.ts';
import { type Manifest, openManifest, type StoredFile } from './manifest.ts';
import { createStaging, type Staged } from './stage.ts';

export interface Snapshot {
  readonly files: readonly StoredFile[];
  /** Decisions that are not in the store yet. */
  readonly staged: readonly Staged[];
  /** SQL of all rows: the record's columns, the typed ones, `model` and `date`. */
  readonly select: string;
  /** The same in parts, for who takes them one by one: each of `unstored` holds some 30 MB while it is read. */
  readonly stored: string;
  readonly unstored: readonly string[];
  /** Absolute paths that this SQL reads. */
  readonly reads: readonly string[];
  readonly damagedBytes: number;
  /** The typed columns of a model, by the names that its protocol read. */
  typesOf(model: string): readonly TypedColumn[];
}

export interface SnapshotOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** A folder for what is read out of segments; it is the caller's to remove. */
  readonly folder: string;
  /** One model; null: all. */
  readonly model: string | null;
  /** Told of the segments that are read out. */
  readonly progress?: (done: number, total: number) => void;
}

const TRIES = 5;

/** @throws where the manifest or a segment cannot be read */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  for (let tried = 1; tried <= TRIES; tried++) {
    const snapshot = await look(options, join(options.folder, String(tried)));
    if (snapshot !== undefined) return snapshot;
  }
  throw new Error(`${options.data}: the store changes faster than it can be read; try again`);
}

/** @returns undefined where a segment went into the store meanwhile */
async function look(options: SnapshotOptions, folder: string): Promise<Snapshot | undefined> {
  const { data, model, progress } = options;
  const paths = storePaths(data);
  // Segments first: one that goes between the two looks is in the manifest, and its rows are not lost.
  const segments = await listSegments(capturesFolder(data)).catch(() => []);
  const manifest = await openManifest(paths.manifest);
  const types = new Map<string, ModelTypes>();
  const staging = createStaging(folder, (name) => {
    const known = types.get(name) ?? createModelTypes(manifest.types.get(name) ?? []);
    types.set(name, known);
    return known;
  });
  const open = segments.filter(({ path }) => !manifest.segments.has(basename(path).replace(/\.open$/, '.capture')));
  let damagedBytes = 0;
  for (const [i, { path }] of open.entries()) {
    const read = staging.add(path) ?? staging.add(path.replace(/\.open$/, '.capture'));
    if (read === undefined) return undefined;
    damagedBytes += path.endsWith('.open') ? 0 : read.damagedBytes;
    progress?.(i + 1, open.length);
  }
  const ours = ({ model: name }: { readonly model: string }): boolean => model === null || name === model;
  const staged = staging.finish().filter(ours);
  const files = [...manifest.files.values()].filter(ours);
  const places = locate(paths, manifest);
  const stored = files.map((file) => ({ ...file, at: places.file(file.path) }));
  const [kept, waiting] = partsOf(paths.root, stored, staged, types, manifest);
  return {
    files,
    staged,
    select: together([...kept, ...waiting]),
    stored: together(kept),
    unstored: waiting,
    reads: [...stored.map(({ at }) => at), ...staged.map(({ path }) => path)],
    damagedBytes,
    typesOf: (name) => types.get(name)?.columns ?? manifest.types.get(name) ?? [],
  };
}

const together = (parts: readonly string[]): string => parts.join(' UNION ALL BY NAME ');

/** @returns SQL of what is in the store, and of what is not yet; the former has every column, if no row */
function partsOf(
  root: string,
  stored: readonly (StoredFile & { readonly at: string })[],
  staged: readonly Staged[],
  types: ReadonlyMap<string, ModelTypes>,
  manifest: Manifest,
): readonly [readonly string[], readonly string[]] {
  const partition = "hive_partitioning = true, hive_types = {'model': VARCHAR, 'date': DATE}";
  const parts = [emptySelect()];
  const placed = stored.filter(({ at, path }) => at === join(root, path));
  if (placed.length > 0) {
    const files = listed(placed.map(({ at }) => at));
    parts.push(`SELECT * FROM read_parquet(${files}, union_by_name = true, ${partition})`);
  }
  // What still waits in staging lies in no folder that names its model and day.
  for (const { at, path, model, date } of stored) {
    if (at === join(root, path)) continue;
    const rows = `read_parquet(${listed([at])}, hive_partitioning = false)`;
    parts.push(`SELECT *, ${quoted(model)} AS model, DATE ${quoted(date)} AS date FROM ${rows}`);
  }
  const unstored: string[] = [];
  for (const [model, lines] of Map.groupBy(staged, (one) => one.model)) {
    const columns = types.get(model)?.columns ?? manifest.types.get(model) ?? [];
    for (const { date, path, lineBytesMax } of lines) {
      const rows = storedSelect([path], columns, lineBytesMax);
      unstored.push(`SELECT *, ${quoted(model)} AS model, DATE ${quoted(date)} AS date FROM (${rows})`);
    }
  }
  return [parts, unstored];
}

/** Statements that make the views of a snapshot. @param columns of its SQL: name -> type */
export function viewsOf({ select }: Snapshot, columns: ReadonlyMap<string, string>): string[] {
  const lists = [...columns].filter(([name, type]) => /^[fp]_/.test(name) && type.endsWith('[]')).map(([name]) => name);
  const plain = COLUMN_NAMES.map((name) => named(name));
  const each = lists.map((name) => `unnest(${named(name)}) AS ${named(name)}`);
  return [
    `CREATE VIEW calls AS ${select}`,
    `CREATE VIEW decisions AS SELECT * FROM calls WHERE role <> 'shadow'`,
    `CREATE VIEW shadows AS SELECT * FROM calls WHERE role = 'shadow'`,
    // One row per row of a request: lists are taken apart side by side, and a shorter one is filled up with NULL.
    `CREATE VIEW decision_rows AS SELECT ${[...plain, 'model', 'date', 'unnest(range("rows")) AS "row"', ...each].join(', ')} FROM calls WHERE role <> 'shadow'`,
  ];
}
