import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLine } from '../../src/kernel/line.ts';
import { type Listed, LiveList } from '../../src/kernel/live-list.ts';

// Whatever joins and leaves in whatever order: both say who is there as a plain list would.

const moves = fc.array(fc.tuple(fc.constantFrom('in', 'out', 'next'), fc.nat(500)), { maxLength: 2000 });

test('a line serves in the order of arrival, and whoever leaves is not called', () => {
  fc.assert(
    fc.property(moves, (steps) => {
      const line = createLine<object>();
      const plain: object[] = [];
      const everyone: object[] = [];
      for (const [move, which] of steps) {
        if (move === 'in') {
          const one = {};
          everyone.push(one);
          line.join(one);
          plain.push(one);
        } else if (move === 'out') {
          const one = everyone[which % (everyone.length + 1)] ?? {};
          const at = plain.indexOf(one);
          if (at >= 0) plain.splice(at, 1);
          expect(line.leave(one)).toBe(at >= 0);
        } else expect(line.next()).toBe(plain.shift());
        expect(line.size).toBe(plain.length);
      }
    }),
  );
});

test('a list visits each of those who are there once, and nobody else', () => {
  fc.assert(
    fc.property(moves, (steps) => {
      const list = new LiveList<Listed>();
      const plain = new Set<Listed>();
      const everyone: Listed[] = [];
      for (const [move, which] of steps) {
        if (move === 'in') {
          const one: Listed = { place: -1 };
          everyone.push(one);
          list.add(one);
          plain.add(one);
        } else {
          const one = everyone[which % (everyone.length + 1)] ?? { place: -1 };
          expect(list.remove(one)).toBe(plain.delete(one));
        }
        expect(list.size).toBe(plain.size);
      }
      const seen: Listed[] = [];
      list.each((one) => seen.push(one));
      expect(seen.length).toBe(plain.size);
      expect(new Set(seen)).toEqual(plain);
    }),
  );
});

test('everyone may leave during the visit', () => {
  const list = new LiveList<Listed>();
  for (let i = 0; i < 100; i++) list.add({ place: -1 });
  let visits = 0;
  list.each((one) => {
    visits++;
    list.remove(one);
  });
  expect([visits, list.size]).toEqual([100, 0]);
});
