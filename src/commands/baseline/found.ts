// What a baseline holds, as a table for people: a line a column, and what is odd about it - constant, without a value, restless from
// day to day - since whoever freezes a baseline ought to see that before drift is measured against it.

import { MISSING, NULL, SPECIALS } from '../../drift/baseline/binning.ts';
import type { BaselineColumn } from '../../drift/baseline/write-baseline.ts';
import { printable } from '../drift/table.ts';

const LINES_MAX = 60;
/** Rows with which little can be told, and those with which nothing. */
const ROWS_FEW = 1000;
const ROWS_TOO_FEW = 100;
/** From here on, evidence is divided by so much that small drift stays unseen for long. */
const RESTLESS = 10;

export interface ColumnFacts {
  readonly side: 'feature' | 'prediction';
  readonly name: string;
  readonly version: string | null;
  readonly type: string;
  readonly bins: number;
  /** Share of the rows that are null or lack the column. */
  readonly nulls: number;
  readonly range: readonly [number, number] | null;
  readonly categories: number | null;
  readonly seasons: boolean;
  readonly overdispersion: number;
  readonly remark: string | null;
}

export function factsOf(column: BaselineColumn): ColumnFacts {
  const { side, name, version, schema, binning, counts, strata, overdispersion } = column;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const nulls = ((counts[NULL] as number) + (counts[MISSING] as number)) / Math.max(1, rows);
  return {
    side: side === 'request' ? 'feature' : 'prediction',
    name,
    version,
    type: schema.type,
    bins: binning.size - SPECIALS,
    nulls,
    range: schema.range,
    categories: binning.kind === 'categorical' ? binning.known.size : null,
    seasons: strata !== null,
    overdispersion,
    remark: remarkOf(column),
  };
}

function remarkOf({ schema, binning, overdispersion }: BaselineColumn): string | null {
  if (schema.type === 'empty') return 'never a value: any value will be one never seen';
  if (schema.range !== null && schema.range[0] === schema.range[1])
    return 'constant: any other value will be out of range';
  if (binning.kind === 'categorical' && binning.known.size === 1 && !binning.open)
    return 'constant: any other value will be one never seen';
  if (binning.kind === 'categorical' && binning.open && binning.known.size > 100)
    return 'more categories than are kept: those beyond count as "other"';
  if (overdispersion >= RESTLESS)
    return `differs from day to day ${overdispersion.toFixed(0)} times as much as chance would`;
  return null;
}

export function rowsRemark(rows: number): string | null {
  if (rows < ROWS_TOO_FEW)
    return `WARNING: a baseline of ${rows} rows has no power: drift from it cannot be found, and no status will leave warming. Take ${ROWS_TOO_FEW} rows at the very least, 10,000 to find small drift.`;
  if (rows < ROWS_FEW) return `WARNING: a baseline of ${rows} rows finds large drift only; take 10,000 or more.`;
  return null;
}

export function foundText(columns: readonly ColumnFacts[]): string {
  const head = ['column', 'type', 'bins', 'nulls', 'values', 'seasons', 'overdispersion'];
  const shown = columns.slice(0, LINES_MAX);
  const rows = shown.map((facts) => ({
    remark: facts.remark,
    cells: [
      clipped(
        `${facts.name}${facts.side === 'feature' ? '' : ` (prediction${facts.version === null ? '' : ` of ${facts.version}`})`}`,
      ),
      facts.type,
      String(facts.bins),
      facts.nulls === 0 ? '–' : `${(facts.nulls * 100).toFixed(facts.nulls < 0.1 ? 1 : 0)} %`,
      valuesText(facts),
      facts.seasons ? 'weekly' : '–',
      facts.overdispersion > 1 ? facts.overdispersion.toPrecision(3) : '–',
    ],
  }));
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(({ cells }) => (cells[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  const lines = rows.flatMap(({ cells, remark }) => (remark === null ? [line(cells)] : [line(cells), `    ${remark}`]));
  const more = columns.length - shown.length;
  return `${[line(head), ...lines, ...(more > 0 ? [`... and ${more} more (--json has them all)`] : [])].join('\n')}\n`;
}

function valuesText({ range, categories }: ColumnFacts): string {
  if (range !== null) return `${short(range[0])} to ${short(range[1])}`;
  return categories === null ? '–' : `${categories} ${categories === 1 ? 'category' : 'categories'}`;
}

const short = (value: number): string => String(Number(value.toPrecision(5)));

function clipped(text: string): string {
  const shown = printable(text);
  return shown.length > 40 ? `${shown.slice(0, 39)}…` : shown;
}
