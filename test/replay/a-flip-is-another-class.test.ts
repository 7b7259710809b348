// What counts as a flip, as agreement, and as a difference, of one pair of answers.

import { expect, test } from 'vitest';
import { createTally, type TallyReport } from '../../src/commands/replay/tally.ts';
import type { Table, Value } from '../../src/protocols/protocol.ts';

/** @param rows each the values of its columns */
function tableOf(...rows: readonly (readonly Value[])[]): Table {
  const columns = (rows[0] ?? []).map((_, at) => ({ name: `c${at}`, values: rows.map((row) => row[at]) }));
  return { rows: rows.length, columns };
}

function compared(before: Table | null, after: Table | null, status = 200, tolerance = 1e-6): TallyReport {
  const tally = createTally(tolerance);
  tally.add({
    decisionId: 'd-1',
    recorded: { status: 200, latencyMs: 5, predictions: before },
    replayed: { status, latencyMs: 7, predictions: after },
  });
  return tally.report();
}

const CASES: readonly (readonly [string, Table, Table, 0 | 1])[] = [
  ['a probability that goes over one half', tableOf([0.49]), tableOf([0.51]), 1],
  ['one that stays on its side', tableOf([0.1]), tableOf([0.49]), 0],
  ['two classes', tableOf([0.6, 0.4]), tableOf([0.4, 0.6]), 1],
  // No probability goes over one half here, and another class is the likeliest.
  ['three classes', tableOf([0.4, 0.35, 0.25]), tableOf([0.35, 0.4, 0.25]), 1],
  // The first goes below one half, and stays the likeliest.
  ['three classes, the same on top', tableOf([0.55, 0.25, 0.2]), tableOf([0.45, 0.3, 0.25]), 0],
  ['two probabilities that are no distribution', tableOf([0.9, 0.9]), tableOf([0.9, 0.4]), 1],
  ['another label', tableOf(['yes']), tableOf(['no']), 1],
  ['another whole number', tableOf([1]), tableOf([2]), 1],
  ['another truth', tableOf([true]), tableOf([false]), 1],
  ['an amount that moves', tableOf([103.5]), tableOf([99.25]), 0],
  ['one row of three', tableOf([0.1], [0.2], [0.7]), tableOf([0.1], [0.2], [0.3]), 1],
];

test.each(CASES)('%s', (_, before, after, flipped) => {
  expect(compared(before, after)).toMatchObject({ compared: 1, agreed: 0, flipped, examples: ['d-1'] });
  expect(compared(before, before)).toMatchObject({ compared: 1, agreed: 1, flipped: 0, examples: [] });
});

test('numbers within the tolerance agree; it is a share of the larger one', () => {
  expect(compared(tableOf([1000]), tableOf([1000.5]), 200, 1e-3).agreed).toBe(1);
  expect(compared(tableOf([1000]), tableOf([1002]), 200, 1e-3).agreed).toBe(0);
  expect(compared(tableOf([0.5]), tableOf([0.5]), 200, 0).agreed).toBe(1);
  expect(compared(tableOf([1, 0.25]), tableOf([3, 0.5])).numbers).toEqual({
    count: 2,
    meanAbsolute: 1.125,
    maxAbsolute: 2,
  });
});

test('another number of rows or of columns is no agreement, and other names are told apart', () => {
  expect(compared(tableOf([0.5]), tableOf([0.5], [0.5]))).toMatchObject({ compared: 1, agreed: 0 });
  expect(compared(tableOf([0.5]), tableOf([0.5, 0.5]))).toMatchObject({ compared: 1, agreed: 0 });
});

test('another status is told, and an answer without predictions is not compared', () => {
  expect(compared(tableOf([0.5]), null, 500)).toMatchObject({
    answered: 1,
    statusEqual: 0,
    compared: 0,
    agreement: null,
    examples: ['d-1'],
  });
});
