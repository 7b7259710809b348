// `headgate drift --from-snapshots FILE...`: what several replicas know of a model, added up from the snapshots that each keeps in its data
// folder, without asking any of them.

import type { WindowName } from '../../drift/counts/windows.ts';
import { type AskedDistances, parseAsked } from '../../drift/distances/conventions/conventions.ts';
import { type MergedModel, mergedView, mergeSnapshots } from '../../drift/state/merge-snapshots.ts';
import { readSnapshot, type Snapshot } from '../../drift/state/snapshot-file.ts';
import { EXIT } from '../exit-codes.ts';
import { columnAlarms } from './column-alarms.ts';
import { type Common, codeOf, jsonText, viewText } from './drift.ts';
import { printable, worstFirst } from './table.ts';

export interface SnapshotDriftOptions extends Common {
  readonly paths: readonly string[];
  /** Null: every model that they have. */
  readonly model: string | null;
  readonly window: WindowName | null;
  readonly nowMs: number;
}

/** @returns the exit code */
export async function runSnapshotDrift(options: SnapshotDriftOptions): Promise<number> {
  const { paths, model, stdout, stderr, json, like } = options;
  const snapshots: Snapshot[] = [];
  for (const path of paths) {
    const reading = await readSnapshot(path);
    if (!reading.ok) {
      stderr.write(`${path}: this drift snapshot cannot be used: ${reading.problem}.\n`);
      return EXIT.data;
    }
    snapshots.push(reading.snapshot);
  }
  const all = mergeSnapshots(snapshots);
  const wanted = model === null ? all : all.filter(({ name }) => name === model);
  if (wanted.length === 0) {
    stderr.write(`no snapshot has a model ${model}; they have ${all.map(({ name }) => name).join(', ') || 'none'}\n`);
    return EXIT.data;
  }
  const asked = parseAsked(['all', ...like].join(','));
  if ('unknown' in asked) return EXIT.software;
  const views = wanted.map((merged) => ({ merged, view: sorted(merged, asked, options.window) }));
  if (json) {
    const told = views.map(({ merged: { lineages, leftOut }, view }) => ({ ...view, lineages, leftOut }));
    stdout.write(jsonText({ models: told }));
  } else stdout.write(views.map(({ merged, view }) => textOf(merged, view, options.nowMs)).join('\n'));
  return codeOf(
    options,
    views.map(({ view }) => view.status),
  );
}

function sorted(merged: MergedModel, distances: AskedDistances, window: WindowName | null) {
  const view = mergedView(merged, { distances, features: null, window });
  return { ...view, features: worstFirst(view.features) };
}

function textOf({ lineages, leftOut }: MergedModel, view: ReturnType<typeof sorted>, nowMs: number): string {
  const from = `added up from ${lineages.length} replica${lineages.length === 1 ? '' : 's'}: ${lineages.join(', ')}; each status is the gravest of theirs\n`;
  const out =
    leftOut.length === 0
      ? ''
      : `left out, since bins or ticks differ: ${printable(leftOut.slice(0, 20).join(', '))}${leftOut.length > 20 ? ` and ${leftOut.length - 20} more` : ''}\n`;
  return `${viewText(view, columnAlarms([]), nowMs)}\n${from}${out}`;
}
