// A call of one row is counted on a path of its own, by the places of its columns: whatever the values, and however callers reorder,
// drop or add columns from call to call, the counts are those of the same rows counted column by column.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { referenceOf } from '../../src/drift/baseline/reference.ts';
import { createStreamGroup, type Source } from '../../src/drift/counts/stream-group.ts';
import type { Value } from '../../src/protocols/protocol.ts';

const random = (i: number): number => Math.sin(i * 12.9898) * 50;
const REFERENCES = {
  wide: referenceOf(Array.from({ length: 2000 }, (_, i) => random(i))),
  atoms: referenceOf(Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? 0 : random(i)))),
  constant: referenceOf(new Array(50).fill(7)),
  huge: referenceOf([-1e300, 1e300, 5e-324, 0, 1]),
  card: referenceOf(Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 'visa' : 'amex'))),
  code: referenceOf(Array.from({ length: 100 }, (_, i) => String(i % 5))),
};
const NAMES = Object.keys(REFERENCES) as (keyof typeof REFERENCES)[];

const source: Source = (name) => {
  const reference = REFERENCES[name as keyof typeof REFERENCES];
  return reference === undefined ? null : { reference, provisional: null };
};

const value: fc.Arbitrary<Value | undefined> = fc.oneof(
  { arbitrary: fc.double({ min: -60, max: 60 }), weight: 5 },
  { arbitrary: fc.double(), weight: 1 },
  { arbitrary: fc.constantFrom<Value | undefined>(0, -0, 7, null, undefined, true, 'visa', '3', 3, 'mir'), weight: 2 },
);
const column = fc.record({ name: fc.constantFrom(...NAMES, 'unknown'), value });
const row = fc.uniqueArray(column, { selector: ({ name }) => name, maxLength: 7 });

test('any rows, in any order of columns', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
      const group = createStreamGroup(
        { version: 'v', role: 'champion', side: 'request' },
        { slots: 6, tickMs: 1000 },
        NAMES,
        source,
      );
      const expected = createStreamGroup(
        { version: 'v', role: 'champion', side: 'request' },
        { slots: 6, tickMs: 1000 },
        NAMES,
        source,
      );
      for (const columns of rows) {
        const table = { rows: 1, columns: columns.map((one) => ({ name: one.name, values: [one.value] })) };
        group.count(table, 1, group.ticks.slotOf(1));
      }
      // The same rows as one batch, absent cells undefined.
      const columns = NAMES.map((name) => ({
        name,
        values: rows.map((one) => one.find((cell) => cell.name === name)?.value),
      }));
      if (rows.length > 0) expected.count({ rows: rows.length, columns }, 1, expected.ticks.slotOf(1));
      for (const [i, stream] of group.streams.entries()) {
        const size = stream.binning?.size ?? 0;
        const sums = [group, expected].map(({ windows, streams }) =>
          windows.sum({ from: null, to: 2000, level: null }, streams[i]?.offset ?? 0, size),
        );
        expect(sums[0], stream.name).toEqual(sums[1]);
        if (stream.ring !== -1) {
          expect(group.recent.valuesOf(stream.ring)).toEqual(expected.recent.valuesOf(expected.streams[i]?.ring ?? 0));
        }
      }
    }),
    { numRuns: 500 },
  );
});
