// The demo's live view as a pure function: a Story and a size become lines of spans. Knows nothing of terminals; screen.ts
// paints. Lines never exceed the width; where the height is short, steady features are the first to go.

import type { DriftStatus, TrafficView } from '../../admin/view.ts';
import { type FeatureRow, featureRows, type Story } from './story.ts';

export type Ink = 'plain' | 'dim' | 'bold' | 'good' | 'warn' | 'bad' | 'accent' | 'alarm' | 'brand';

export interface Span {
  readonly text: string;
  readonly ink: Ink;
}

export type Line = readonly Span[];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Population stability index at which a bar is full. */
const PSI_FULL = 1;
const VERSION_WIDTH = 12;
const FEATURE_WIDTH = 21;

const span = (text: string, ink: Ink = 'plain'): Span => ({ text, ink });
const BLANK: Line = [];

export function renderFrame(story: Story, size: Size): Line[] {
  const top = [title(story, size), BLANK, ...traffic(story, size), ...shadows(story, size), BLANK];
  const foot = notice(story, size);
  const room = size.rows - top.length - foot.length - 1;
  const frame = [...top, ...drift(story, size, Math.max(1, room)), ...foot];
  return frame.slice(0, size.rows).map((line) => clip(line, size.columns));
}

function title(story: Story, size: Size): Line {
  const left = [span(' HEADGATE ', 'brand'), span(`  ${story.model?.name ?? 'starting'}`, 'bold')];
  const right = `${story.rate} decisions/s   ${clockText(story.elapsedMs)}   Ctrl-C ends `;
  return [...left, span(' '.repeat(Math.max(2, size.columns - width(left) - right.length))), span(right, 'dim')];
}

function traffic(story: Story, size: Size): Line[] {
  const rows = story.model?.traffic ?? [];
  const barWidth = clamp(size.columns - 70, 6, 30);
  const names = `${pad(' version', VERSION_WIDTH)} ${pad('role', 10)} ${padStart('share', 5)}  `;
  const numbers = ` ${padStart('total', 8)} ${padStart('p50 ms', 7)} ${padStart('p99 ms', 7)} ${padStart('errors', 7)}`;
  const busiest = Math.max(1, ...rows.map((row) => row.perSecond));
  const head: Line = [span(names + padStart('per second', barWidth + 5) + numbers, 'dim')];
  return [head, ...rows.map((row) => trafficRow(row, row.perSecond / busiest, barWidth))];
}

function trafficRow(row: TrafficView, fill: number, barWidth: number): Line {
  return [
    span(pad(` ${row.version}`, VERSION_WIDTH), 'bold'),
    span(` ${pad(row.role, 10)} ${padStart(percent(row.share), 5)}  `),
    span(bar(fill, barWidth), row.role === 'shadow' ? 'dim' : 'accent'),
    span(padStart(row.perSecond.toFixed(row.perSecond < 10 ? 1 : 0), 5)),
    span(
      ` ${padStart(count(row.total), 8)} ${padStart(ms(row.latencyMs.p50), 7)} ${padStart(ms(row.latencyMs.p99), 7)}`,
    ),
    span(` ${padStart(count(row.errors), 7)}`, row.errors > 0 ? 'bad' : 'good'),
  ];
}

function shadows(story: Story, size: Size): Line[] {
  if (story.shadows.length === 0) return [[span(' no shadow compared yet', 'dim')]];
  return story.shadows.map((shadow) => {
    const dropped = Object.values(shadow.dropped).reduce((sum, n) => sum + n, 0);
    const facts = [
      `${count(shadow.compared)} compared`,
      `same status ${percentOf(shadow.statusEqual, shadow.compared)}`,
      `same answer ${percentOf(shadow.predictionsEqual, shadow.compared)}`,
      `${count(dropped)} dropped`,
      `mean difference ${shadow.meanAbsoluteDifference === null ? '-' : shadow.meanAbsoluteDifference.toFixed(4)}`,
    ];
    const head = [span(' shadow ', 'dim'), span(shadow.version, 'bold'), span('  ')];
    return [...head, span(whole(facts, size.columns - width(head)))];
  });
}

/** As many facts as fit without cutting one. */
function whole(facts: readonly string[], columns: number): string {
  return facts.reduce((text, fact) => {
    const longer = text === '' ? fact : `${text} · ${fact}`;
    return longer.length <= columns ? longer : text;
  }, '');
}

const STATUS_INK: Readonly<Record<DriftStatus, Ink>> = {
  unknown: 'dim',
  warming: 'dim',
  steady: 'good',
  drifting: 'alarm',
};

function drift(story: Story, size: Size, room: number): Line[] {
  const rows = featureRows(story.drift);
  const barWidth = clamp(size.columns - 64, 8, 30);
  const head: Line = [span(`${pad(' drift', FEATURE_WIDTH)} ${padStart('psi', barWidth + 7)}  status`, 'dim')];
  if (rows.length === 0) return [head, [span(' waiting for the first rows', 'dim')]];
  const shown = rows.length <= room ? rows : keepWorst(rows, Math.max(1, room - 1));
  const lines = shown.map((row) => driftRow(row, barWidth));
  const hidden = rows.length - shown.length;
  return [head, ...lines, ...(hidden > 0 ? [[span(` and ${hidden} more`, 'dim')]] : [])];
}

function keepWorst(rows: readonly FeatureRow[], room: number): FeatureRow[] {
  const byStatus = [...rows].sort((a, b) => Number(b.status === 'drifting') - Number(a.status === 'drifting'));
  const kept = new Set(byStatus.slice(0, room));
  return rows.filter((row) => kept.has(row));
}

function driftRow(row: FeatureRow, barWidth: number): Line {
  const label = row.side === 'response' ? `→ ${row.feature}` : row.feature;
  const ink = STATUS_INK[row.status];
  const remark = row.status === 'drifting' ? `  ${row.hint ?? `in ${row.driftingIn.join(', ')}`}` : '';
  return [
    span(pad(` ${label}`, FEATURE_WIDTH), row.status === 'drifting' ? 'bold' : 'plain'),
    span(` ${bar((row.psi ?? 0) / PSI_FULL, barWidth)}`, row.status === 'drifting' ? 'bad' : 'accent'),
    span(`${padStart(row.psi === null ? '-' : row.psi.toFixed(3), 7)}  `),
    span(row.status === 'drifting' ? ' drifting ' : row.status, ink),
    span(remark, 'warn'),
  ];
}

/** What happened and where to look: always five lines, so that the view does not jump. */
function notice(story: Story, size: Size): Line[] {
  const [first, second] = news(story);
  const drift = `${story.urls.admin}/api/v1/models/${story.model?.name ?? ''}/drift`;
  return [
    [span('─'.repeat(size.columns), 'dim')],
    first,
    second,
    [span(' look  ', 'dim'), span(`${story.urls.admin}/`, 'accent')],
    [span('       curl -s ', 'dim'), span(drift)],
  ];
}

function news(story: Story): [Line, Line] {
  const { plannedMs, beganMs, noticedMs } = story.incident;
  if (story.trouble !== null) return [[span(` ${story.trouble}`, 'bad')], BLANK];
  if (beganMs === null) {
    const seconds = Math.max(0, Math.ceil((plannedMs - story.elapsedMs) / 1000));
    return [[span(` In ${seconds} s something goes wrong in the callers. No error will say so.`)], BLANK];
  }
  if (noticedMs === null) return [[span(` Something has gone wrong in the callers. ${answers(story)}`)], BLANK];
  const delay = Math.round((noticedMs - beganMs) / 1000);
  const headline: Line = [
    span(' INCIDENT ', 'alarm'),
    span(` amount drifts, noticed ${delay} s after it began.`, 'bold'),
  ];
  const hint = featureRows(story.drift).find((row) => row.feature === 'amount')?.hint;
  const cause =
    hint === undefined || hint === null ? 'Its values have moved away' : `It ${hint}: the callers now send cents`;
  return [headline, [span(` ${cause}. ${answers(story)}`)]];
}

function answers({ callers }: Story): string {
  return callers.failed === 0 ? 'Every answer still succeeds.' : `${count(callers.failed)} calls have failed.`;
}

/** Cut to `columns` characters; every glyph used here is one column wide. */
export function clip(line: Line, columns: number): Line {
  let left = columns;
  const out: Span[] = [];
  for (const { text, ink } of line) {
    const cut = text.slice(0, left);
    left -= cut.length;
    if (cut !== '') out.push(span(cut, ink));
  }
  return out;
}

export function lineText(line: Line): string {
  return line.map(({ text }) => text).join('');
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

export function bar(fraction: number, columns: number): string {
  const eighths = Math.round(clamp(fraction, 0, 1) * columns * 8);
  return pad('█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? ''), columns);
}

const width = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0);
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const pad = (text: string, columns: number): string => text.slice(0, columns).padEnd(columns);
const padStart = (text: string, columns: number): string => text.padStart(columns);
const count = (value: number): string => value.toLocaleString('en-US');
const ms = (value: number | null): string => (value === null ? '-' : value.toFixed(1));
const percent = (fraction: number): string => `${Math.round(fraction * 100)}%`;
const percentOf = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)}%`;

function clockText(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
