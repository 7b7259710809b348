// The outcomes of a decision are found by an index of bounded size that follows the log: what it has let go is said, too many
// questions are refused, and of two outcomes with one key it tells the same as the view of the query command.

import { rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Busy } from '../../src/kernel/busy.ts';
import { createOutcomeFinder } from '../../src/outcomes/find-outcomes.ts';
import type { Outcome } from '../../src/outcomes/outcome.ts';
import { createOutcomeLog, outcomeFiles } from '../../src/outcomes/outcome-log.ts';
import { createPlaces } from '../../src/outcomes/places.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { headgate } from '../cli/headgate.ts';

function outcome(changes: Partial<Outcome> = {}): Outcome {
  const plain = { decision_id: 'd-1', model: null, unit: null, name: 'default', value: true, at: 0 };
  return { key: `${changes.decision_id ?? 'd-1'}/${changes.name ?? 'default'}`, ...plain, ...changes };
}

async function written(data: string, replica: string, outcomes: readonly Outcome[]): Promise<void> {
  const log = createOutcomeLog({ data, replica, bytesMax: 1e9 });
  await log.append(outcomes);
  await log.close();
}

test('of two with one key the one whose process began first counts, for the API and for SQL', async () => {
  const data = await temporaryFolder();
  // By their names alone, and by their last change, the second would come first.
  await written(data, 'vm-9000-a1', [outcome({ key: 'k1', value: true })]);
  await written(data, 'vm-10000-b1', [outcome({ key: 'k1', value: false })]);
  const { outcomes } = await createOutcomeFinder({ data }).find('d-1');
  expect(outcomes.map(({ value }) => value)).toEqual([true]);
  const asked = await headgate(['query', '--data', data, '--format', 'csv', 'SELECT label FROM outcomes']);
  expect(asked.out).toBe('label\ntrue\n');
});

test('what is appended later is found, and so is what a truncated, a moved and a deleted file leave', async () => {
  const data = await temporaryFolder();
  const finder = createOutcomeFinder({ data });
  const names = async (id: string) => (await finder.find(id)).outcomes.map(({ name }) => name);
  expect(await names('d-1')).toEqual([]);
  await written(data, 'vm-1-a', [outcome({ name: 'a' }), outcome({ decision_id: 'd-2', name: 'x' })]);
  expect(await names('d-1')).toEqual(['a']);
  await written(data, 'vm-1-a', [outcome({ name: 'b' })]);
  await written(data, 'vm-2-b', [outcome({ name: 'c' }), outcome({ decision_id: null, model: 'm', unit: 'd-1' })]);
  expect(await names('d-1')).toEqual(['a', 'b', 'c']);

  const [first = '', second = ''] = await outcomeFiles(data);
  await truncate(first, 0);
  await written(data, 'vm-1-a', [outcome({ name: 'd' })]);
  expect(await names('d-1')).toEqual(['d', 'c']);
  await rm(second);
  expect(await names('d-1')).toEqual(['d']);
  await rename(first, join(data, 'elsewhere'));
  expect(await names('d-1')).toEqual([]);
});

test('beyond its bound the index lets go of the oldest and says so', async () => {
  const data = await temporaryFolder();
  const many = Array.from({ length: 5000 }, (_, i) => outcome({ decision_id: `d-${i}` }));
  await written(data, 'vm-1-a', many);
  const whole = createOutcomeFinder({ data, placesMax: 8192 });
  const small = createOutcomeFinder({ data, placesMax: 4096 });
  for (const id of ['d-0', 'd-903', 'd-904', 'd-4999']) {
    expect(await whole.find(id)).toMatchObject({ outcomes: [{ decision_id: id }], truncated: false });
    const isKept = id !== 'd-0' && id !== 'd-903';
    expect(await small.find(id)).toMatchObject({ outcomes: isKept ? [{ decision_id: id }] : [], truncated: true });
  }
});

test('a decision with more outcomes than an answer takes says so', async () => {
  const data = await temporaryFolder();
  await written(
    data,
    'vm-1-a',
    Array.from({ length: 65 }, (_, i) => outcome({ name: `n${i}` })),
  );
  const { outcomes, truncated } = await createOutcomeFinder({ data }).find('d-1');
  expect([outcomes.length, outcomes[0]?.name, truncated]).toEqual([64, 'n0', true]);
});

test('more questions than may wait are refused at once, and none of those that wait is lost', async () => {
  const data = await temporaryFolder();
  await written(data, 'vm-1-a', [outcome()]);
  const finder = createOutcomeFinder({ data, waitingMax: 3 });
  const asked = await Promise.allSettled(Array.from({ length: 5 }, () => finder.find('d-1')));
  expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
  expect(asked[4]).toMatchObject({ reason: expect.any(Busy) });
  expect((await finder.find('d-1')).outcomes.length).toBe(1);
});

test('places are what a list of the newest would be', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 1024, 2048),
      fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 5000 }),
      (placesMax, hashes) => {
        const places = createPlaces(placesMax);
        hashes.forEach((hash, i) => {
          places.add(hash, { file: i % 3, offset: i * 1e6, length: i % 100 });
        });
        const kept = hashes.map((hash, i) => ({ hash, offset: i * 1e6 })).slice(-placesMax);
        expect(places.forgotten).toBe(Math.max(0, hashes.length - placesMax));
        for (const hash of [0, 7, 40, 41]) {
          const expected = kept.filter((one) => one.hash === hash).map(({ offset }) => offset);
          const found = places.of(hash).map(({ offset }) => offset);
          expect(found.reverse()).toEqual(expected);
        }
      },
    ),
    { numRuns: 50 },
  );
});
