// @ts-check
// The pictures: share bar, sparkline, traffic over time, PSI bar, and the histogram of a column then and now. Plain SVG; colours
// are classes (v0, v1, ... for versions), so that light and dark are the style sheet's.

import { h, percent, short } from './dom.js';

/**
 * @param {readonly { name: string, share: number, colour: string }[]} parts
 * @returns {Element}
 */
export function shareBar(parts) {
  const shown = parts.filter(({ share }) => share > 0);
  let x = 0;
  const rects = shown.map(({ name, share, colour }) => {
    const rect = h(
      'rect',
      { x: `${x * 100}%`, width: `${share * 100}%`, height: '100%', class: `fill ${colour}` },
      h('title', {}, `${name}: ${percent(share, 1)}`),
    );
    x += share;
    return rect;
  });
  const words = shown.map(({ name, share }) => `${name} ${percent(share, 1)}`).join(', ');
  return h('svg', { class: 'share-bar', role: 'img', 'aria-label': `Shares of the split: ${words}` }, rects);
}

/**
 * @param {readonly number[]} values
 * @param {string} colour
 * @returns {Element}
 */
export function sparkline(values, colour) {
  const [width, height] = [120, 26];
  const top = Math.max(...values, 1e-9);
  const step = width / Math.max(1, values.length - 1);
  const points = values.map(
    (value, i) => `${(i * step).toFixed(1)},${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`,
  );
  return h(
    'svg',
    { class: 'sparkline', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true', preserveAspectRatio: 'none' },
    points.length < 2
      ? null
      : [
          h('path', { d: `M0,${height}L${points.join('L')}L${width},${height}Z`, class: `area ${colour}` }),
          h('polyline', { points: points.join(' '), class: `line ${colour}` }),
        ],
  );
}

/**
 * Calls per second of the versions that answer, one on the other; those of shadows as lines, since nobody waits for them.
 * @param {readonly { name: string, shadow: boolean, colour: string, history: readonly number[] }[]} series
 * @returns {Element}
 */
export function trafficChart(series) {
  const [width, height] = [1000, 130];
  const length = Math.max(2, ...series.map(({ history }) => history.length));
  const at = (/** @type {readonly number[]} */ history, /** @type {number} */ i) =>
    history[i - (length - history.length)] ?? 0;
  const total = Array.from({ length }, () => 0);
  const stacked = series
    .filter(({ shadow }) => !shadow)
    .map(({ name, colour, history }) => {
      const low = [...total];
      for (let i = 0; i < length; i++) total[i] = (total[i] ?? 0) + at(history, i);
      return { name, colour, low, high: [...total] };
    });
  const lines = series.filter(({ shadow }) => shadow);
  const top = niceTop(Math.max(...total, ...lines.flatMap(({ history }) => history)));
  const x = (/** @type {number} */ i) => ((i * width) / (length - 1)).toFixed(1);
  const y = (/** @type {number} */ value) => (height - (value / top) * (height - 6)).toFixed(1);
  const forth = (/** @type {readonly number[]} */ values) => values.map((value, i) => `${x(i)},${y(value)}`);
  const areas = stacked.map(({ name, colour, low, high }) => {
    const back = low.map((value, i) => `${x(i)},${y(value)}`).reverse();
    const d = `M${forth(high).join('L')}L${back.join('L')}Z`;
    return h('path', { d, class: `area ${colour}` }, h('title', {}, name));
  });
  const edges = stacked.map(({ colour, high }) =>
    h('polyline', { points: forth(high).join(' '), class: `line ${colour}` }),
  );
  const dashed = lines.map(({ name, colour, history }) => {
    const values = Array.from({ length }, (_, i) => at(history, i));
    return h(
      'polyline',
      { points: forth(values).join(' '), class: `line dashed ${colour}` },
      h('title', {}, `${name} (shadow)`),
    );
  });
  return h(
    'div',
    { class: 'chart' },
    h('span', { class: 'chart-top' }, `${short(top)}/s`),
    h(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': 'Calls per second over the last minutes',
      },
      [0, 0.5, 1].map((part) => h('line', { x1: 0, x2: width, y1: y(top * part), y2: y(top * part), class: 'grid' })),
      areas,
      edges,
      dashed,
    ),
    h('span', { class: 'chart-foot' }, h('span', {}, `${length} s ago`), h('span', {}, 'now')),
  );
}

/** @param {number} value */
function niceTop(value) {
  const size = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * size >= value) ?? 10) * size;
}

/**
 * @param {number | null} psi
 * @param {string} status
 * @returns {Element}
 */
export function psiBar(psi, status) {
  // Square root: 0.02 and 0.2 both deserve to be seen beside 2.
  const part = psi === null ? 0 : Math.min(1, Math.sqrt(Math.max(0, psi)));
  return h(
    'svg',
    { class: 'psi-bar', 'aria-hidden': 'true' },
    h('rect', { width: '100%', height: '100%', class: 'track' }),
    h('rect', { width: `${(part * 100).toFixed(1)}%`, height: '100%', class: `status-${status}` }),
  );
}

/**
 * @param {readonly { label: string, baseline: number, current: number }[]} bins
 * @param {string} colour
 * @returns {Element}
 */
export function histogram(bins, colour) {
  const [width, height] = [320, 96];
  const top = Math.max(...bins.flatMap(({ baseline, current }) => [baseline, current]), 1e-9);
  const step = width / bins.length;
  const tall = (/** @type {number} */ value) => (value / top) * (height - 2);
  const bars = bins.map(({ label, baseline, current }, i) => {
    const x = i * step;
    const rect = (/** @type {number} */ value, /** @type {string} */ of, /** @type {number} */ inset) =>
      h('rect', {
        x: x + inset,
        width: Math.max(1, step - 2 * inset),
        y: height - tall(value),
        height: tall(value),
        class: of,
      });
    return h(
      'g',
      {},
      rect(baseline, 'then', 0.5),
      rect(current, `now ${colour}`, Math.min(step * 0.22, 5)),
      h(
        'rect',
        { x, width: step, height, class: 'hit' },
        h('title', {}, `${label}\nbaseline ${percent(baseline, 1)}, now ${percent(current, 1)}`),
      ),
    );
  });
  const words = bins.map(
    ({ label, baseline, current }) => `${label}: ${percent(baseline, 1)} before, ${percent(current, 1)} now`,
  );
  return h(
    'svg',
    { class: 'histogram', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words.join('; ') },
    bars,
  );
}
