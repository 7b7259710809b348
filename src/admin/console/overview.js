// @ts-check
// What stands above a model: the gate itself, what is wrong with its configuration, and all models where there are several.

import { count, h, isGrave, ms, short } from './dom.js';
import { statusChip } from './drift-table.js';

/** @typedef {import('../live.ts').LiveView} LiveView */

const FILTER_FROM = 8;
const ROWS_MAX = 100;

/**
 * @param {LiveView} live
 * @param {boolean} fresh
 * @returns {Element[]}
 */
export function headerOf({ phase, config, models }, fresh) {
  const sum = (/** @type {'perSecond' | 'errorsPerSecond' | 'total'} */ of) =>
    models.reduce((all, model) => all + model[of], 0);
  const errors = sum('errorsPerSecond');
  return [
    h('img', { src: '/console/icon.svg', alt: '', width: 30, height: 30 }),
    h('h1', {}, 'Headgate'),
    h('span', { class: `chip phase-${fresh ? phase : 'lost'}` }, fresh ? phase : 'no answer'),
    h(
      'dl',
      {},
      figureOf('decisions', `${short(sum('perSecond'))}/s`),
      figureOf('errors', `${short(errors)}/s`, isGrave(errors, sum('perSecond')) ? 'bad' : ''),
      figureOf('in all', count(sum('total'))),
      figureOf('generation', h('code', { title: config.files.join('\n') }, config.generation.slice(0, 8))),
    ),
    h('button', { type: 'button', 'data-action': 'reload' }, 'Reload configuration'),
  ];
}

/**
 * @param {string} name
 * @param {string | Element} value
 */
function figureOf(name, value, kind = '') {
  return h('div', { class: kind }, h('dt', {}, name), h('dd', {}, value));
}

/**
 * @param {LiveView | null} live
 * @param {{ fresh: boolean, message: string | null }} state
 * @returns {Element[]}
 */
export function noticesOf(live, { fresh, message }) {
  /** @type {Element[]} */
  const notices = [];
  if (!fresh)
    notices.push(
      h(
        'p',
        { class: 'notice bad', 'data-key': 'lost' },
        'The gate does not answer. What stands here is the last it said.',
      ),
    );
  if (live?.phase === 'draining')
    notices.push(
      h(
        'p',
        { class: 'notice', 'data-key': 'draining' },
        'The gate is shutting down: answers under way are finished first.',
      ),
    );
  if (live !== null && !live.config.lastReload.ok) {
    const { at, problems } = live.config.lastReload;
    notices.push(
      h(
        'div',
        { class: 'notice bad', 'data-key': 'reload' },
        h(
          'p',
          {},
          h('strong', {}, `The configuration of ${new Date(at).toLocaleTimeString()} was not taken.`),
          ` Generation ${live.config.generation.slice(0, 8)} stays in force.`,
        ),
        h(
          'ol',
          {},
          problems.slice(0, 20).map((problem) => h('li', {}, h('code', {}, problem))),
        ),
        problems.length > 20 ? h('p', {}, `${problems.length - 20} more are at /api/v1/config.`) : null,
      ),
    );
  }
  if (message !== null) notices.push(h('p', { class: 'notice', 'data-key': 'message' }, message));
  return notices;
}

/**
 * @param {LiveView} live
 * @param {string} filter
 * @returns {Element | null} null where there is nothing to choose
 */
export function modelsTable({ models, selected }, filter) {
  if (models.length < 2) return null;
  const found = models.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  const heads = ['Model', 'Champion', 'decisions', 'errors', 'p50', 'p99', 'in all', 'Drift'];
  return h(
    'section',
    { class: 'models', 'aria-labelledby': 'models-title', 'data-key': 'models' },
    h(
      'h2',
      { id: 'models-title' },
      'Models ',
      h('small', {}, found.length > ROWS_MAX ? `first ${ROWS_MAX} of ${count(found.length)}` : count(found.length)),
      models.length < FILTER_FROM
        ? null
        : h('input', {
            type: 'search',
            id: 'filter',
            placeholder: 'Find a model',
            'aria-label': 'Find a model',
            autocomplete: 'off',
          }),
    ),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            heads.map((head, i) => h('th', { scope: 'col', class: i > 1 && i < 7 ? 'number' : null }, head)),
          ),
        ),
        h(
          'tbody',
          {},
          found.slice(0, ROWS_MAX).map((line) => modelRow(line, line.name === selected?.model.name)),
        ),
      ),
    ),
  );
}

/**
 * @param {LiveView['models'][number]} line
 * @param {boolean} chosen
 */
function modelRow(line, chosen) {
  const numbers = [
    `${short(line.perSecond)}/s`,
    `${short(line.errorsPerSecond)}/s`,
    ms(line.p50),
    ms(line.p99),
    count(line.total),
  ];
  return h(
    'tr',
    { 'data-key': line.name, class: chosen ? 'chosen' : null },
    h(
      'th',
      { scope: 'row' },
      h('a', { href: `#${encodeURIComponent(line.name)}`, 'aria-current': chosen ? 'true' : null }, line.name),
    ),
    h('td', {}, line.champion),
    numbers.map((cell, i) =>
      h('td', { class: i === 1 && isGrave(line.errorsPerSecond, line.perSecond) ? 'number bad' : 'number' }, cell),
    ),
    h('td', {}, statusChip(line.drift)),
  );
}
