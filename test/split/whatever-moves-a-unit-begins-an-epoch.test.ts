// Under a lock every edit that gives a unit another version is found stale, begins an epoch, and is told with its amount: the
// amount that a plan tells is held against the units themselves, assigned before and after.

import { describe, expect, it } from 'vitest';
import { createAllocator } from '../../src/commands/supervise/allocations.ts';
import { assign } from '../../src/split/assign.ts';
import { EMPTY_LOCK } from '../../src/split/lock.ts';
import { modelSplit } from '../../src/split/model-split.ts';
import { planLock } from '../../src/split/plan-lock.ts';
import { SPLIT } from '../../src/split/split-keys.ts';
import { subjectsOf } from '../../src/split/splits-of.ts';
import { unitOf } from '../../src/split/unit.ts';
import { planOf } from './plans.ts';

const UNITS = 12_000;
const AT = '2026-01-01T00:00:00.000Z';
const VERSIONS = ['a', 'b', 'c'].map((name) => `${name}: { url: "http://127.0.0.1:1" }`).join(', ');
const RULES = [
  '{ when: { header: { region: EU } }, split: { a: 1 } }',
  '{ when: { header: { tier: gold } }, split: { a: 1, b: 1 } }',
];

interface Keys {
  readonly champion?: string;
  readonly sticky?: string;
  readonly split?: string;
  readonly more?: string;
}

function model({ champion = 'a', sticky = 'header: id', split = 'a: 30, b: 70', more = '' }: Keys): string {
  return `m: { versions: { ${VERSIONS} }, champion: ${champion}, sticky: { ${sticky} }, split: { ${split} }${more} }`;
}

const OTHER = `n: { versions: { ${VERSIONS} }, champion: a, sticky: { header: id }, split: { a: 1, b: 1 }, layer: l, eligible: 30% }`;

/** @returns the plan's change of m, and the versions of the units before and after */
function edited(before: Keys, after: Keys, headers: readonly string[] = []) {
  const [then, now] = [before, after].map((keys) => planOf(model(keys), OTHER));
  if (then === undefined || now === undefined) throw new Error('two plans');
  const first = planLock(EMPTY_LOCK, subjectsOf(then), new Map(), AT).lock;
  const second = planLock(first, subjectsOf(now), new Map(), AT);
  const versions = [[then, first] as const, [now, second.lock] as const].map(([plan, lock]) => {
    const [m] = plan.models;
    if (m === undefined || m.sticky === null) throw new Error('a model that sticks');
    const split = modelSplit(m, createAllocator().allocate(plan, lock).allocations[0] ?? []);
    const { source } = m.sticky;
    return Array.from({ length: UNITS }, (_, at) => {
      const attributes = { rawHeaders: ['id', `u-${at}`, 'card', `c-${at * 7}`, ...headers], target: '/', body: [] };
      const given = assign(split, unitOf(source, attributes), attributes, () => 0);
      return m.versions[given?.version ?? 0]?.name ?? '';
    });
  }) as [string[], string[]];
  const changes = second.changes.filter(({ name }) => name === 'm');
  const epochs = [first, second.lock].map(({ models }) => models.get('m')?.epoch);
  return { change: changes[0], epochs, versions, moved: movedOf(...versions) };
}

function movedOf(before: readonly string[], after: readonly string[]): number {
  return before.filter((version, at) => version !== after[at]).length / before.length;
}

/** Five standard errors of a share of these units. */
const NEAR = 5 * Math.sqrt(0.25 / UNITS);

describe('a plan tells how many units of the split get another version', () => {
  it.each<[string, Keys, Keys]>([
    ['a champion under a holdout', { more: ', holdout: 50%' }, { champion: 'b', more: ', holdout: 50%' }],
    ['a champion beside those enrolled', { more: ', eligible: 40%' }, { champion: 'c', more: ', eligible: 40%' }],
    ['the sticky key', {}, { sticky: 'header: card' }],
    ['the sticky key under a holdout', { more: ', holdout: 30%' }, { sticky: 'header: card', more: ', holdout: 30%' }],
    ['the salt', { more: ', eligible: 60%' }, { more: ', eligible: 60%, salt: other' }],
    ['more enrolled', { more: ', eligible: 20%' }, { more: ', eligible: 50%' }],
    ['fewer enrolled', { more: ', eligible: 90%, holdout: 10%' }, { more: ', eligible: 30%, holdout: 20%' }],
    ['a holdout', {}, { more: ', holdout: 15%' }],
    ['into a layer', { more: ', eligible: 60%' }, { more: ', eligible: 50%, layer: l' }],
    ['within a layer', { more: ', eligible: 50%, layer: l' }, { more: ', eligible: 20%, layer: l' }],
    ['out of a layer', { more: ', eligible: 50%, layer: l' }, { more: '' }],
    ['shares and holdout', { more: ', holdout: 5%' }, { split: 'a: 10, b: 50, c: 40', more: ', holdout: 25%' }],
    [
      'everything',
      { more: ', eligible: 50%, layer: l, holdout: 10%' },
      { champion: 'c', split: 'a: 50, b: 50', more: ', eligible: 70%, layer: l, holdout: 20%' },
    ],
  ])('%s', (_, before, after) => {
    const { change, epochs, versions, moved } = edited(before, after);
    expect(epochs).toEqual([1, 2]);
    const told = change?.splits.find(({ key }) => key === SPLIT)?.units;
    expect(moved).toBeGreaterThan(0.05);
    expect(Math.abs((told?.moved ?? 0) - moved)).toBeLessThan(NEAR);
    for (const { from, to, share } of told?.moves ?? []) {
      const seen = versions[0].filter((version, at) => version === from && versions[1][at] === to).length / UNITS;
      expect(Math.abs(seen - share), `${from} to ${to}`).toBeLessThan(NEAR);
    }
  });

  it('by name: pins that come, go or change', () => {
    const { change, epochs, moved } = edited(
      { more: ', overrides: { u-1: b, u-2: c, u-3: c }' },
      { more: ', overrides: { u-2: c, u-3: a, u-4: c }' },
    );
    expect(epochs).toEqual([1, 2]);
    expect(moved).toBeGreaterThan(0);
    expect(change?.splits).toEqual([]);
    expect(change?.pins).toEqual([
      { unit: 'u-1', from: 'b', to: null },
      { unit: 'u-3', from: 'c', to: 'a' },
      { unit: 'u-4', from: null, to: 'c' },
    ]);
  });

  it('of two rules that change places, those that match both', () => {
    const both = ['region', 'EU', 'tier', 'gold'];
    const [one = '', other = ''] = RULES;
    const { change, epochs, moved } = edited(
      { more: `, rules: [${one}, ${other}]` },
      { more: `, rules: [${other}, ${one}]` },
      both,
    );
    expect(epochs).toEqual([1, 2]);
    expect(change?.turns).toMatchObject([
      { from: '{"header":{"region":"EU"}}', to: '{"header":{"tier":"gold"}}', units: { moved: 0.5 } },
    ]);
    expect(Math.abs(moved - 0.5)).toBeLessThan(NEAR);
  });

  it('of a rule that comes or goes before another that may hold as well', () => {
    const [one = '', other = ''] = RULES;
    const both = ['region', 'EU', 'tier', 'gold'];
    const come = edited({ more: `, rules: [${one}]` }, { more: `, rules: [${other}, ${one}]` }, both);
    expect(come.change?.turns).toMatchObject([{ units: { moved: expect.closeTo(come.moved, 1) } }]);
    const gone = edited({ more: `, rules: [${other}, ${one}]` }, { more: `, rules: [${one}]` }, both);
    expect(gone.change?.turns).toMatchObject([{ units: { moved: expect.closeTo(gone.moved, 1) } }]);
    expect(gone.change?.splits).toMatchObject([{ kind: 'removed', units: { moved: 0.2 } }]);
  });
});

describe('nobody moves, and no epoch begins', () => {
  const eu = RULES[0] ?? '';
  const us = '{ when: { header: { region: US } }, split: { b: 1 } }';
  it.each<[string, Keys, Keys]>([
    [
      'rules of which one request matches one',
      { more: `, rules: [${eu}, ${us}]` },
      { more: `, rules: [${us}, ${eu}]` },
    ],
    ['paths apart', { more: `, rules: [${paths('/x/y', '/x/z')}]` }, { more: `, rules: [${paths('/x/z', '/x/y')}]` }],
    ['the order of pins', { more: ', overrides: { x: a, y: b }' }, { more: ', overrides: { y: b, x: a }' }],
    ['a header in other letters', { sticky: 'header: id' }, { sticky: 'header: ID' }],
    ['what a unit that is missing gets', {}, { sticky: 'header: id, missing: reject' }],
  ])('%s', (_, before, after) => {
    const { change, epochs, moved } = edited(before, after);
    expect({ change, epochs, moved }).toEqual({ change: undefined, epochs: [1, 1], moved: 0 });
  });

  it('a champion where everyone takes part begins one: who answers for those that fail has changed', () => {
    const { change, epochs, moved } = edited({}, { champion: 'b' });
    expect({ epochs, moved, splits: change?.splits }).toEqual({ epochs: [1, 2], moved: 0, splits: [] });
  });
});

/** Two rules, for a path each. */
function paths(one: string, other: string): string {
  const split = (path: string): string => (path.endsWith('y') ? '{ a: 1 }' : '{ b: 1 }');
  return [one, other].map((path) => `{ when: { path: ${path} }, split: ${split(path)} }`).join(', ');
}
