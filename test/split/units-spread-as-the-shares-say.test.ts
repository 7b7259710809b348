import fc from 'fast-check';
import { expect, test } from 'vitest';
import { murmur3 } from '../../src/kernel/murmur3.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { SLOTS } from '../../src/model.ts';
import { allocate, quotas } from '../../src/split/allocate.ts';
import type { ModelSplit } from '../../src/split/assign.ts';
import { assign } from '../../src/split/assign.ts';
import { saltBytes, slotOf } from '../../src/split/slot.ts';

// Vectors of murmur3_x86_32 as published with its reference implementation and its ports.
test.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['test', 0, 0xba6bd213],
  ['test', 0x9747b28c, 0x704b81dc],
  ['Hello, world!', 0, 0xc0363e43],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ['aaaa', 0x9747b28c, 0x5a97808a],
  ['aaa', 0x9747b28c, 0x283e0130],
  ['aa', 0x9747b28c, 0x5d211726],
  ['a', 0x9747b28c, 0x7fa09ea6],
  ['abc', 0, 0xb3dd93fa],
  ['ππππππππ', 0x9747b28c, 0xd58063c1],
])('murmur3 of %j with seed %i', (text, seed, hash) => {
  expect(murmur3(Buffer.from(text, 'utf8'), seed)).toBe(hash);
});

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
const split = names
  .chain((list) =>
    fc.record({
      names: fc.constant(list),
      weights: fc.array(fc.nat({ max: 1000 }), { minLength: list.length, maxLength: list.length }),
    }),
  )
  .filter(({ weights }) => weights.some((weight) => weight > 0));

function sharesOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function counts(owners: Uint8Array, length: number): number[] {
  const out = new Array<number>(length).fill(0);
  for (const owner of owners) out[owner] = (out[owner] ?? 0) + 1;
  return out;
}

test('every slot has an owner, and each version as many as its share, within one slot', () => {
  fc.assert(
    fc.property(split, ({ names: list, weights }) => {
      const shares = sharesOf(weights);
      const given = counts(new Uint8Array(allocate(list, shares)), list.length);
      expect(given).toEqual(quotas(list, shares));
      expect(given.reduce((sum, count) => sum + count, 0)).toBe(SLOTS);
      for (const [i, count] of given.entries()) expect(Math.abs(count - (shares[i] ?? 0) * SLOTS)).toBeLessThan(1);
    }),
    { numRuns: 60 },
  );
});

test('the order in the file does not matter', () => {
  fc.assert(
    fc.property(split, fc.integer({ min: 1, max: 5 }), ({ names: list, weights }, turn) => {
      const by = turn % list.length;
      const rotate = <Value>(values: readonly Value[]): Value[] => [...values.slice(by), ...values.slice(0, by)];
      const owner = (order: readonly string[], ws: readonly number[]): string[] =>
        [...new Uint8Array(allocate(order, sharesOf(ws)))].map((at) => order[at] ?? '');
      expect(owner(rotate(list), rotate(weights))).toEqual(owner(list, weights));
    }),
    { numRuns: 30 },
  );
});

test.each([
  [
    [90, 10],
    [80, 20],
  ],
  [
    [90, 10],
    [90, 20],
  ],
  [
    [1, 1],
    [2, 1],
  ],
  [
    [95, 5, 0],
    [95, 5, 5],
  ],
  [
    [34, 33, 33],
    [40, 30, 30],
  ],
  [
    [100, 0],
    [99, 1],
  ],
])('from %j to %j few more units move than must', (before, after) => {
  const list = before.map((_, i) => `v${i}`);
  const [a, b] = [before, after].map((weights) => new Uint8Array(allocate(list, sharesOf(weights)))) as [
    Uint8Array,
    Uint8Array,
  ];
  const moved = a.reduce((sum, owner, slot) => sum + (owner === b[slot] ? 0 : 1), 0);
  const [p, q] = [sharesOf(before), sharesOf(after)];
  const least = (p.reduce((sum, share, i) => sum + Math.abs(share - (q[i] ?? 0)), 0) / 2) * SLOTS;
  expect(moved).toBeGreaterThanOrEqual(Math.floor(least));
  expect(moved).toBeLessThanOrEqual(least * 1.15 + 100);
});

/** Slots that move, and the least that must. */
function movesOf(list: readonly string[], before: readonly number[], after: readonly number[]) {
  const [p, q] = [sharesOf(before), sharesOf(after)];
  const [a, b] = [p, q].map((shares) => new Uint8Array(allocate(list, shares))) as [Uint8Array, Uint8Array];
  const moved = a.reduce((sum, owner, slot) => sum + (owner === b[slot] ? 0 : 1), 0);
  return { moved, least: (p.reduce((sum, share, i) => sum + Math.abs(share - (q[i] ?? 0)), 0) / 2) * SLOTS };
}

const someNames = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 6 });
const weight = fc.integer({ min: 1, max: 99 });

test('one weight that changes, comes or goes moves at most one per cent more than must', () => {
  const edit = fc.record({ list: someNames, weights: fc.array(weight, { minLength: 6, maxLength: 6 }), at: fc.nat() });
  fc.assert(
    fc.property(edit, fc.nat({ max: 99 }), ({ list, weights, at }, to) => {
      const before = list.map((_, i) => weights[i] ?? 1);
      const { moved, least } = movesOf(list, before, before.with(at % list.length, to));
      expect(moved).toBeLessThanOrEqual(least + SLOTS / 100 + 6);
      expect(moved).toBeGreaterThanOrEqual(least - 6);
    }),
    { numRuns: 60 },
  );
});

test('several weights at once move no more than 1.6 times what must, and one per cent', () => {
  const list = fc.array(fc.nat({ max: 99 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(someNames, fc.array(weight, { minLength: 6, maxLength: 6 }), list, (names, before, after) => {
      const [a, b] = [names.map((_, i) => before[i] ?? 1), names.map((_, i) => after[i] ?? 0)];
      fc.pre(b.some((one) => one > 0));
      const { moved, least } = movesOf(names, a, b);
      expect(moved).toBeLessThanOrEqual(1.6 * least + SLOTS / 100);
    }),
    { numRuns: 60 },
  );
});

test('a version that keeps nothing takes nothing, and one alone has all', () => {
  expect(new Set(new Uint8Array(allocate(['a', 'b', 'c'], [0.5, 0, 0.5])))).toEqual(new Set([0, 2]));
  expect(new Set(new Uint8Array(allocate(['a', 'b'], [0, 1])))).toEqual(new Set([1]));
});

function modelSplit(shares: readonly number[], salt = 'm'): ModelSplit {
  const list = shares.map((_, i) => `v${i}`);
  return {
    salt: saltBytes(salt),
    champion: 0,
    allocation: { owners: new Uint8Array(allocate(list, shares)), epoch: 0, propensities: null },
    overrides: new Map(),
    rules: [],
    enrolment: null,
    missing: 'random',
    places: null,
  };
}

const NOBODY = { rawHeaders: [], target: '/', body: [] };

test.each([[[0.9, 0.1]], [[0.5, 0.3, 0.2]], [[0.01, 0.99]]])(
  'units fall into %j by chi-square, sequential ids among them',
  (shares) => {
    const units = 50_000;
    const at = modelSplit(shares);
    for (const id of [
      (i: number) => `acct-${i}`,
      (i: number) => String(i),
      (i: number) => `${(i * 2654435761) >>> 0}@x.test`,
    ]) {
      const seen = shares.map(() => 0);
      for (let i = 0; i < units; i++) {
        const text = id(i);
        const given = assign(at, { bytes: Buffer.from(text), text }, NOBODY, () => 0);
        if (given !== null) seen[given.version] = (seen[given.version] ?? 0) + 1;
      }
      const chi = seen.reduce(
        (sum, count, i) => sum + (count - units * (shares[i] ?? 0)) ** 2 / (units * (shares[i] ?? 1)),
        0,
      );
      // 13.8 is the 0.1 % point of chi-square with two degrees of freedom (10.8 with one). The ids are fixed: no chance is left.
      expect(chi).toBeLessThan(13.8);
    }
  },
);

test('two models split the same units independently', () => {
  const [a, b] = [modelSplit([0.5, 0.5], 'one'), modelSplit([0.5, 0.5], 'two')];
  let same = 0;
  for (let i = 0; i < 20_000; i++) {
    const unit = { bytes: Buffer.from(`u${i}`), text: `u${i}` };
    if (assign(a, unit, NOBODY, () => 0)?.version === assign(b, unit, NOBODY, () => 0)?.version) same++;
  }
  expect(Math.abs(same / 20_000 - 0.5)).toBeLessThan(0.015);
});

test('two models of one salt give a unit one slot: their arms go together', () => {
  const [a, b] = [modelSplit([0.5, 0.5], 'one'), modelSplit([0.5, 0.5], 'one')];
  for (let i = 0; i < 500; i++) {
    const unit = { bytes: Buffer.from(`u${i}`), text: `u${i}` };
    expect(assign(a, unit, NOBODY, () => 0)).toEqual(assign(b, unit, NOBODY, () => 0));
  }
});

test('without a key the shares decide by chance', () => {
  const random = createSeededRandom(3);
  const at = modelSplit([0.7, 0.3]);
  const seen = [0, 0];
  for (let i = 0; i < 20_000; i++) {
    const given = assign(at, null, NOBODY, random);
    if (given !== null) seen[given.version] = (seen[given.version] ?? 0) + 1;
  }
  expect(Math.abs((seen[1] ?? 0) / 20_000 - 0.3)).toBeLessThan(0.015);
});

test('a slot is a number from 0 to 9,999, whatever the unit', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), (unit, salt) => {
      const slot = slotOf(saltBytes(salt), unit);
      expect(Number.isInteger(slot) && slot >= 0 && slot < SLOTS).toBe(true);
    }),
  );
});
