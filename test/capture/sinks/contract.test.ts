// The contract over the whole list of sinks: against the small servers of this folder here, against the real ones in test/real.

import { expect, test } from 'vitest';
import { SINKS } from '../../../src/capture/sinks/sinks.ts';
import { REAL_SIDES } from '../../real/sink-sides.ts';
import { OTHER_SIDES } from './other-sides.ts';
import { holdsTheContract } from './sink-contract.ts';

test('every sink of the list meets another side: a small server here, or the real one in test/real', () => {
  // A broker is not made in a few lines: Kafka is met by Apache Kafka alone.
  const met = [...Object.values(OTHER_SIDES), ...Object.values(REAL_SIDES)].map(({ type }) => type);
  expect(new Set(met)).toEqual(new Set(Object.keys(SINKS)));
});

test.each(Object.entries(SINKS))('%s is listed under its own name', async (name, load) => {
  expect((await load()).type).toBe(name);
});

for (const [name, kind] of Object.entries(OTHER_SIDES)) holdsTheContract(name, kind);
