// @ts-check
// The console's loop: ask the gate once a second, show what it says, and do what a person asks for. The token, where the
// gate wants one, is kept for this tab alone.

import { h, show } from './dom.js';
import { modelCard } from './model-card.js';
import { headerOf, modelsTable, noticesOf } from './overview.js';

/** @typedef {import('../live.ts').LiveView} LiveView */
/** @typedef {import('../view.ts').DriftView} DriftView */

const EVERY_MS = 1000;
const QUALITY_EVERY_MS = 15_000;
const TOKEN = 'headgate-token';

const state = {
  /** @type {LiveView | null} */
  live: null,
  /** @type {DriftView | null} */
  measured: null,
  /** @type {import('../../quality/quality-view.ts').QualityView | null} */
  quality: null,
  qualityAt: 0,
  fresh: true,
  locked: false,
  /** @type {string | null} */
  message: null,
  /** @type {Set<string>} */
  open: new Set(),
  filter: '',
  /** @type {import('../view.ts').ExplainView | string | null} */
  explained: null,
};

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function ask(path, options = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const answer = await fetch(path, {
    ...options,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10 * EVERY_MS),
  });
  state.locked = answer.status === 401;
  return answer;
}

async function renew() {
  try {
    const answer = await ask(`/api/v1/live?model=${encodeURIComponent(chosen())}`);
    if (answer.ok) state.live = await answer.json();
    state.measured = await measure();
    await renewQuality();
    state.fresh = answer.ok || state.locked;
  } catch {
    state.fresh = false;
  }
  render();
}

/**
 * Distances of the columns whose rows are open: they cost the gate more than all the rest, so that nobody else is asked for.
 * @returns {Promise<DriftView | null>}
 */
async function measure() {
  const model = state.live?.selected?.model.name;
  const names = new Set([...state.open].map((key) => key.slice(key.indexOf(' ') + 1)));
  if (model === undefined || names.size === 0) return null;
  const query = new URLSearchParams([
    ['distances', 'all'],
    ...[...names].slice(0, 100).map((name) => ['feature', name]),
  ]);
  const answer = await ask(`/api/v1/models/${encodeURIComponent(model)}/drift?${query}`);
  return answer.ok ? answer.json() : null;
}

/** It changes every few minutes only. */
async function renewQuality() {
  const model = state.live?.selected?.model.name;
  const now = performance.now();
  if (model === undefined || (state.quality?.model === model && now - state.qualityAt < QUALITY_EVERY_MS)) return;
  const answer = await ask(`/api/v1/models/${encodeURIComponent(model)}/quality`);
  state.quality = answer.ok ? await answer.json() : null;
  state.qualityAt = now;
}

async function loop() {
  if (!document.hidden && !state.locked) await renew();
  setTimeout(loop, EVERY_MS);
}

/** Name of the model in the address. */
function chosen() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

/** @param {string} id */
function place(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element;
}

function render() {
  const { live, locked } = state;
  show(place('notices'), noticesOf(live, state));
  if (locked) {
    show(place('main'), [unlockForm()]);
    return;
  }
  if (live === null) return;
  const { selected } = live;
  document.title = `${live.models.some(({ drift }) => drift === 'drifting') ? '▲ ' : ''}Headgate`;
  show(place('header'), headerOf(live, state.fresh));
  const card =
    selected === null ? h('p', { class: 'quiet' }, 'The configuration has no models.') : modelCard(selected, state);
  show(place('main'), [modelsTable(live, state.filter), card]);
}

function unlockForm() {
  const wrong = sessionStorage.getItem(TOKEN) !== null;
  return h(
    'form',
    { class: 'unlock', 'data-action': 'unlock', 'data-key': 'unlock' },
    h('h2', {}, 'This gate asks for its token'),
    h(
      'p',
      {},
      wrong ? 'That was not the token. ' : null,
      'It is the value of ',
      h('code', {}, 'admin.token'),
      ' in the configuration, and is kept for this tab only.',
    ),
    h('label', { for: 'token' }, 'Token'),
    h('input', { id: 'token', name: 'token', type: 'password', autocomplete: 'off', required: true }),
    h('button', { type: 'submit' }, 'Unlock'),
  );
}

/** @type {Record<string, (value: string, form: HTMLElement) => void | Promise<void>>} */
const actions = {
  toggle(key) {
    if (!state.open.delete(key)) state.open.add(key);
    render();
    if (state.open.has(key)) void renew();
  },
  async reload() {
    const answer = await ask('/api/v1/reload', { method: 'POST' });
    state.message = answer.ok ? 'The configuration was read again.' : null;
    await renew();
    setTimeout(() => {
      state.message = null;
    }, 5000);
  },
  async explain(model, form) {
    const unit = form.querySelector('input')?.value ?? '';
    const answer = await ask(`/api/v1/explain?${new URLSearchParams({ model, unit })}`);
    const body = await answer.json();
    state.explained = answer.ok ? body : String(body.detail);
    render();
  },
  async unlock(_, form) {
    sessionStorage.setItem(TOKEN, form.querySelector('input')?.value ?? '');
    await renew();
  },
};

/** @param {Event} event */
function act(event) {
  const target = event.target instanceof Element ? event.target.closest('[data-action]') : null;
  if (!(target instanceof HTMLElement)) return;
  const isForm = target.tagName === 'FORM';
  if (isForm !== (event.type === 'submit')) return;
  event.preventDefault();
  Promise.resolve(actions[target.dataset.action ?? '']?.(target.dataset.value ?? '', target)).catch(() => {
    state.fresh = false;
    render();
  });
}

document.addEventListener('click', act);
document.addEventListener('submit', act);
document.addEventListener('input', (event) => {
  if (!(event.target instanceof HTMLInputElement) || event.target.id !== 'filter') return;
  state.filter = event.target.value;
  render();
});
addEventListener('hashchange', () => {
  state.explained = null;
  state.open.clear();
  void renew();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void renew();
});
void loop();
