// The table that the run ends with: per lane the rows, shares and times; per model the shadows and how far the forest agrees.

import type { ShadowView } from '../../src/admin/view.ts';
import type { CaptureRow } from '../../src/capture/row.ts';
import { type Lane, MODELS } from './lanes.ts';
import type { Outcome } from './node-lane.ts';
import { quantile } from './statistics.ts';

export interface Run {
  readonly lanes: ReadonlyMap<Lane, readonly Outcome[]>;
  readonly shadows: ReadonlyMap<string, ShadowView>;
  /** Decisions of a model that its mirror should have. */
  readonly expected: (model: string) => number;
  readonly records: readonly CaptureRow[];
}

export function summary({ lanes, shadows, expected, records }: Run): string {
  const laneRows = [...lanes].map(([{ name, client, server }, outcomes]) => {
    const boosted = outcomes.filter(({ version }) => version === 'boosted').length;
    const ms = outcomes.map((outcome) => outcome.ms);
    const direct = outcomes.flatMap(({ directMs }) => (directMs === null ? [] : [directMs]));
    return [
      name,
      client,
      server,
      String(outcomes.length),
      percent(boosted / outcomes.length),
      String(outcomes.filter(({ difference }) => difference === null).length),
      pair(ms),
      pair(direct),
    ];
  });
  const shadowRows = MODELS.map(({ name }) => {
    const view = shadows.get(name);
    const dropped = Object.entries(view?.dropped ?? {}).filter(([, count]) => count > 0);
    return [
      name,
      String(expected(name)),
      String(view?.sent ?? 0),
      String(records.filter(({ model, role }) => model === name && role === 'shadow').length),
      dropped.length === 0 ? '0' : dropped.map(([reason, count]) => `${reason} ${count}`).join(', '),
      ...agreement(records, name),
    ];
  });
  return [
    'Times in ms, p50 / p99, with the waiting in model servers that all lanes keep busy: they compare the two ways, not the gate with nothing.',
    table(['lane', 'client', 'served by', 'rows', 'boosted', 'identical', 'through the gate', 'directly'], laneRows),
    table(['mirror of', 'expected', 'sent', 'recorded', 'dropped', 'same class', 'mean |difference|'], shadowRows),
  ].join('\n\n');
}

/** How often the shadow's class is the primary's, and how far its probability lies from it. */
function agreement(records: readonly CaptureRow[], model: string): [string, string] {
  const own = records.filter((record) => record.model === model);
  const primary = new Map(
    own.filter(({ role }) => role !== 'shadow').map((record) => [record.decision_id, probabilityOf(record)]),
  );
  const pairs = own
    .filter(({ role }) => role === 'shadow')
    .map((record) => [probabilityOf(record), primary.get(record.decision_id) ?? Number.NaN] as const)
    .filter(([a, b]) => !Number.isNaN(a + b));
  const same = pairs.filter(([a, b]) => a > 0.5 === b > 0.5).length;
  const distance = pairs.reduce((sum, [a, b]) => sum + Math.abs(a - b), 0) / pairs.length;
  return [percent(same / pairs.length), distance.toFixed(4)];
}

/** Probability of a default: the last prediction column. */
function probabilityOf({ predictions }: CaptureRow): number {
  const value = Object.values(predictions ?? {}).at(-1)?.[0];
  return typeof value === 'number' ? value : Number.NaN;
}

const percent = (fraction: number) => `${(fraction * 100).toFixed(1)} %`;
const pair = (ms: readonly number[]) => `${quantile(ms, 0.5).toFixed(1)} / ${quantile(ms, 0.99).toFixed(1)}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}
