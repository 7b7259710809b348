// What a plan makes of a lock: who moves, which epoch begins, what is remembered of those before.

import { describe, expect, it } from 'vitest';
import { SLOTS } from '../../src/model.ts';
import { EMPTY_LOCK, type Lock, PAST_MAX } from '../../src/split/lock.ts';
import { firstAllocation } from '../../src/split/next-allocation.ts';
import { planLock } from '../../src/split/plan-lock.ts';
import { readRanges, writeRanges } from '../../src/split/slot-ranges.ts';
import { SPLIT } from '../../src/split/split-keys.ts';
import { subjectsOf } from '../../src/split/splits-of.ts';
import { planOf, versions } from './plans.ts';

const AT = '2026-01-01T00:00:00.000Z';

function planned(lock: Lock, models: readonly string[], renames: Readonly<Record<string, string>> = {}, at = AT) {
  return planLock(lock, subjectsOf(planOf(...models)), new Map(Object.entries(renames)), at);
}

/** Owners by name. */
function owners(lock: Lock, model = 'm', key = SPLIT): readonly string[] {
  const split = lock.models.get(model)?.splits.get(key);
  if (split === undefined) throw new Error(`no ${key} of ${model}`);
  return Array.from(split.owners, (owner) => split.names[owner] ?? '');
}

function movedSlots(before: readonly string[], after: readonly string[]): number {
  return before.filter((owner, slot) => owner !== after[slot]).length;
}

const two = (old: number, next: number, more = ''): string =>
  `m: { ${versions('old', 'next')}, split: { old: ${old}, next: ${next} }${more} }`;

describe('the first plan', () => {
  it('locks what is in force without a lock: nobody moves', () => {
    const { lock, changes } = planned(EMPTY_LOCK, [two(90, 10)]);
    const fresh = firstAllocation(new Map([...Object.entries({ next: 0.1, old: 0.9 })]));
    expect(owners(lock)).toEqual(Array.from(fresh.owners, (owner) => fresh.names[owner]));
    expect(changes).toMatchObject([
      { name: 'm', before: null, after: { epoch: 1 }, splits: [{ kind: 'new', moved: 0 }] },
    ]);
    expect(lock.models.get('m')).toMatchObject({ epoch: 1, at: AT, salt: 'm', past: [] });
  });
});

describe('a plan', () => {
  it('without a change gives the same lock', () => {
    const { lock } = planned(EMPTY_LOCK, [two(90, 10)]);
    expect(planned(lock, [two(9, 1)])).toEqual({ lock, changes: [], upgraded: false });
    const reordered = `m: { ${versions('next', 'old').replace('champion: next', 'champion: old')}, split: { next: 10, old: 90 } }`;
    expect(planned(lock, [reordered]).changes).toEqual([]);
  });

  it('tells who moves, and begins an epoch of the models that change', () => {
    const { lock } = planned(EMPTY_LOCK, [two(90, 10), two(50, 50).replace('m:', 'n:')]);
    const next = planned(lock, [two(80, 20), two(50, 50).replace('m:', 'n:')]);
    expect(next.changes).toMatchObject([
      {
        name: 'm',
        before: { epoch: 1 },
        after: { epoch: 2 },
        splits: [{ moves: [{ from: 'old', to: 'next', slots: 1000 }], moved: 0.1 }],
      },
    ]);
    expect(next.lock.models.get('n')).toBe(lock.models.get('n'));
    expect(movedSlots(owners(lock), owners(next.lock))).toBe(1000);
  });

  it('drops the entry of a model that is gone', () => {
    const { lock } = planned(EMPTY_LOCK, [two(90, 10), two(50, 50).replace('m:', 'n:')]);
    const next = planned(lock, [two(90, 10)]);
    expect(next.changes).toMatchObject([{ name: 'n', after: null }]);
    expect([...next.lock.models.keys()]).toEqual(['m']);
  });

  it('keeps the units of a renamed version, and hands them on where nobody says so', () => {
    const { lock } = planned(EMPTY_LOCK, [two(60, 40)]);
    const renamed = `m: { ${versions('old', 'newer')}, split: { old: 60, newer: 40 } }`;
    const kept = planned(lock, [renamed], { next: 'newer' });
    expect(kept.changes).toMatchObject([{ splits: [], after: { epoch: 2 } }]);
    expect([...(kept.changes[0]?.renamed ?? [])]).toEqual([['next', 'newer']]);
    expect(owners(kept.lock)).toEqual(owners(lock).map((owner) => (owner === 'next' ? 'newer' : owner)));
    expect(planned(lock, [renamed]).changes[0]?.splits[0]?.moves).toEqual([{ from: 'next', to: 'newer', slots: 4000 }]);
  });

  it('keeps the units of a renamed version whose share changes as well', () => {
    const { lock } = planned(EMPTY_LOCK, [two(60, 40)]);
    const next = planned(lock, [`m: { ${versions('old', 'newer')}, split: { old: 50, newer: 50 } }`], {
      next: 'newer',
    });
    expect(next.changes[0]?.splits[0]?.moves).toEqual([{ from: 'old', to: 'newer', slots: 1000 }]);
  });

  it('keeps the units of a renamed model that keeps its salt', () => {
    const { lock } = planned(EMPTY_LOCK, [two(60, 40)]);
    const next = planned(lock, [two(60, 40, ', salt: m').replace('m:', 'n:')], { m: 'n' });
    expect(next.changes).toMatchObject([{ name: 'n', oldName: 'm', splits: [], after: { epoch: 2 } }]);
    expect(owners(next.lock, 'n')).toEqual(owners(lock));
    expect(next.lock.models.has('m')).toBe(false);
  });

  it('that changes the salt says that every unit is drawn anew', () => {
    const { lock } = planned(EMPTY_LOCK, [two(60, 40)]);
    const [change] = planned(lock, [two(60, 40, ', salt: other')]).changes;
    expect(change).toMatchObject({ before: { salt: 'm' }, after: { salt: 'other' } });
    expect(change?.splits[0]?.moved).toBeCloseTo(1 - 0.36 - 0.16, 12);
  });

  it('begins an epoch where more take part: no slot moves, and the units that come in are counted', () => {
    const { lock } = planned(EMPTY_LOCK, [two(60, 40, ', eligible: 20%')]);
    const next = planned(lock, [two(60, 40, ', eligible: 50%')]);
    expect(next.changes).toMatchObject([
      {
        after: { epoch: 2, enrolment: { eligible: 0.5 } },
        takingPart: { before: 0.2, after: 0.5, both: 0.2 },
        splits: [{ kind: 'kept', moves: [], moved: 0, units: { moves: [{ from: 'old', to: 'next' }] } }],
      },
    ]);
    expect(next.changes[0]?.splits[0]?.units.moved).toBeCloseTo(0.3 * 0.4, 12);
    expect(next.lock.models.get('m')?.past[0]).toMatchObject({ epoch: 1, enrolment: { eligible: 0.2 } });
    expect(owners(next.lock)).toEqual(owners(lock));
  });
});

it('epochs follow each other in time, though the clock of the last plan was ahead', () => {
  const layered = (next: number): string => two(100 - next, next, ', layer: l, eligible: 50%');
  const { lock } = planned(EMPTY_LOCK, [layered(10)], {}, '2026-01-01T00:05:00.000Z');
  const next = planned(lock, [layered(20), two(50, 50).replace('m:', 'n:')], {}, AT).lock;
  expect(next.models.get('m')).toMatchObject({
    at: '2026-01-01T00:05:00.001Z',
    past: [{ at: '2026-01-01T00:05:00.000Z' }],
  });
  expect(next.models.get('n')?.at).toBe('2026-01-01T00:05:00.001Z');
  expect(next.layers.get('l')?.at).toBe('2026-01-01T00:05:00.000Z');
});

describe('rules', () => {
  const rule = (region: string, old: number, next: number): string =>
    `{ when: { header: { region: ${region} } }, split: { old: ${old}, next: ${next} } }`;
  const ruled = (...rules: readonly string[]): string => two(90, 10, `, rules: [${rules.join(', ')}]`);
  const KEY = '{"header":{"region":"EU"}}';

  it('that are new start from the split that their units had', () => {
    const { lock } = planned(EMPTY_LOCK, [two(90, 10)]);
    const next = planned(lock, [ruled(rule('EU', 80, 20))]);
    expect(next.changes[0]?.splits).toMatchObject([{ key: KEY, kind: 'added', moved: 0.1 }]);
    expect(movedSlots(owners(lock), owners(next.lock, 'm', KEY))).toBe(1000);
  });

  it('may change places without moving anybody, and may go', () => {
    const { lock } = planned(EMPTY_LOCK, [ruled(rule('EU', 80, 20), rule('US', 50, 50))]);
    expect(planned(lock, [ruled(rule('US', 50, 50), rule('EU', 80, 20))]).changes).toEqual([]);
    const next = planned(lock, [ruled(rule('US', 50, 50))]);
    expect(next.changes[0]?.splits).toMatchObject([{ key: KEY, kind: 'removed' }]);
    expect(next.lock.models.get('m')?.past[0]?.splits[KEY]).toMatchObject({ whole: true });
  });
});

describe('layers', () => {
  const member = (name: string, eligible: string): string =>
    `${name}: { ${versions('a', 'b')}, split: { a: 1, b: 1 }, layer: checkout, eligible: ${eligible} }`;

  it('give a model that joins what nobody had, and take from nobody else', () => {
    const { lock } = planned(EMPTY_LOCK, [member('one', '30%')]);
    const next = planned(lock, [member('one', '30%'), member('two', '50%')]);
    const layer = next.changes.find(({ kind }) => kind === 'layer');
    expect(layer?.splits[0]?.moves).toEqual([{ from: '', to: 'two', slots: 5000 }]);
    expect(next.lock.models.get('one')).toBe(lock.models.get('one'));
  });
});

describe('epochs that are over', () => {
  it('are remembered slot by slot, up to a bound', () => {
    let { lock } = planned(EMPTY_LOCK, [two(99, 1)]);
    const tables = [owners(lock)];
    for (let step = 2; step <= PAST_MAX + 5; step++) {
      lock = planned(lock, [two(100 - step, step)], {}, `2026-01-${String(step).padStart(2, '0')}T00:00:00.000Z`).lock;
      tables.push(owners(lock));
    }
    const entry = lock.models.get('m');
    expect(entry?.epoch).toBe(PAST_MAX + 5);
    expect(entry?.past).toHaveLength(PAST_MAX);
    let here = [...owners(lock)];
    for (const past of entry?.past ?? []) {
      for (const [name, text] of Object.entries(past.splits[SPLIT]?.slots ?? {})) {
        readRanges(text, (from, to) => void here.fill(name, from, to + 1));
      }
      expect(here).toEqual(tables[past.epoch - 1]);
      here = [...here];
    }
    expect(entry?.past.at(-1)?.epoch).toBe(5);
  });
});

describe('ranges', () => {
  it('have one text for one set', () => {
    const slots = new Uint8Array(SLOTS).fill(1);
    for (const slot of [0, 1, 2, 7, 9, 10, SLOTS - 1]) slots[slot] = 0;
    expect(writeRanges(slots, 0)).toBe(`0-2,7,9-10,${SLOTS - 1}`);
    expect(writeRanges(slots, 2)).toBe('');
  });

  it.each([
    '1,',
    ',1',
    '-1',
    '1-',
    '1-1',
    '2-1',
    '01',
    '1,2',
    '3,1',
    '1-2-3',
    '1.0',
    '1e3',
    '+1',
    '٣',
    '10000',
    '99999999999',
  ])('%s is none', (text) => {
    expect(readRanges(text, () => {})).not.toBeNull();
  });
});
