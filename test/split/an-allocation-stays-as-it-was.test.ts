import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { allocate } from '../../src/split/allocate.ts';

// Digests of allocation tables, recorded once. A change here moves units of everyone who runs without a lock: never edit a
// line, only add.
const FROZEN: readonly (readonly [readonly string[], readonly number[], string])[] = [
  [['logistic', 'boosted'], [0.9, 0.1], '6dc7244d340c03ca'],
  [['logistic', 'boosted', 'forest'], [0.8, 0.1, 0.1], 'db9cd345ea1eff73'],
  [['a', 'b', 'c', 'd'], [0.25, 0.25, 0.25, 0.25], '38cac480e1229179'],
  [['champion', 'challenger'], [0.9999, 0.0001], '082d7c2ea799bf2b'],
  [['モデル', 'Zoë'], [0.5, 0.5], 'b18f0cc65a91f105'],
];

test.each(FROZEN)('%j with shares %j', (names, shares, digest) => {
  expect(
    createHash('sha256')
      .update(new Uint8Array(allocate(names, shares)))
      .digest('hex')
      .slice(0, 16),
  ).toBe(digest);
});
