// @ts-check
// Drift of one model: a row per column of the data, a cell per version, the worst on top; each row opens to histograms.

import { histogram, psiBar } from './charts.js';
import { count, h } from './dom.js';

/** @typedef {import('../view.ts').DriftView} DriftView */
/** @typedef {import('../view.ts').FeatureDriftView} FeatureDriftView */
/** @typedef {import('../view.ts').DistanceView} DistanceView */

/** Labels of bins that are beside the line of values, or no values at all. */
const NO_VALUE = new Set(['null', 'missing', 'NaN', 'infinite', 'wrong type', 'other', 'never seen']);
/** Gravest first. */
const GRAVITY = ['drifting', 'unknown', 'warming', 'steady'];
const MARKS = { steady: '✓', drifting: '▲', warming: '◌', unknown: '?' };

/**
 * A status as a mark and a word, so that nobody needs its colour.
 * @param {import('../view.ts').DriftStatus} status
 */
export function statusChip(status) {
  return h(
    'span',
    { class: `chip status-${status}` },
    h('span', { 'aria-hidden': 'true' }, `${MARKS[status]} `),
    status,
  );
}

/**
 * @param {DriftView} drift
 * @param {(version: string) => string} colourOf
 * @param {ReadonlySet<string>} open keys of the rows that are open
 * @param {DriftView | null} measured the open columns once more, with their distances
 * @returns {Element}
 */
export function driftSection(drift, colourOf, open, measured) {
  const columns = [...new Set(drift.features.map(columnOf))];
  const rows = rowsOf(drift.features);
  const worst = rows.filter(({ status }) => status === 'drifting').length;
  return h(
    'section',
    { 'aria-labelledby': 'drift-title' },
    h(
      'h3',
      { id: 'drift-title' },
      'Drift ',
      statusChip(drift.status),
      h(
        'small',
        {},
        rows.length === 0 ? '' : `${worst} of ${rows.length} columns drifting, windows of ${duration(drift.windowMs)}`,
      ),
    ),
    schemaList(drift.schema),
    rows.length === 0
      ? h(
          'p',
          { class: 'quiet' },
          'No column has been read yet. The first rows of each version make a provisional baseline.',
        )
      : h(
          'div',
          { class: 'scroll' },
          h(
            'table',
            { class: 'drift' },
            h(
              'caption',
              { class: 'unseen' },
              'Population stability index per column and version, against the baseline',
            ),
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                h('th', { scope: 'col' }, 'Column'),
                columns.map((column) =>
                  h('th', { scope: 'col' }, h('i', { class: `dot ${colourOf(column.split(' ')[0] ?? '')}` }), column),
                ),
                h('th', { scope: 'col' }, 'Status'),
              ),
            ),
            h(
              'tbody',
              {},
              rows.flatMap((row) => rowElements(row, columns, colourOf, open, measured)),
            ),
          ),
        ),
  );
}

/**
 * @typedef {{ key: string, name: string, side: string, kind: string, status: import('../view.ts').DriftStatus, cells: Map<string, FeatureDriftView> }} Row
 * @param {readonly FeatureDriftView[]} features
 * @returns {Row[]}
 */
function rowsOf(features) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const feature of features) {
    const key = `${feature.side} ${feature.feature}`;
    const row = rows.get(key) ?? {
      key,
      name: feature.feature,
      side: feature.side,
      kind: feature.kind,
      status: feature.status,
      cells: new Map(),
    };
    row.cells.set(columnOf(feature), feature);
    if (GRAVITY.indexOf(feature.status) < GRAVITY.indexOf(row.status)) row.status = feature.status;
    rows.set(key, row);
  }
  const psi = (/** @type {Row} */ row) => Math.max(...[...row.cells.values()].map((cell) => cell.psi ?? -1));
  // Columns that move little keep their place, so that the table does not dance.
  const rank = (/** @type {Row} */ row) => (row.status === 'drifting' ? psi(row) : -1 - GRAVITY.indexOf(row.status));
  return [...rows.values()].sort((a, b) => rank(b) - rank(a));
}

/** @param {FeatureDriftView} feature */
function columnOf({ version, role }) {
  return role === 'shadow' ? `${version} (shadow)` : version;
}

/**
 * @param {Row} row
 * @param {readonly string[]} columns
 * @param {(version: string) => string} colourOf
 * @param {ReadonlySet<string>} open
 * @param {DriftView | null} measured
 * @returns {Element[]}
 */
function rowElements(row, columns, colourOf, open, measured) {
  const isOpen = open.has(row.key);
  const id = `bins-${row.key.replace(/[^\w-]/g, '_')}`;
  const main = h(
    'tr',
    { 'data-key': row.key, class: isOpen ? 'open' : null },
    h(
      'th',
      { scope: 'row' },
      h(
        'button',
        {
          type: 'button',
          class: 'toggle',
          'data-action': 'toggle',
          'data-value': row.key,
          'aria-expanded': isOpen ? 'true' : 'false',
          'aria-controls': isOpen ? id : null,
        },
        row.name,
      ),
      row.side === 'response' ? h('small', { class: 'tag' }, 'prediction') : null,
      row.kind === 'categorical' ? h('small', { class: 'tag' }, 'categorical') : null,
    ),
    columns.map((column) => {
      const cell = row.cells.get(column);
      if (cell === undefined) return h('td', { class: 'quiet' }, '–');
      return h(
        'td',
        {},
        h(
          'span',
          { class: 'psi' },
          psiBar(cell.psi, cell.status),
          h('span', {}, cell.psi === null ? '–' : cell.psi.toFixed(3)),
        ),
      );
    }),
    h('td', {}, statusChip(row.status)),
  );
  const hints = hintsOf(row);
  const hint =
    hints.length === 0
      ? null
      : h(
          'tr',
          { 'data-key': `${row.key} hint`, class: 'hint' },
          h('td', { colspan: columns.length + 2 }, hints.join(' · ')),
        );
  if (!isOpen) return hint === null ? [main] : [main, hint];
  const bins = h(
    'tr',
    { 'data-key': `${row.key} bins`, class: 'bins', id },
    h(
      'td',
      { colspan: columns.length + 2 },
      h(
        'div',
        { class: 'figures' },
        [...row.cells].map(([column, cell]) =>
          figure(column, cell, colourOf(cell.version), distancesOf(cell, measured)),
        ),
      ),
    ),
  );
  return hint === null ? [main, bins] : [main, hint, bins];
}

/**
 * Each hint once, with the versions it is about unless they all agree.
 * @param {Row} row
 * @returns {string[]}
 */
function hintsOf(row) {
  /** @type {Map<string, string[]>} */
  const about = new Map();
  for (const [column, { hint }] of row.cells) if (hint !== null) about.set(hint, [...(about.get(hint) ?? []), column]);
  return [...about].map(([hint, columns]) =>
    columns.length === row.cells.size ? hint : `${columns.join(', ')}: ${hint}`,
  );
}

/**
 * Bins along the line of values: what lies above it comes last, and what is no value at all after that.
 * @param {FeatureDriftView['bins']} bins
 */
function inOrder(bins) {
  const place = (/** @type {string} */ label) =>
    label === 'below min' ? 0 : label === 'above max' ? 2 : NO_VALUE.has(label) ? 3 : 1;
  return [...bins].sort((a, b) => place(a.label) - place(b.label));
}

/**
 * @param {string} column
 * @param {FeatureDriftView} cell
 * @param {string} colour
 * @param {readonly DistanceView[]} distances
 */
function figure(column, cell, colour, distances) {
  const bins = inOrder(cell.bins);
  const baseline = `${cell.provisional ? 'provisional ' : ''}baseline of ${count(cell.baselineRows)} rows`;
  return h(
    'figure',
    {},
    h(
      'figcaption',
      {},
      h('strong', {}, column),
      h('span', { class: 'key' }, h('i', { class: 'swatch then' }), baseline),
      h('span', { class: 'key' }, h('i', { class: `swatch ${colour}` }), `now, ${count(cell.rows)} rows`),
    ),
    bins.length === 0
      ? h('p', { class: 'quiet' }, 'Not enough rows yet.')
      : [
          histogram(bins, colour),
          h('div', { class: 'axis' }, h('span', {}, bins[0]?.label), h('span', {}, bins.at(-1)?.label)),
        ],
    h('p', { class: 'distances' }, verdictText(cell)),
    distances.length === 0 ? null : h('p', { class: 'distances' }, distances.flatMap(distanceText)),
  );
}

/**
 * What the status rests on.
 * @param {FeatureDriftView} cell
 * @returns {Element[]}
 */
function verdictText({ status, evidence, threshold, changedSince, anyChange, detectable, unsure }) {
  const needed = threshold === null ? '' : `, an alarm takes ${strength(threshold)}`;
  const all = [`evidence ${strength(evidence)}${needed}`, `for any change ${strength(anyChange)}`];
  if (changedSince !== null) all.push(`since ${changedSince.slice(0, 16).replace('T', ' ')} UTC`);
  if (detectable !== null) all.push(`would find a shift of ${Number(detectable.toPrecision(2))} sd`);
  if (unsure !== null && status !== 'steady') all.push(`unsure: ${unsure}`);
  return all.map((text) => h('span', {}, text));
}

/**
 * A natural logarithm as what it is the logarithm of; no odds (docs/drift.md).
 * @param {number | null} evidence
 */
function strength(evidence) {
  return evidence === null || evidence <= 0 ? 'none' : `exp(${evidence.toFixed(1)})`;
}

/** Shown of the distances there are: their names as people say them. */
const SHORT_NAMES = /** @type {Record<string, string>} */ ({
  ks: 'KS',
  chiSquare: 'chi²',
  jensenShannon: 'JS',
  wasserstein: 'W1',
  hellinger: 'Hellinger',
});

/**
 * @param {FeatureDriftView} cell
 * @param {DriftView | null} measured
 * @returns {readonly DistanceView[]}
 */
function distancesOf(cell, measured) {
  const found = measured?.features.find(
    ({ version, role, side, feature }) =>
      version === cell.version && role === cell.role && side === cell.side && feature === cell.feature,
  );
  return found?.distances ?? [];
}

/**
 * @param {DistanceView} distance
 * @returns {Element[]}
 */
function distanceText({ name, value, p, bounds, variant }) {
  const shown = SHORT_NAMES[name];
  if (shown === undefined || value === null) return [];
  const least = name === 'wasserstein' && bounds?.high === null ? '≥ ' : '';
  const chance = p === null ? '' : `, p ${p < 0.001 ? p.toExponential(0) : p.toFixed(3)}`;
  return [h('span', { title: variant }, `${shown} ${least}${Number(value.toPrecision(3))}${chance}`)];
}

/** @param {number} windowMs */
function duration(windowMs) {
  if (windowMs < 120_000) return `${Math.round(windowMs / 1000)} s`;
  return windowMs < 7_200_000 ? `${Math.round(windowMs / 60_000)} min` : `${Math.round(windowMs / 3_600_000)} h`;
}

/**
 * Rows that break the schema of the baseline: what a changed definition upstream looks like at once.
 * @param {DriftView['schema']} breaches
 */
function schemaList(breaches) {
  if (breaches.length === 0) return null;
  const line = (/** @type {DriftView['schema'][number]} */ { feature, version, role, text, since }) =>
    h(
      'li',
      {},
      h('strong', {}, feature),
      ` (${version}${role === 'shadow' ? ', shadow' : ''}) ${text}, since ${since.slice(11, 19)} UTC`,
    );
  const more = breaches.length - SCHEMA_SHOWN;
  return h(
    'ul',
    { class: 'schema', 'aria-label': 'Rows that break the schema of the baseline' },
    ...breaches.slice(0, SCHEMA_SHOWN).map(line),
    more > 0 ? h('li', {}, `and ${more} more`) : null,
  );
}

const SCHEMA_SHOWN = 20;
