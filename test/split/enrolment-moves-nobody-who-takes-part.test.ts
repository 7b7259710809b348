// eligible, holdout, layer: who takes part in a split, who does not, and what a change of them may move.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { assign } from '../../src/split/assign.ts';
import { SEEDS, saltBytes, slotOf } from '../../src/split/slot.ts';
import { given, NOTHING, splitOf, splitsOf } from './split-plans.ts';

const SPLIT = { old: 50, new: 50 };
const percent = fc.integer({ min: 0, max: 10_000 }).map((slots) => slots / 100);
const UNITS = Array.from({ length: 2000 }, (_, i) => `acct-${i}`);

describe('eligible', () => {
  it('lets more units in and nobody out, and no unit in it moves', () => {
    fc.assert(
      fc.property(percent, percent, fc.string({ minLength: 1, maxLength: 8 }), (a, b, salt) => {
        const [less, more] = [a, b]
          .sort((x, y) => x - y)
          .map((share) => {
            // A dollar sign begins a reference to the environment.
            return splitOf({ split: SPLIT, salt: salt.replaceAll('$', '$$$$'), eligible: `${share}%` });
          });
        if (less === undefined || more === undefined) throw new Error('two splits');
        for (const text of UNITS.slice(0, 300)) {
          const [before, after] = [given(less, text), given(more, text)];
          if (before.reason === 'split') expect(after).toEqual(before);
          else expect(before).toMatchObject({ version: 0, reason: 'ineligible', propensity: 1, slot: after.slot });
        }
      }),
      { numRuns: 15 },
    );
  });

  it('takes the share it says, and says nothing about the version', () => {
    const split = splitOf({ split: SPLIT, eligible: '20%' });
    const takingPart = UNITS.map((text) => given(split, text)).filter(({ reason }) => reason === 'split');
    // Four standard errors of 2,000 and of about 400 draws.
    expect(Math.abs(takingPart.length / UNITS.length - 0.2)).toBeLessThan(0.036);
    const challengers = takingPart.filter(({ version }) => version === 1).length;
    expect(Math.abs(challengers / takingPart.length - 0.5)).toBeLessThan(0.1);
    expect(takingPart.every(({ propensity }) => propensity === 0.5)).toBe(true);
  });

  it('of nobody leaves everyone with the champion', () => {
    const split = splitOf({ split: { new: 1 }, eligible: '0%' });
    expect(UNITS.every((text) => given(split, text).version === 0)).toBe(true);
  });
});

describe('holdout', () => {
  it('holds the same units out of every model, more of them as it grows', () => {
    const splits = splitsOf({
      one: { split: { new: 1 }, holdout: '5%' },
      two: { split: SPLIT, holdout: '5%', salt: 'other', eligible: '50%' },
      three: { split: SPLIT, holdout: '20%', layer: 'l', eligible: '40%' },
    });
    const heldBy = (name: string): Set<string> => {
      const split = splits.get(name);
      if (split === undefined) throw new Error(name);
      return new Set(UNITS.filter((text) => given(split, text).reason === 'holdout'));
    };
    const [one, two, three] = [heldBy('one'), heldBy('two'), heldBy('three')];
    expect(one.size).toBeGreaterThan(60);
    expect(one.size).toBeLessThan(140);
    expect(two).toEqual(one);
    expect([...one].every((text) => three.has(text))).toBe(true);
    expect(three.size).toBeGreaterThan(320);
  });
});

describe('layer', () => {
  const models = (shares: Readonly<Record<string, string>>) =>
    splitsOf(
      Object.fromEntries(
        Object.entries(shares).map(([name, eligible]) => [name, { split: { new: 1 }, layer: 'pricing', eligible }]),
      ),
    );
  const takers = (splits: ReturnType<typeof models>, text: string): string[] =>
    [...splits].filter(([, split]) => given(split, text).reason === 'split').map(([name]) => name);

  it('gives each unit to one model at most, and each model its part', () => {
    const splits = models({ a: '30%', b: '50%', c: '0.01%' });
    const seen: Record<string, number> = {};
    for (const text of UNITS) {
      const by = takers(splits, text);
      expect(by.length).toBeLessThan(2);
      for (const name of by) seen[name] = (seen[name] ?? 0) + 1;
    }
    expect(Math.abs((seen.a ?? 0) / UNITS.length - 0.3)).toBeLessThan(0.05);
    expect(Math.abs((seen.b ?? 0) / UNITS.length - 0.5)).toBeLessThan(0.05);
  });

  it('that is full leaves no unit over, and its order in the file means nothing', () => {
    const [one, other] = [models({ a: '30%', b: '70%' }), models({ b: '70%', a: '30%' })];
    for (const text of UNITS.slice(0, 500)) {
      expect(takers(one, text)).toHaveLength(1);
      expect(takers(other, text)).toEqual(takers(one, text));
    }
  });
});

describe('together', () => {
  it('a pin wins over a holdout; a rule that leaves the champion nothing takes every unit it matches', () => {
    const split = splitOf({
      split: SPLIT,
      holdout: '100%',
      overrides: { qa: 'new' },
      rules: [
        { when: { path: '/route' }, split: { new: 1 } },
        { when: { path: '/try' }, split: SPLIT },
      ],
    });
    expect(given(split, 'qa')).toMatchObject({ version: 1, reason: 'override', rule: -1 });
    for (const text of UNITS.slice(0, 50)) {
      expect(given(split, text, { ...NOTHING, target: '/route/x' })).toMatchObject({
        version: 1,
        reason: 'rule',
        rule: 0,
      });
      expect(given(split, text, { ...NOTHING, target: '/try' })).toMatchObject({
        version: 0,
        reason: 'holdout',
        rule: 1,
      });
      expect(given(split, text)).toMatchObject({ version: 0, reason: 'holdout', rule: -1 });
    }
  });

  it('without a unit chance decides on both questions, at the propensity on the record, and nothing is sticky', () => {
    const split = splitOf({ split: { old: 25, new: 75 }, holdout: '10%', eligible: '40%' });
    const random = createSeededRandom(11);
    const draws = Array.from({ length: 20_000 }, () => assign(split, null, NOTHING, random));
    expect(draws.every((draw) => draw?.slot === -1 && draw.reason === 'no_key')).toBe(true);
    const challengers = draws.filter((draw) => draw?.version === 1);
    expect(challengers[0]?.propensity).toBeCloseTo(0.9 * 0.4 * 0.75, 12);
    expect(draws.find((draw) => draw?.version === 0)?.propensity).toBeCloseTo(1 - 0.9 * 0.4 * 0.75, 12);
    expect(Math.abs(challengers.length / draws.length - 0.27)).toBeLessThan(0.013);
  });
});

// By test/golden/assignment/slots.py: murmur3(b"m:acct-7", seed) * 10000 >> 32, and the same for the other salts.
it.each([
  ['m', 'acct-7', SEEDS.split, 2926],
  ['m', 'acct-7', SEEDS.eligible, 7550],
  ['holdout', 'Zoë', SEEDS.holdout, 1184],
  ['pricing', '李小龙', SEEDS.layer, 7934],
])('salt %s, unit %s, seed %i: slot %i in any language', (salt, text, seed, slot) => {
  expect(slotOf(saltBytes(salt), Buffer.from(text, 'utf8'), seed)).toBe(slot);
});
