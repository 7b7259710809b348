// @ts-check
// How good predictions of one model turned out: a row per version with its verdict, figures with labels beside those estimated
// without, and the first of them over time.

import { sparkline } from './charts.js';
import { count, h, percent } from './dom.js';
import { statusChip } from './drift-table.js';

/** @typedef {import('../../quality/quality-view.ts').QualityView} QualityView */
/** @typedef {import('../../quality/quality-view.ts').VersionQuality} VersionQuality */

/** Figures shown, the first that a version has leading: name, head, whether it is a share. */
const SHOWN = /** @type {const} */ ([
  ['accuracy', 'accuracy', true],
  ['auc', 'AUC', false],
  ['precision', 'precision', true],
  ['recall', 'recall', true],
  ['logLoss', 'log loss', false],
  ['mae', 'MAE', false],
  ['rmse', 'RMSE', false],
]);

/**
 * @param {QualityView} quality
 * @param {(version: string) => string} colourOf
 * @returns {Element | null} null where the model asks for none
 */
export function qualitySection({ settings, status, at, problem, counts, versions, period }, colourOf) {
  if (settings === null) return null;
  const figures = SHOWN.filter(([name]) =>
    versions.some(({ realised, estimated }) => isThere(realised[name], estimated?.[name])),
  );
  const heads = ['Version', `by ${period ?? 'day'}`, 'decisions', 'labels', ...figures.map(([, head]) => head)];
  return h(
    'section',
    { 'aria-labelledby': 'quality-title' },
    h(
      'h3',
      { id: 'quality-title' },
      'Quality ',
      statusChip(status),
      h(
        'small',
        {},
        `${count(counts.joined)} decisions have a label`,
        at === null ? '' : `, read ${at.slice(11, 19)} UTC`,
      ),
    ),
    problem === null ? null : h('p', { class: 'quiet' }, `${problem}.`),
    versions.length === 0
      ? null
      : h(
          'div',
          { class: 'scroll' },
          h(
            'table',
            {},
            h('caption', { class: 'unseen' }, 'Figures of each version with labels, and as estimated by scores alone'),
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                heads.map((head, i) => h('th', { scope: 'col', class: i > 1 ? 'number' : null }, head)),
              ),
            ),
            h(
              'tbody',
              {},
              versions.flatMap((version) => versionRows(version, figures, colourOf(version.version), heads.length)),
            ),
          ),
        ),
    versions.some(({ estimated }) => estimated !== null)
      ? h(
          'p',
          { class: 'quiet' },
          'In brackets: as estimated by scores alone, which cannot see that what is true for the same inputs has changed.',
        )
      : null,
  );
}

/**
 * @param {VersionQuality} version
 * @param {readonly (typeof SHOWN)[number][]} figures
 * @param {string} colour
 * @param {number} width
 */
function versionRows(
  { version, role, status, text, decisions, labelled, realised, estimated, periods },
  figures,
  colour,
  width,
) {
  const [leading] = figures;
  const history = leading === undefined ? [] : periods.map((one) => one.realised[leading[0]] ?? 0);
  const key = `quality ${role} ${version}`;
  return [
    h(
      'tr',
      { 'data-key': key },
      h('th', { scope: 'row' }, h('i', { class: `dot ${colour}` }), version, h('small', { class: 'tag' }, role)),
      h('td', {}, sparkline(history, colour)),
      h('td', { class: 'number' }, count(decisions)),
      h('td', { class: 'number' }, count(labelled)),
      figures.map(([name, , isShare]) =>
        h('td', { class: 'number' }, both(realised[name], estimated?.[name], isShare)),
      ),
    ),
    h('tr', { 'data-key': `${key} text` }, h('td', { colspan: width, class: 'quiet' }, statusChip(status), ` ${text}`)),
  ];
}

/**
 * @param {number | null | undefined} realised
 * @param {number | null | undefined} estimated
 * @param {boolean} isShare
 */
function both(realised, estimated, isShare) {
  const shown = (/** @type {number | null | undefined} */ value) =>
    value === null || value === undefined ? '–' : isShare ? percent(value, 1) : value.toFixed(3);
  return isThere(estimated) ? `${shown(realised)} (${shown(estimated)})` : shown(realised);
}

/** @param {...(number | null | undefined)} values */
function isThere(...values) {
  return values.some((value) => value !== null && value !== undefined);
}
