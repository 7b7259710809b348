// Snapshots of several replicas as one: what each counted is added, once. A lineage counts on from restart to restart, so that of its
// snapshots the latest holds the others. Lineages are added in the order of their names, so that the outcome does not depend on the
// order, or the number of times, in which they are given. A column whose bins differ - each replica had first rows of its own for
// a baseline - is that of the first lineage, and the others' are told, since their counts cannot be added.

import type { SavedGroup, SavedStream } from '../counts/saved-group.ts';
import { loadGroup } from '../counts/saved-group.ts';
import { createStreamGroup, type Source, type StreamGroup } from '../counts/stream-group.ts';
import { coveredBy } from '../counts/windows.ts';
import { type AskedReport, type DriftView, driftView } from '../report.ts';
import type { DriftStatus } from '../verdict/verdict.ts';
import { textOf } from './plain-text.ts';
import { loadReference, type SavedReference } from './saved-baseline.ts';
import type { SavedModel } from './saved-model.ts';
import type { Snapshot } from './snapshot-file.ts';

export interface MergedModel {
  readonly name: string;
  readonly tickMs: number;
  readonly windowTicks: number;
  /** The latest that any of them judged. */
  readonly judgedTick: number;
  readonly baselineMade: string | null;
  readonly groups: readonly StreamGroup[];
  /** Lineages that have the model, the first one first. */
  readonly lineages: readonly string[];
  /** `lineage: column`, of those left out since their bins or ticks differ. */
  readonly leftOut: readonly string[];
}

/** Gravest first. */
const GRAVITY: readonly DriftStatus[] = ['drifting', 'unknown', 'steady', 'warming'];

export function mergeSnapshots(snapshots: readonly Snapshot[]): readonly MergedModel[] {
  const latest = new Map<string, Snapshot>();
  for (const snapshot of snapshots) {
    const known = latest.get(snapshot.head.lineage);
    if (known === undefined || isLater(snapshot, known)) latest.set(snapshot.head.lineage, snapshot);
  }
  const ordered = [...latest.values()].sort((one, other) => (one.head.lineage < other.head.lineage ? -1 : 1));
  const names = new Set(ordered.flatMap(({ models }) => models.map(({ name }) => name)));
  return [...names].sort().map((name) =>
    mergeModel(
      name,
      ordered.flatMap(({ head, models }) =>
        models.filter((model) => model.name === name).map((model) => ({ lineage: head.lineage, model })),
      ),
    ),
  );
}

function isLater({ head: one }: Snapshot, { head: other }: Snapshot): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.at > other.at);
}

interface Part {
  readonly lineage: string;
  readonly model: SavedModel;
}

function mergeModel(name: string, parts: readonly Part[]): MergedModel {
  const [first] = parts;
  if (first === undefined) throw new RangeError(`nobody has a model ${name}`);
  const { tickMs, windowTicks } = first.model;
  const references = new Map<string, SavedReference>();
  const groups = new Map<string, StreamGroup>();
  const leftOut: string[] = [];
  const added: Part[] = [];
  for (const part of parts) {
    const { lineage, model } = part;
    if (model.tickMs !== tickMs || model.windowTicks !== windowTicks) {
      leftOut.push(`${lineage}: all columns, counted in other ticks`);
      continue;
    }
    added.push(part);
    const refused = adoptReferences(references, model);
    for (const saved of model.groups) addGroup(groups, saved, { references, refused, tickMs, windowTicks });
    leftOut.push(...[...refused].map((key) => `${lineage}: ${key.slice(key.lastIndexOf('\t') + 1)}`));
  }
  return {
    ...{ name, tickMs, windowTicks, leftOut },
    judgedTick: Math.max(...added.map(({ model }) => model.judgedTick)),
    baselineMade: first.model.baselineMade,
    groups: [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group),
    lineages: added.map(({ lineage }) => lineage),
  };
}

const keyOf = (version: string, side: string, column: string): string => `${version}\t${side}\t${column}`;

/** @returns keys of the columns whose bins are not those known already */
function adoptReferences(references: Map<string, SavedReference>, model: SavedModel): ReadonlySet<string> {
  const refused = new Set<string>();
  for (const [version, side, column, reference] of model.references) {
    const key = keyOf(version, side, column);
    const known = references.get(key);
    if (known === undefined) references.set(key, reference);
    else if (textOf(known.binning) !== textOf(reference.binning)) refused.add(key);
  }
  return refused;
}

interface Adding {
  readonly references: ReadonlyMap<string, SavedReference>;
  readonly refused: ReadonlySet<string>;
  readonly tickMs: number;
  readonly windowTicks: number;
}

function addGroup(groups: Map<string, StreamGroup>, saved: SavedGroup, adding: Adding): void {
  const { version, role, side } = saved;
  const { references, refused, tickMs, windowTicks } = adding;
  const source: Source = (column) => {
    const reference = references.get(keyOf(version, side, column));
    return reference === undefined ? null : { reference: loadReference(reference), provisional: null };
  };
  const key = `${side}\t${version}\t${role}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = createStreamGroup({ version, role, side }, { slots: windowTicks + 1, tickMs }, [], source);
    groups.set(key, group);
  }
  const before = new Map(group.streams.map((stream) => [stream.name, { ...stream }]));
  const taken = saved.streams.filter(({ name, size }) => size > 0 && !refused.has(keyOf(version, side, name)));
  loadGroup(group, { ...saved, streams: taken.toSorted(byName) });
  // Each replica judged what it saw: the gravest of them stands, and of two alike the first lineage's.
  for (const stream of group.streams) {
    const earlier = before.get(stream.name);
    if (earlier !== undefined && gravityOf(earlier) <= gravityOf(stream)) {
      const { verdict, psi, rows, cause } = earlier;
      Object.assign(stream, { verdict, psi, rows, cause });
    }
  }
}

const byName = (one: SavedStream, other: SavedStream): number => (one.name < other.name ? -1 : 1);

const gravityOf = ({ verdict }: { readonly verdict: { readonly status: DriftStatus } }): number =>
  GRAVITY.indexOf(verdict.status);

/** As the admin API of a gate would show it. Causes that need more than counts are not looked for. */
export function mergedView(merged: MergedModel, asked: AskedReport): DriftView {
  const { name, tickMs, windowTicks, judgedTick, groups, baselineMade } = merged;
  return driftView({
    ...{ model: name, seen: true, groups, schema: [], tickMs, baselineMade, resumedFrom: null, asked },
    covered: coveredBy(asked.window ?? null, judgedTick, tickMs, windowTicks),
    locate: (_, { cause }) => ({ cause, where: null }),
    prediction: () => null,
    joint: [],
    threshold: null,
  });
}
