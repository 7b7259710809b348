// @ts-check
// One model: what it is, its split, its traffic by version, its shadows, where a unit goes, and its drift.

import { shareBar, sparkline, trafficChart } from './charts.js';
import { count, h, isGrave, ms, percent, short } from './dom.js';
import { driftSection, statusChip } from './drift-table.js';
import { qualitySection } from './quality-panel.js';

/** @typedef {import('../view.ts').ModelDetail} ModelDetail */
/** @typedef {import('../view.ts').ShadowView} ShadowView */
/** @typedef {import('../view.ts').ExplainView} ExplainView */

const COLOURS = 8;

/**
 * @param {NonNullable<import('../live.ts').LiveView['selected']>} selected
 * @param {{ open: ReadonlySet<string>, measured: import('../view.ts').DriftView | null, quality: import('../../quality/quality-view.ts').QualityView | null, explained: ExplainView | string | null }} state
 * @returns {Element}
 */
export function modelCard({ model, shadows, drift }, { open, measured, quality, explained }) {
  const colourOf = (/** @type {string} */ version) =>
    `v${
      Math.max(
        0,
        model.versions.findIndex(({ name }) => name === version),
      ) % COLOURS
    }`;
  return h(
    'article',
    { 'data-key': model.name, 'aria-labelledby': 'model-title' },
    heading(model),
    splitSection(model, colourOf),
    versionsSection(model, colourOf),
    shadows.length === 0 ? null : shadowsSection(shadows, colourOf),
    drift === null ? null : driftSection(drift, colourOf, open, measured?.model === drift.model ? measured : null),
    quality?.model === model.name ? qualitySection(quality, colourOf) : null,
    explainSection(model, explained, colourOf),
    captureLine(model),
  );
}

/** @param {ModelDetail} model */
function heading({ name, owner, description, protocol, sticky, drift }) {
  return h(
    'div',
    { class: 'heading' },
    h('h2', { id: 'model-title' }, name, ' ', statusChip(drift.status)),
    description === null ? null : h('p', {}, description),
    h(
      'ul',
      { class: 'facts' },
      h('li', {}, 'protocol ', h('b', {}, protocol)),
      h('li', {}, sticky === null ? 'not sticky' : ['sticky by ', h('b', {}, sticky)]),
      owner === null ? null : h('li', {}, 'owned by ', h('b', {}, owner)),
    ),
  );
}

/**
 * @param {ModelDetail} model
 * @param {(version: string) => string} colourOf
 */
function splitSection({ versions, mirrors }, colourOf) {
  return h(
    'section',
    { 'aria-label': 'Split' },
    shareBar(versions.map(({ name, share }) => ({ name, share, colour: colourOf(name) }))),
    h(
      'ul',
      { class: 'legend' },
      versions.map(({ name, share, champion }) => {
        const mirror = mirrors.find(({ version }) => version === name);
        return h(
          'li',
          {},
          h('i', { class: `dot ${colourOf(name)}` }),
          h('b', {}, name),
          champion ? h('small', { class: 'tag' }, 'champion') : null,
          share > 0 ? ` ${percent(share, 1)}` : null,
          mirror === undefined ? null : h('span', { class: 'quiet' }, ` shadows ${percent(mirror.share)}`),
          share === 0 && mirror === undefined ? h('span', { class: 'quiet' }, ' no traffic') : null,
        );
      }),
    ),
  );
}

/**
 * @param {ModelDetail} model
 * @param {(version: string) => string} colourOf
 */
function versionsSection({ traffic, versions }, colourOf) {
  const series = traffic.map(({ version, role, history }) => ({
    name: version,
    shadow: role === 'shadow',
    colour: colourOf(version),
    history,
  }));
  const heads = ['Version', 'Traffic', 'per second', 'in all', 'errors', 'p50', 'p90', 'p99'];
  return h(
    'section',
    { 'aria-labelledby': 'traffic-title' },
    h('h3', { id: 'traffic-title' }, 'Traffic'),
    trafficChart(series),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h('caption', { class: 'unseen' }, 'Traffic, errors and latency of each version'),
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
          traffic.map((row) => trafficRow(row, versions, colourOf(row.version))),
        ),
      ),
    ),
  );
}

/**
 * @param {import('../view.ts').TrafficView} row
 * @param {ModelDetail['versions']} versions
 * @param {string} colour
 */
function trafficRow(row, versions, colour) {
  const { version, role, history, perSecond, total, errors, errorsPerSecond, latencyMs } = row;
  const facts = versions.find(({ name }) => name === version);
  const lineage = Object.entries(facts?.lineage ?? {}).map(([key, value]) => `${key} ${value}`);
  return h(
    'tr',
    { 'data-key': `${version} ${role}` },
    h(
      'th',
      { scope: 'row', title: [...(facts?.urls ?? []), ...lineage].join('\n') },
      h('i', { class: `dot ${colour}` }),
      version,
      h('small', { class: 'tag' }, role),
    ),
    h('td', {}, sparkline(history, colour)),
    h('td', { class: 'number' }, short(perSecond)),
    h('td', { class: 'number' }, count(total)),
    h(
      'td',
      { class: isGrave(errorsPerSecond, perSecond) ? 'number bad' : 'number' },
      total === 0 || errors === 0 ? count(errors) : `${count(errors)} (${percent(errors / total, 2)})`,
    ),
    [latencyMs.p50, latencyMs.p90, latencyMs.p99].map((value) => h('td', { class: 'number' }, ms(value))),
  );
}

/**
 * @param {readonly ShadowView[]} shadows
 * @param {(version: string) => string} colourOf
 */
function shadowsSection(shadows, colourOf) {
  const heads = [
    'Shadow',
    'of the decisions',
    'sent',
    'compared',
    'same answer',
    'same status',
    'mean difference',
    'slower by',
    'not sent',
  ];
  return h(
    'section',
    { 'aria-labelledby': 'shadows-title' },
    h('h3', { id: 'shadows-title' }, 'Shadows', h('small', {}, 'compared with the version that served')),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h('caption', { class: 'unseen' }, 'Agreement of each shadow with the version that served'),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            heads.map((head, i) => h('th', { scope: 'col', class: i > 0 ? 'number' : null }, head)),
          ),
        ),
        h(
          'tbody',
          {},
          shadows.map((shadow) => shadowRow(shadow, colourOf(shadow.version))),
        ),
      ),
    ),
  );
}

/**
 * @param {ShadowView} shadow
 * @param {string} colour
 */
function shadowRow(shadow, colour) {
  const { version, share, sent, compared, unpaired, statusEqual, predictionsCompared, predictionsEqual, dropped } =
    shadow;
  const part = (/** @type {number} */ equal, /** @type {number} */ of) => (of === 0 ? '–' : percent(equal / of, 1));
  const drops = Object.entries(dropped).filter(([, lost]) => lost > 0);
  const cells = [
    percent(share),
    count(sent),
    unpaired === 0 ? count(compared) : `${count(compared)} (${count(unpaired)} unpaired)`,
    part(predictionsEqual, predictionsCompared),
    part(statusEqual, compared),
    shadow.meanAbsoluteDifference === null ? '–' : shadow.meanAbsoluteDifference.toPrecision(3),
    shadow.latencyDifferenceMs === null
      ? '–'
      : `${shadow.latencyDifferenceMs < 0 ? '−' : ''}${ms(Math.abs(shadow.latencyDifferenceMs))}`,
    drops.length === 0
      ? 'none'
      : drops.map(([reason, lost]) => `${count(lost)} ${reason.replaceAll('_', ' ')}`).join(', '),
  ];
  return h(
    'tr',
    { 'data-key': version },
    h('th', { scope: 'row' }, h('i', { class: `dot ${colour}` }), version),
    cells.map((cell) => h('td', { class: 'number' }, cell)),
  );
}

/**
 * @param {ModelDetail} model
 * @param {ExplainView | string | null} explained
 * @param {(version: string) => string} colourOf
 */
function explainSection(model, explained, colourOf) {
  const answer =
    explained === null
      ? null
      : typeof explained === 'string'
        ? explained
        : [
            h('i', { class: `dot ${colourOf(explained.version)}` }),
            h('b', {}, explained.version),
            ` – ${explained.reason === 'rule' ? `rule ${(explained.rule ?? 0) + 1}` : explained.reason}, slot ${explained.slot}${explained.epoch > 0 ? `, epoch ${explained.epoch}` : ''}, probability ${percent(explained.propensity, 1)}`,
          ];
  return h(
    'section',
    { 'aria-labelledby': 'explain-title' },
    h('h3', { id: 'explain-title' }, 'Where does a unit go?'),
    h(
      'form',
      { class: 'explain', 'data-action': 'explain', 'data-value': model.name },
      h('label', { for: 'unit' }, model.sticky ?? 'unit'),
      h('input', { id: 'unit', name: 'unit', autocomplete: 'off', spellcheck: 'false', required: true }),
      h('button', { type: 'submit' }, 'Explain'),
      h('output', { for: 'unit' }, answer),
    ),
  );
}

/** @param {ModelDetail} model */
function captureLine({ capture }) {
  const { sample, bodies, received, captured, sampledOut, dropped, pending, unreadable } = capture;
  return h(
    'p',
    { class: 'capture quiet' },
    `Capture: ${percent(sample)} of the decisions, bodies ${bodies}. `,
    `${count(received)} exchanges, ${count(captured)} recorded, ${count(sampledOut)} left out by the sample`,
    pending > 0 ? `, ${count(pending)} under way to the disk` : null,
    dropped > 0 ? h('span', { class: 'bad' }, `, ${count(dropped)} lost`) : null,
    unreadable > 0 ? h('span', { class: 'bad' }, `, ${count(unreadable)} bodies without readable rows`) : null,
    '.',
  );
}
