// The distributions of one column as an SVG: baseline and window over each other, bin by bin. Numbers stand upright in the order of their
// bins; categories lie, the largest on top, so that their names can be read. What is no value - null, missing - stands apart.

import { CATEGORICAL_SPECIALS, NUMERIC_SPECIALS } from '../../../drift/baseline/binning.ts';
import { html, type Markup, type Piece } from './markup.ts';

export interface Bin {
  readonly label: string;
  readonly baseline: number;
  readonly current: number;
}

const WIDTH = 640;
const HEIGHT = 200;
const BASE = 150;
const LEFT = 44;
const ROW = 22;
const NAMES = 190;
const CATEGORIES_MAX = 14;
const BESIDE: ReadonlySet<string> = new Set(
  [...NUMERIC_SPECIALS, ...CATEGORICAL_SPECIALS].filter((name) => name !== 'below min' && name !== 'above max'),
);

/** @param id unique on the page @param title what a reader who does not see it is told */
export function chart(id: string, title: string, kind: 'numeric' | 'categorical', bins: readonly Bin[]): Markup {
  if (bins.length === 0) return html`<p class="quiet">No rows to draw.</p>`;
  return kind === 'numeric' ? upright(id, title, inOrder(bins)) : lying(id, title, bins);
}

/** Below, the values, above; then a gap, and what is no value. */
function inOrder(bins: readonly Bin[]): readonly (Bin | null)[] {
  const beside = bins.filter(({ label }) => BESIDE.has(label));
  const values = [
    ...bins.filter(({ label }) => label === 'below min'),
    ...bins.filter(({ label }) => !BESIDE.has(label) && label !== 'below min' && label !== 'above max'),
    ...bins.filter(({ label }) => label === 'above max'),
  ];
  return beside.length === 0 ? values : [...values, null, ...beside];
}

function upright(id: string, title: string, bins: readonly (Bin | null)[]): Markup {
  const top = niceTop(Math.max(...bins.map((bin) => (bin === null ? 0 : Math.max(bin.baseline, bin.current)))));
  const step = (WIDTH - LEFT) / bins.length;
  const high = (share: number): number => (share / top) * (BASE - 12);
  const bars = bins.map((bin, i) => {
    if (bin === null) return null;
    const x = LEFT + i * step;
    const [was, is] = [high(bin.baseline), high(bin.current)];
    return html`<g><title>${tip(bin)}</title><rect class="hit" x="${round(x)}" y="8" width="${round(step)}" height="${BASE - 8}"/><rect class="was" x="${round(x + step * 0.06)}" y="${round(BASE - was)}" width="${round(step * 0.88)}" height="${round(was)}"/><rect class="is" x="${round(x + step * 0.26)}" y="${round(BASE - is)}" width="${round(step * 0.48)}" height="${round(is)}"/></g>`;
  });
  const grid = [0, 0.5, 1].map((part) => {
    const y = round(BASE - high(top * part));
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}"/><text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${percent(top * part)}</text>`;
  });
  return svg(id, title, HEIGHT, [grid, bars, axis(bins, step)]);
}

/** Names under the bars: as many as there is room for, those of what is no value always. */
function axis(bins: readonly (Bin | null)[], step: number): Piece {
  const every = Math.max(1, Math.ceil(64 / step));
  const gap = bins.indexOf(null);
  return bins.map((bin, i) => {
    if (bin === null) return null;
    const isBeside = gap !== -1 && i > gap;
    const isEnd = bin.label === 'below min' || bin.label === 'above max';
    if (!isBeside && !isEnd && i % every !== 0) return null;
    const x = round(LEFT + (i + 0.5) * step);
    const text = isBeside || isEnd ? bin.label : (bin.label.split(' to ')[0] ?? '');
    if (step >= 48) return html`<text x="${x}" y="${BASE + 16}" text-anchor="middle">${clipped(text, 14)}</text>`;
    return html`<text x="${x}" y="${BASE + 12}" text-anchor="end" transform="rotate(-35 ${x} ${BASE + 12})">${clipped(text, 11)}</text>`;
  });
}

function lying(id: string, title: string, bins: readonly Bin[]): Markup {
  const beside = bins.filter(({ label }) => BESIDE.has(label));
  const named = bins
    .filter(({ label }) => !BESIDE.has(label))
    .toSorted((one, other) => Math.max(other.baseline, other.current) - Math.max(one.baseline, one.current));
  const rest = named.slice(CATEGORIES_MAX);
  const pooled = {
    label: `${rest.length} more`,
    baseline: rest.reduce((sum, { baseline }) => sum + baseline, 0),
    current: rest.reduce((sum, { current }) => sum + current, 0),
  };
  const rows = [...named.slice(0, CATEGORIES_MAX), ...(rest.length === 0 ? [] : [pooled]), ...beside];
  const top = niceTop(Math.max(...rows.map(({ baseline, current }) => Math.max(baseline, current))));
  const wide = (share: number): number => round((share / top) * (WIDTH - NAMES - 60));
  const bars = rows.map((bin, i) => {
    const y = 6 + i * ROW;
    const end = NAMES + Math.max(wide(bin.baseline), wide(bin.current)) + 6;
    return html`<g><title>${tip(bin)}</title><rect class="hit" x="0" y="${y - 2}" width="${WIDTH}" height="${ROW}"/><text x="${NAMES - 8}" y="${y + 13}" text-anchor="end">${clipped(bin.label, 26)}</text><rect class="was" x="${NAMES}" y="${y}" width="${wide(bin.baseline)}" height="18"/><rect class="is" x="${NAMES}" y="${y + 5}" width="${wide(bin.current)}" height="8"/><text x="${end}" y="${y + 13}">${percent(bin.current)}</text></g>`;
  });
  return svg(id, title, rows.length * ROW + 10, bars);
}

function svg(id: string, title: string, height: number, body: Piece): Markup {
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-t"><title id="${id}-t">${title}</title>${body}</svg>`;
}

const tip = ({ label, baseline, current }: Bin): string =>
  `${clipped(label, 60)}: baseline ${percent(baseline)}, now ${percent(current)}`;

/** The next of 1, 2, 5 times a power of ten. */
function niceTop(share: number): number {
  const floor = 10 ** Math.floor(Math.log10(Math.max(share, 0.001)));
  return Math.min(1, ([1, 2, 5, 10].find((factor) => factor * floor >= share * 0.999) ?? 10) * floor);
}

export function percent(share: number): string {
  const text = (share * 100).toFixed(share !== 0 && share < 0.0995 ? 1 : 0);
  return `${text === '0.0' ? '<0.1' : text} %`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const clipped = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
