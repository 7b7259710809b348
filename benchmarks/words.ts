// Figures as text: spreads, units, and tables in markdown.

import type { Spread, Table } from './section.ts';

export function spreadText(spread: Spread | null | undefined, digits: number): string {
  if (spread === null || spread === undefined) return '-';
  const [median, low, high] = [spread.median, spread.low, spread.high].map((value) => value.toFixed(digits));
  return low === high ? `${median}` : `${median} (${low}..${high})`;
}

export function medianText(spread: Spread | null | undefined, digits: number): string {
  return spread === null || spread === undefined ? '-' : spread.median.toFixed(digits);
}

export function scaled({ median, low, high }: Spread, factor: number): Spread {
  return { median: median * factor, low: low * factor, high: high * factor };
}

/** Microseconds in milliseconds. */
export function inMs(spread: Spread | null): Spread | null {
  return spread === null ? null : scaled(spread, 1e-3);
}

export function markdownTable({ head, rows }: Pick<Table, 'head' | 'rows'>): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
