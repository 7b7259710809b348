// The result of a backtest for people: how many alarms a week, and when, a line for each column. A cell of a line is a span of time;
// it is filled where an alarm was open in it.

import { spanOf, timeOf } from '../../../alarms/sentence.ts';
import { printable } from '../table.ts';
import type { BacktestAlarm } from './simulate.ts';

export interface BacktestReport {
  readonly model: string;
  readonly from: string;
  readonly until: string;
  readonly weeks: number;
  readonly settings: {
    readonly tickMs: number;
    readonly tolerance: number;
    readonly baseline: string;
    /** That share the budget of false alarms. */
    readonly columns: number;
  };
  readonly calls: number;
  readonly rows: number;
  readonly columns: number;
  readonly alarms: number;
  readonly alarmsPerWeek: number;
  readonly messages: number;
  readonly messagesPerWeek: number;
  readonly gaps: number;
  /** The first ones, where they are many. */
  readonly raised: readonly (Omit<BacktestAlarm, 'atMs' | 'sinceMs' | 'resolvedMs'> & {
    readonly at: string;
    readonly since: string;
    readonly resolvedAt: string | null;
  })[];
}

const LINES_MAX = 30;
const NAME_LENGTH_MAX = 28;

/** @param width of the terminal */
export function timelineText(report: BacktestReport, width: number): string {
  const { model, from, until, settings, raised } = report;
  const span = Date.parse(until) - Date.parse(from);
  const head = [
    `${model}: ${report.calls.toLocaleString('en-US')} calls, ${report.rows.toLocaleString('en-US')} rows in ${report.columns} columns, ${timeOf(Date.parse(from))} to ${timeOf(Date.parse(until))} (${spanOf(span)})`,
    `tick ${spanOf(settings.tickMs)}, tolerance ${Number((settings.tolerance * 100).toPrecision(3))} %, baseline ${settings.baseline}, threshold for ${settings.columns.toLocaleString('en-US')} columns`,
    '',
    `${report.alarms} ${report.alarms === 1 ? 'alarm' : 'alarms'}, ${perWeek(report.alarmsPerWeek)} a week, in ${report.messages} ${report.messages === 1 ? 'message' : 'messages'}, ${perWeek(report.messagesPerWeek)} a week; data stopped ${report.gaps} ${report.gaps === 1 ? 'time' : 'times'}`,
  ];
  if (raised.length === 0) return `${head.join('\n')}\n`;
  const byColumn = [...Map.groupBy(raised, nameOf)].toSorted(([, one], [, other]) => other.length - one.length);
  const names = byColumn.slice(0, LINES_MAX).map(([name]) => name);
  const nameWidth = Math.max(...names.map((name) => name.length));
  const cells = Math.max(20, Math.min(100, width - nameWidth - 30));
  const lines = byColumn.slice(0, LINES_MAX).map(([name, all]) => {
    const [first] = all;
    const about = `${all.length} × ${first?.at.slice(5, 16).replace('T', ' ') ?? ''}`;
    return `${name.padEnd(nameWidth)}  ${bar(all, Date.parse(from), span, cells)}  ${about}`;
  });
  const axis = `${''.padEnd(nameWidth)}  ${axisOf(from, until, cells)}  count, first`;
  const more = byColumn.length - LINES_MAX;
  const unlisted = report.alarms - raised.length;
  const rest = [
    ...(more > 0 ? [`and ${more} columns more; --json has all`] : []),
    ...(unlisted > 0 ? [`the last ${unlisted.toLocaleString('en-US')} alarms are counted and not listed`] : []),
  ];
  return `${[...head, '', axis, ...lines, ...rest].join('\n')}\n`;
}

const perWeek = (count: number): string => (count === 0 ? '0' : count >= 10 ? count.toFixed(0) : count.toFixed(2));

function nameOf({ feature, side, version, role }: BacktestReport['raised'][number]): string {
  const name = `${printable(feature)}${side === 'response' ? ' (prediction)' : ''}`;
  const shown = name.length > NAME_LENGTH_MAX ? `${name.slice(0, NAME_LENGTH_MAX - 1)}…` : name;
  return `${shown} ${printable(version)}${role === 'champion' ? '' : ` (${role})`}`;
}

function bar(all: BacktestReport['raised'], fromMs: number, spanMs: number, cells: number): string {
  const marks = new Array<string>(cells).fill('·');
  const cellOf = (at: string | null): number =>
    at === null
      ? cells - 1
      : Math.min(cells - 1, Math.max(0, Math.floor(((Date.parse(at) - fromMs) / spanMs) * cells)));
  for (const { at, resolvedAt } of all) {
    marks.fill('█', cellOf(at), cellOf(resolvedAt) + 1);
  }
  return marks.join('');
}

function axisOf(from: string, until: string, cells: number): string {
  const [left, right] = [from.slice(0, 10), until.slice(0, 10)];
  return left.padEnd(cells - right.length) + right;
}
