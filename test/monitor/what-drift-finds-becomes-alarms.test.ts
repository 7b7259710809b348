// From drift to alarms: what each change of status is to the alarms, what a start makes of a drift that was restored and alarms that
// were not (and the reverse), which alarms a Plan still watches, and a cause that becomes clearer after its alarm was raised.

import { describe, expect, test } from 'vitest';
import { createDriftEngine, type DriftEngine } from '../../src/drift/engine.ts';
import type { DriftChange } from '../../src/drift/verdict/drift-change.ts';
import type { DriftStatus } from '../../src/drift/verdict/verdict.ts';
import { createManualClock, type ManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { reconcile, riskSightingsOf, sightingsOf, watchedBy } from '../../src/monitor/sightings.ts';
import { MINUTE, openDesk, startReceiver, webhookPlan } from '../alarms/receiver.ts';
import { modelPlan, tableOf } from '../drift/plans.ts';
import { plan } from './start-monitor.ts';

const CHANGE: DriftChange = {
  model: 'credit',
  version: 'old',
  role: 'champion',
  side: 'request',
  feature: 'amount',
  from: 'steady',
  to: 'drifting',
  unsure: null,
  isAnew: false,
  at: 2000,
  since: 1000,
  evidence: 21,
  psi: 0.3,
  hint: 'looks like x100, only in caller "mobile"',
  cause: { kind: 'unit change', explains: 0.9, lookAt: 'the last release of mobile' },
  where: {
    key: 'caller',
    value: 'mobile',
    how: 'only',
    shareBefore: 0.2,
    shareNow: 0.2,
    text: 'only in caller "mobile"',
  },
};

const moved = (from: DriftStatus, to: DriftStatus, changes: Partial<DriftChange> = {}): string[] =>
  sightingsOf({ ...CHANGE, from, to, ...changes }).map(({ kind, is, feature }) => `${kind} ${is} ${feature}`.trim());

describe('a change of status', () => {
  test('opens, ends, or says that there is no data, which ends no drift', () => {
    expect(moved('steady', 'drifting')).toEqual(['drift on amount']);
    expect(moved('drifting', 'steady')).toEqual(['drift off amount']);
    expect(moved('drifting', 'unknown', { unsure: 'gap' })).toEqual(['gap on']);
    expect(moved('steady', 'unknown', { unsure: 'few rows' })).toEqual([]);
    expect(moved('warming', 'unknown', { unsure: 'small baseline' })).toEqual([]);
    expect(moved('unknown', 'unknown', { unsure: 'few rows' })).toEqual(['gap off']);
    expect(moved('warming', 'steady', { isAnew: true })).toEqual([]);
    expect(moved('unknown', 'drifting')).toEqual(['gap off', 'drift on amount']);
    expect(moved('unknown', 'steady')).toEqual(['gap off', 'drift off amount']);
    expect(moved('unknown', 'warming')).toEqual(['gap off']);
    expect(moved('warming', 'steady')).toEqual(['drift off amount']);
    expect(moved('steady', 'warming')).toEqual([]);
  });

  test('takes its cause along: words, kind, the place where all of it is, and where to look', () => {
    const [found] = sightingsOf(CHANGE);
    expect(found).toMatchObject({ model: 'credit', version: 'old', role: 'champion', at: 2000, since: 1000, psi: 0.3 });
    expect(found?.cause).toEqual({
      text: 'looks like x100, only in caller "mobile"',
      kind: 'unit change',
      where: { key: 'caller', value: 'mobile' },
      lookAt: 'the last release of mobile',
    });
    const mixed = CHANGE.where === null ? null : ({ ...CHANGE.where, how: 'mix' } as const);
    expect(sightingsOf({ ...CHANGE, where: mixed })[0]?.cause?.where).toBeNull();
    expect(sightingsOf({ ...CHANGE, hint: null, cause: null, where: null })[0]?.cause).toBeNull();
  });

  test('of a risk is an alarm of quality, and a risk that cannot be told is nothing', () => {
    const risk = {
      model: 'm',
      version: 'v',
      role: 'champion',
      side: 'response',
      feature: 'risk',
      at: 2,
      since: 1,
    } as const;
    const told = { ...risk, from: 'steady', evidence: 9, psi: null, hint: 'log loss 0.6, was 0.4' } as const;
    const [on] = riskSightingsOf({ ...told, to: 'drifting' });
    expect(on).toMatchObject({ kind: 'quality', is: 'on', cause: { lookAt: 'headgate quality m' } });
    expect(riskSightingsOf({ ...told, to: 'steady' })).toMatchObject([{ kind: 'quality', is: 'off', cause: null }]);
    expect(riskSightingsOf({ ...told, to: 'unknown' })).toEqual([]);
  });
});

interface Watched {
  readonly engine: DriftEngine;
  readonly causes: DriftChange[];
  /** A tick of 400 rows, uniform from 1 to 2 and then changed. */
  tick(change?: (value: number) => number, rows?: number): void;
}

function watched(
  clock: ManualClock,
  onChange?: (change: DriftChange) => void,
  onCause?: (change: DriftChange) => void,
): Watched {
  const random = createSeededRandom(3);
  const causes: DriftChange[] = [];
  const engine = createDriftEngine({
    clock,
    ...(onChange === undefined ? {} : { onChange }),
    onCause(change) {
      causes.push(change);
      onCause?.(change);
    },
  });
  engine.configure(modelPlan(), null);
  const tick: Watched['tick'] = (change = (value) => value, rows = 400) => {
    const amount = Array.from({ length: rows }, () => change(1 + random()));
    const key = { model: 'credit', version: 'old', role: 'champion', at: clock.wall(), caller: '' } as const;
    engine.observe({ ...key, request: tableOf({ amount }), response: null });
    clock.advance(1000);
    engine.tick();
  };
  tick(undefined, 2000);
  for (let i = 0; i < 6; i++) tick();
  return { engine, causes, tick };
}

const times100 = (value: number): number => value * 100;

describe('at a start', () => {
  test('drift that no alarm knows of opens one, with its cause, and once', async () => {
    const desk = await openDesk([], { clock: createManualClock(1_700_000_000_000) });
    const { engine, tick } = watched(desk.clock);
    reconcile(desk.alarms, engine, ['credit', 'nobody'], desk.clock.wall());
    expect(desk.alarms.list()).toEqual([]);
    for (let i = 0; i < 4; i++) tick(times100);
    for (let i = 0; i < 2; i++) reconcile(desk.alarms, engine, ['credit', 'nobody'], desk.clock.wall());
    expect(desk.alarms.list()).toMatchObject([
      {
        kind: 'drift',
        state: 'open',
        episode: 1,
        model: 'credit',
        version: 'old',
        feature: 'amount',
        cause: { kind: 'unit change' },
      },
    ]);
  });

  test('an alarm whose column is steady ends, and one of a column that nothing is known of stays', async () => {
    const desk = await openDesk([], { clock: createManualClock(1_700_000_000_000) });
    const { engine } = watched(desk.clock);
    desk.see('amount', 'on', { version: 'old' });
    desk.see('other', 'on', { version: 'old' });
    reconcile(desk.alarms, engine, ['credit'], desk.clock.wall());
    expect(desk.alarms.open().map(({ feature }) => feature)).toEqual(['other']);
  });
});

test('a Plan watches the versions it names in the roles it gives them, and no others', () => {
  const isWatched = watchedBy(plan([modelPlan()], 'data'));
  const subject = { model: 'credit', version: 'old', role: 'champion', side: 'request', feature: 'amount' } as const;
  expect(isWatched(subject)).toBe(true);
  expect(isWatched({ ...subject, version: 'dark', role: 'shadow' })).toBe(true);
  expect(isWatched({ ...subject, version: 'new' })).toBe(false);
  expect(isWatched({ ...subject, version: 'gone' })).toBe(false);
  expect(isWatched({ ...subject, role: 'nothing' })).toBe(false);
  expect(isWatched({ ...subject, model: 'other' })).toBe(false);
});

describe('a cause that becomes another one while its alarm is open', () => {
  test('is the alarm’s from then on, and nobody is told again', async () => {
    const receiver = await startReceiver();
    const desk = await openDesk([webhookPlan(receiver.url)], { clock: createManualClock(1_700_000_000_000) });
    const { alarms, clock } = desk;
    const { causes, tick } = watched(
      clock,
      (change) => sightingsOf(change).forEach(alarms.see),
      (change) => sightingsOf(change).forEach(alarms.explain),
    );
    const higher = (value: number): number => value + 0.4;
    for (let i = 0; i < 3; i++) tick(higher);
    const [first] = alarms.list();
    expect(first).toMatchObject({ feature: 'amount', state: 'open' });
    expect(first?.cause?.kind).not.toBe('unit change');
    await desk.pass(0);
    expect(receiver.received).toHaveLength(1);

    for (let i = 0; i < 6; i++) tick(times100);
    expect(causes.at(-1)).toMatchObject({ from: 'drifting', to: 'drifting', cause: { kind: 'unit change' } });
    expect(alarms.list()).toMatchObject([
      {
        id: first?.id,
        state: 'open',
        episode: 1,
        since: first?.since,
        openedAt: first?.openedAt,
        cause: { kind: 'unit change' },
      },
    ]);
    expect(alarms.list()[0]?.sentence).toContain('looks like x100');
    await desk.pass(10 * MINUTE);
    expect(receiver.attempts()).toBe(1);
    // The same cause, tick after tick, is told once.
    const told = causes.length;
    for (let i = 0; i < 10; i++) tick(times100);
    expect(causes.length).toBe(told);
  });

  test('opens nothing that was ended by hand', async () => {
    const { alarms, see } = await openDesk([]);
    see('amount', 'on', { version: 'old' });
    alarms.resolve(alarms.list()[0]?.id ?? '', 'ann', null);
    sightingsOf({ ...CHANGE, from: 'drifting' }).forEach(alarms.explain);
    expect(alarms.list()).toMatchObject([{ state: 'resolved', cause: null }]);
  });
});
