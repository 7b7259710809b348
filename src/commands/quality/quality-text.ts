// A model's quality as people read it: the verdict of each version, its figures with labels beside those estimated without, and the
// same over time. The last periods alone; --json has all of them.

import type { Figures, QualityView, VersionQuality } from '../../quality/quality-view.ts';
import { printable } from '../drift/table.ts';

const PERIODS_SHOWN = 24;
const MARKS = { drifting: '▲', unknown: '?', warming: '◌', steady: '✓' } as const;

/** Figures shown, with their heads; percentages where they are shares that people say so. */
const HEADS: readonly (readonly [string, string, 'percent' | 'number'])[] = [
  ['accuracy', 'accuracy', 'percent'],
  ['precision', 'precision', 'percent'],
  ['recall', 'recall', 'percent'],
  ['auc', 'AUC', 'number'],
  ['logLoss', 'log loss', 'number'],
  ['brier', 'Brier', 'number'],
  ['ece', 'ECE', 'number'],
  ['macroPrecision', 'precision', 'percent'],
  ['macroRecall', 'recall', 'percent'],
  ['mae', 'MAE', 'number'],
  ['rmse', 'RMSE', 'number'],
  ['bias', 'bias', 'number'],
];

export function qualityText(view: QualityView): string {
  const { model, status, settings, at, problem, counts, versions, period } = view;
  if (settings === null)
    return `${model}: ${problem}. Write quality: { outcome: NAME, score: COLUMN } below the model; docs/quality.md says more.\n`;
  const { outcome, score, kind, threshold } = settings;
  const asked = kind === 'binary' ? `${score} from ${threshold} on` : score;
  const lines = [
    `${model}: ${status}, outcome ${outcome} against ${printable(asked)} (${kind})${at === null ? ', not looked at yet' : `, read ${at.slice(0, 19)}Z`}`,
    `${count(counts.labels)} labels, ${count(counts.joined)} of them of decisions on record, ${count(counts.calls)} calls judged${left(counts)}`,
  ];
  if (problem !== null) lines.push(problem);
  for (const version of versions) lines.push('', ...versionLines(version, period ?? 'day'));
  if (versions.some(({ estimated }) => estimated !== null)) lines.push('', LEGEND);
  return `${lines.join('\n')}\n`;
}

const LEGEND =
  'estimated: by scores alone. It cannot see that what is true for the same inputs has changed; labels can.\ndocs/quality.md defines every figure; --json has all periods, also by the time of the label.';

function left({ batches, unreadable }: QualityView['counts']): string {
  const parts = [
    ...(batches > 0 ? [`${count(batches)} of more than one row`] : []),
    ...(unreadable > 0 ? [`${count(unreadable)} unreadable`] : []),
  ];
  return parts.length === 0 ? '' : `; left out: ${parts.join(', ')}`;
}

function versionLines(version: VersionQuality, period: string): string[] {
  const { version: name, role, status, text, delayMs, calibrated, periods, realised, estimated } = version;
  const all = { from: 'all', decisions: version.decisions, labelled: version.labelled, realised, estimated };
  const shown = [all, ...periods.slice(-PERIODS_SHOWN)];
  const heads = HEADS.filter(([figure]) =>
    shown.some((one) => isThere(one.realised, figure) || isThere(one.estimated, figure)),
  );
  const expected = heads.filter(([figure]) => shown.some((one) => isThere(one.estimated, figure)));
  const table = [
    [period, 'decisions', 'labels', ...heads.map(([, head]) => head), ...expected.map(([, head]) => `est. ${head}`)],
    ...shown.map((one) => [
      one.from === 'all' ? 'all' : one.from.slice(0, period === 'minute' || period === 'hour' ? 16 : 10),
      count(one.decisions),
      count(one.labelled),
      ...heads.map(([figure, , form]) => shownAs(one.realised[figure], form)),
      ...expected.map(([figure, , form]) => shownAs(one.estimated?.[figure], form)),
    ]),
  ];
  const widths = (table[0] ?? []).map((_, i) => Math.max(...table.map((row) => (row[i] ?? '').length)));
  const rows = table.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  const delay =
    delayMs === null ? '' : `; labels came after ${span(delayMs.p50)} (half), ${span(delayMs.p90)} (nine in ten)`;
  const scores =
    estimated === null
      ? ''
      : `; estimates ${calibrated ? 'calibrated by its first labels' : 'take the scores for probabilities'}`;
  const more = periods.length > PERIODS_SHOWN ? [`... and ${periods.length - PERIODS_SHOWN} earlier`] : [];
  return [
    `${MARKS[status]} ${printable(name)} (${role}): ${status}${delay}${scores}`,
    `  ${text}`,
    ...rows.map((row) => `  ${row}`),
    ...more,
  ];
}

function isThere(figures: Figures | null, figure: string): boolean {
  return figures !== null && figures[figure] !== undefined && figures[figure] !== null;
}

function shownAs(value: number | null | undefined, form: 'percent' | 'number'): string {
  if (value === null || value === undefined) return '–';
  return form === 'percent'
    ? `${(value * 100).toFixed(1)} %`
    : Math.abs(value) >= 100
      ? value.toFixed(0)
      : value.toFixed(3);
}

const count = (number: number): string => number.toLocaleString('en-US');

function span(ms: number): string {
  if (ms < 120_000) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}
