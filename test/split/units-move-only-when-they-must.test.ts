// Promise 1 over edits and over units. benchmarks/simulations/split.ts is the same at full scale.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateEnrolment } from '../../benchmarks/simulations/enrolment-edits.ts';
import { FAMILIES, simulateSpread, slotsOfFamily } from '../../benchmarks/simulations/slot-spread.ts';
import { simulateEdits } from '../../benchmarks/simulations/split-edits.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { SLOTS } from '../../src/model.ts';
import { type Allocation, firstAllocation, nextAllocation } from '../../src/split/next-allocation.ts';
import { modelOf } from './plans.ts';

const [SEQUENTIAL] = FAMILIES as [(typeof FAMILIES)[number]];

describe('random sequences of edits', () => {
  it('move no unit off a version that did not shrink, and no more slots than must', () => {
    const slots = slotsOfFamily(SEQUENTIAL, 20_000, 'model');
    const random = createSeededRandom(4);
    const found = simulateEdits(modelOf('model: { versions: { v0: { url: "http://127.0.0.1:1" } } }'), slots, {
      sequences: 12,
      edits: 16,
      random,
    });
    expect(found).toMatchObject({
      leftWithoutNeed: 0,
      wentWithoutNeed: 0,
      aboveMinimum: 0,
      ownerless: 0,
      unreadable: 0,
      roundedTooFar: 0,
      movedTooFar: 0,
    });
    expect(found.handedWhole).toBeGreaterThan(5);
    expect(found.moved).toBeGreaterThan(100_000);
    for (const number of Object.values(found.kinds)) expect(number).toBeGreaterThan(5);
    // The bounds are above; in these sequences roundings that pile up never come to two slots.
    expect(found.worstExcess).toBeLessThan(2);
    expect(found.worstRounding).toBeLessThan(2);
  });
});

describe('random edits of models that share a layer', () => {
  it('move no unit of another model, none against the enrolment, none by a name, and as many as the plan tells', () => {
    const found = simulateEnrolment({ units: 4000, edits: 90, random: createSeededRandom(9) });
    expect(found).toMatchObject({ bystanders: 0, againstEnrolment: 0, byName: 0, untold: 0 });
    expect(found.moved).toBeGreaterThan(10_000);
    for (const number of Object.values(found.edits)) expect(number).toBeGreaterThan(5);
    // Of 270 shares that are looked at.
    expect(found.worstTold).toBeLessThan(5);
  });
});

const shares = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.integer({ min: 1, max: 10_000 }), { minKeys: 1 })
  .map(sharesOf);

function sharesOf(weights: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const sum = Object.values(weights).reduce((total, one) => total + one, 0);
  const names = Object.keys(weights).sort();
  return new Map(names.map((name) => [name, (weights[name] ?? 0) / sum]));
}

function countsOf({ names, owners }: Allocation): ReadonlyMap<string, number> {
  return new Map(names.map((name, at) => [name, owners.reduce((sum, owner) => sum + (owner === at ? 1 : 0), 0)]));
}

describe('the next allocation', () => {
  it('takes from those that shrink, gives to those that grow, and moves the distance of the counts', () => {
    fc.assert(
      fc.property(shares, shares, (before, after) => {
        const a = firstAllocation(before);
        const b = nextAllocation(a, after);
        const [had, has] = [countsOf(a), countsOf(b)];
        expect([...has.values()].reduce((sum, count) => sum + count, 0)).toBe(SLOTS);
        expect([...has.keys()]).toEqual([...after.keys()]);
        for (const [name, count] of has) {
          const [then, now] = [before.get(name) ?? 0, after.get(name) ?? 0];
          if (Math.abs(now - then) < 1e-9) expect(count).toBe(had.get(name));
          else expect(Math.sign(count - (had.get(name) ?? 0)) * Math.sign(now - then)).toBeGreaterThanOrEqual(0);
        }
        const off = (name: string): number => (has.get(name) ?? 0) - (after.get(name) ?? 0) * SLOTS;
        const kept = [...has.keys()].filter((name) => has.get(name) === had.get(name));
        const rest = Math.abs(kept.reduce((sum, name) => sum + off(name), 0));
        for (const name of has.keys()) expect(Math.abs(off(name))).toBeLessThan(Math.max(1, rest) + 1e-6);
        const moved = a.owners.filter((owner, slot) => a.names[owner] !== b.names[b.owners[slot] ?? 0]).length;
        const least = [...had].reduce((sum, [name, count]) => sum + Math.max(0, count - (has.get(name) ?? 0)), 0);
        expect(moved).toBe(least);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same for the same shares: nobody moves, and planning twice changes nothing', () => {
    fc.assert(
      fc.property(shares, shares, (before, after) => {
        const once = nextAllocation(firstAllocation(before), after);
        expect(nextAllocation(once, after)).toEqual(once);
      }),
      { numRuns: 30 },
    );
  });

  it('gives a ramp that is rolled back its units back', () => {
    let allocation = firstAllocation(sharesOf({ champion: 99, challenger: 1 }));
    const start = allocation;
    for (const percent of [5, 20, 50, 20, 5, 1]) {
      allocation = nextAllocation(allocation, sharesOf({ champion: 100 - percent, challenger: percent }));
    }
    const strangers = allocation.owners.filter((owner, slot) => owner !== start.owners[slot]).length;
    // Of the first hundred challenger slots, all but those that rounding had picked out of turn.
    expect(strangers).toBeLessThanOrEqual(8);
  });

  it('hands on every slot of a version that goes', () => {
    const next = nextAllocation(firstAllocation(sharesOf({ a: 50, b: 25, c: 25 })), sharesOf({ b: 50, c: 50 }));
    expect([...countsOf(next)]).toEqual([
      ['b', 5000],
      ['c', 5000],
    ]);
  });

  it('keeps roundings of versions that stay, even where they leave the others too little', () => {
    // Twenty versions at 10.5 slots, half of them with 11: the two that change sum to what is left.
    const small = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`s${String(at).padStart(2, '0')}`, 10.5]));
    const before = firstAllocation(sharesOf({ ...small, x: 4895, y: 4895 }));
    const after = nextAllocation(before, sharesOf({ ...small, x: 4000.5, y: 5789.5 }));
    const [had, has] = [countsOf(before), countsOf(after)];
    for (const name of Object.keys(small)) expect(has.get(name)).toBe(had.get(name));
    expect((has.get('x') ?? 0) + (has.get('y') ?? 0)).toBe((had.get('x') ?? 0) + (had.get('y') ?? 0));
  });

  it('carries two hundred versions', () => {
    const many = (from: number) => Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`v${from + at}`, 1]));
    const next = nextAllocation(firstAllocation(sharesOf(many(0))), sharesOf(many(100)));
    expect(new Set(countsOf(next).values())).toEqual(new Set([50]));
  });
});

describe('units of every kind', () => {
  it.each(FAMILIES)('$name spread evenly, and models are independent', (family) => {
    expect(new Set(Array.from({ length: 50_000 }, (_, at) => family.unit(at))).size).toBe(50_000);
    const spread = simulateSpread(family, 50_000, 12);
    for (const { uniform, least } of [spread.buckets, spread.pairs]) {
      expect(uniform).toBeGreaterThan(0.001);
      expect(least).toBeGreaterThan(0.001 / 12);
    }
  });
});

describe('a version that goes keeps no slot', () => {
  /** Shares that round against each other: equal ones, and whole numbers of slots with a half more or less. */
  const roundings = fc.uniqueArray(fc.constantFrom(...'abcdefghijkl'), { minLength: 3, maxLength: 12 }).chain((names) =>
    fc.oneof(
      fc.constant(new Map(names.map((name) => [name, 1]))),
      fc.array(fc.integer({ min: 1, max: 800 }), { minLength: names.length, maxLength: names.length }).map((slots) => {
        const sum = slots.slice(1).reduce((total, one) => total + one + 0.5, 0);
        return new Map(names.map((name, at) => [name, at === 0 ? SLOTS - sum : (slots[at] as number) + 0.5]));
      }),
    ),
  );

  it('whoever takes its whole share; nobody else loses or gains one', () => {
    fc.assert(
      fc.property(roundings, fc.nat(), fc.integer({ min: 1, max: 11 }), (before, at, many) => {
        const names = [...before.keys()];
        const taker = names[at % names.length] as string;
        const gone = names.filter((name) => name !== taker).slice(0, Math.min(many, names.length - 1));
        const after = new Map([...before].filter(([name]) => !gone.includes(name)));
        after.set(
          taker,
          [taker, ...gone].reduce((sum, name) => sum + (before.get(name) ?? 0), 0),
        );
        const start = firstAllocation(sharesOf(Object.fromEntries(before)));
        const next = nextAllocation(start, sharesOf(Object.fromEntries(after)));
        expect([...next.owners].every((owner) => owner < next.names.length)).toBe(true);
        const [had, has] = [countsOf(start), countsOf(next)];
        for (const name of after.keys()) if (name !== taker) expect(has.get(name)).toBe(had.get(name));
      }),
      { numRuns: 200 },
    );
  });
});

it('a version that goes keeps no slot, whoever takes its share: the rest stays', () => {
  const equal = (names: string): Map<string, number> => new Map([...names].map((name) => [name, 1]));
  const cases: [before: Map<string, number>, after: Map<string, number>][] = [
    [
      new Map(Object.entries({ a: 100.75, aa: 100.5, b: 9597.75, c1: 100.5, c2: 100.5 })),
      new Map(Object.entries({ b: 9799, c1: 100.5, c2: 100.5 })),
    ],
  ];
  for (const names of ['ab', 'abc', 'abcdef', 'abcdefg', 'abcdefghijk']) {
    for (let gone = 1; gone < names.length; gone++) {
      for (const taker of names.slice(gone)) {
        const after = equal(names.slice(gone));
        cases.push([equal(names), after.set(taker, 1 + gone)]);
      }
    }
  }
  for (const [before, after] of cases) {
    const next = nextAllocation(
      firstAllocation(sharesOf(Object.fromEntries(before))),
      sharesOf(Object.fromEntries(after)),
    );
    const owned = new Map<string | undefined, number>();
    for (const owner of next.owners) owned.set(next.names[owner], (owned.get(next.names[owner]) ?? 0) + 1);
    const total = [...after.values()].reduce((sum, weight) => sum + weight, 0);
    expect([...owned.keys()].filter((name) => name === undefined || !after.has(name))).toEqual([]);
    for (const [name, weight] of after)
      expect(Math.abs((owned.get(name) ?? 0) - (10_000 * weight) / total)).toBeLessThan(6);
  }
});
