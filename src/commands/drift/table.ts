// Drift as a table for people: a line per column and version, the worst on top, a column per distance, hints below their line.
// Figures have few digits, since more would be noise; --json has them all.

import type { DistanceView, DriftStatus, FeatureDriftView } from '../../admin/view.ts';
import { strengthOf, timeOf } from '../../alarms/sentence.ts';
import type { ColumnAlarm } from './column-alarms.ts';
import { short, shortP } from './figures.ts';

export interface DriftLine {
  readonly feature: string;
  /** Version, with its role where that is not plain. */
  readonly version: string | null;
  readonly status: DriftStatus;
  readonly rows: number;
  readonly psi: number | null;
  readonly hint: string | null;
  /** The open alarm of the column, where a gate has one. */
  readonly alarm: ColumnAlarm | null;
  /** What the status rests on, of a gate. */
  readonly verdict: VerdictFigures | null;
  readonly distances: readonly DistanceView[];
}

export type VerdictFigures = Pick<FeatureDriftView, 'evidence' | 'changedSince' | 'detectable' | 'unsure'>;

/** Gravest first. */
const GRAVITY: readonly DriftStatus[] = ['drifting', 'unknown', 'warming', 'steady'];
export const MARKS: Readonly<Record<DriftStatus, string>> = { drifting: '▲', unknown: '?', warming: '◌', steady: '✓' };

/** Columns that are shown, by the name of their distance. */
const HEADS: Readonly<Record<string, string>> = {
  psi: 'PSI',
  ks: 'KS (p)',
  chiSquare: 'chi2 (p)',
  jensenShannon: 'JS',
  wasserstein: 'W1',
  hellinger: 'Hellinger',
};
const UNITS: Readonly<Record<string, string>> = {
  nats: 'nats',
  bits: 'bits',
  'sqrt nats': 'base e',
  'sqrt bits': 'base 2',
  share: '0 to 1',
  '0 to 1': '0 to 1',
  column: "column's unit",
  'chi-square': '',
};

export function worstFirst<Line extends Pick<DriftLine, 'status' | 'psi' | 'feature'>>(lines: readonly Line[]): Line[] {
  return lines.toSorted(
    (one, other) =>
      GRAVITY.indexOf(one.status) - GRAVITY.indexOf(other.status) ||
      (other.psi ?? -1) - (one.psi ?? -1) ||
      (one.feature < other.feature ? -1 : 1),
  );
}

export function driftTable(lines: readonly DriftLine[]): string {
  const shown = shownDistances(lines);
  const hasVersions = lines.some(({ version }) => version !== null);
  const hasVerdicts = lines.some(({ verdict }) => verdict !== null);
  const hasBegun = lines.some((line) => beganAt(line) !== null);
  const before = [...(hasVersions ? ['version'] : []), 'status'];
  const judged = [...(hasBegun ? ['since'] : []), ...(hasVerdicts ? ['evidence', 'finds'] : [])];
  const head = ['column', ...before, ...judged, 'rows', ...shown.map(headOf)];
  const unnamed = head.slice(0, head.length - shown.length).map(() => '');
  const units = [...unnamed, ...shown.map((name) => unitOf(lines, name))];
  const body = worstFirst(lines).map((line) => ({
    hint: line.hint === null ? null : printable(line.hint),
    cells: [
      clipped(line.feature),
      ...(hasVersions ? [printable(line.version ?? '')] : []),
      `${MARKS[line.status]} ${line.status}${whyUnknown(line)}`,
      ...(hasBegun ? [beganAt(line) ?? '–'] : []),
      ...(hasVerdicts ? [line.alarm?.strength ?? evidenceOf(line.verdict?.evidence), findsOf(line)] : []),
      line.rows.toLocaleString('en-US'),
      ...shown.map((name) => cell(line.distances.find((distance) => distance.name === name))),
    ],
  }));
  const widths = head.map((_, i) =>
    Math.max(...[head, units, ...body.map(({ cells }) => cells)].map((cells) => (cells[i] ?? '').length)),
  );
  const left = hasVersions ? 3 : 2;
  const row = (cells: readonly string[]): string =>
    `${cells.map((text, i) => (i < left ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join('  ')}`.trimEnd();
  const rows = body.flatMap(({ cells, hint }) => (hint === null ? [row(cells)] : [row(cells), `    ${hint}`]));
  return `${[row(head), row(units), ...rows].join('\n')}\n`;
}

function beganAt({ alarm, verdict }: DriftLine): string | null {
  const ms = alarm?.sinceMs ?? (verdict?.changedSince == null ? null : Date.parse(verdict.changedSince));
  return ms === null ? null : timeOf(ms);
}

function whyUnknown({ status, verdict }: DriftLine): string {
  return status === 'unknown' && verdict?.unsure != null ? ` (${verdict.unsure})` : '';
}

function evidenceOf(evidence: number | null | undefined): string {
  return strengthOf(evidence ?? 0) || '–';
}

function findsOf({ verdict }: DriftLine): string {
  return verdict?.detectable == null ? '–' : `${short(verdict.detectable)} sd`;
}

/** The known ones, then what other tools' conventions added, in the order of the answer. */
function shownDistances(lines: readonly DriftLine[]): readonly string[] {
  const names = new Set(lines.flatMap(({ distances }) => distances.map(({ name }) => name)));
  return [...Object.keys(HEADS).filter((name) => names.has(name)), ...[...names].filter((name) => name.includes('.'))];
}

const headOf = (name: string): string => HEADS[name] ?? name;

function unitOf(lines: readonly DriftLine[], name: string): string {
  const unit = lines.flatMap(({ distances }) => distances).find((distance) => distance.name === name)?.unit;
  return UNITS[unit ?? ''] ?? '';
}

function cell(distance: DistanceView | undefined): string {
  if (distance === undefined || distance.value === null) return '–';
  const value = short(distance.value);
  // Rows beyond the baseline's range lie who knows how far out.
  if (distance.name === 'wasserstein') return distance.bounds?.high === null ? `≥ ${value}` : value;
  return distance.p === null || distance.name === 'psi' ? value : `${value} (${shortP(distance.p)})`;
}

function clipped(text: string): string {
  const shown = printable(text);
  return shown.length > 32 ? `${shown.slice(0, 31)}…` : shown;
}

/** Names of columns and categories are the callers': none may move the cursor or colour the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}
