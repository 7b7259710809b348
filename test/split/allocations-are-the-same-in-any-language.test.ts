// Who owns which slot without a lock, as implementations in Python and Go compute it from section 4 of docs/assignment.md: names
// of all scripts, equal shares, tiny ones, donors that run dry, the part of a layer that nobody has.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allocate } from '../../src/split/allocate.ts';
import { runElsewhere } from './other-languages.ts';

interface Vector {
  readonly shares: Readonly<Record<string, number>>;
  /** With a slot at least, in order. */
  readonly names: readonly string[];
  /** Slots per name. */
  readonly counts: readonly number[];
  /** Of the owners of all slots, each a byte: its index into `names`. */
  readonly sha256: string;
}

const FOLDER = fileURLToPath(new URL('../golden/assignment/unlocked/', import.meta.url));
const vectors = JSON.parse(readFileSync(`${FOLDER}allocations.json`, 'utf8')) as readonly Vector[];

describe('allocations without a lock', () => {
  it('are the golden ones, whatever the order of the file', () => {
    expect(vectors.length).toBeGreaterThan(40);
    for (const { shares, names, counts, sha256 } of vectors) {
      for (const file of [Object.keys(shares), Object.keys(shares).reverse()]) {
        const given = new Uint8Array(
          allocate(
            file,
            file.map((name) => shares[name] ?? 0),
          ),
        );
        const owners = given.map((owner) => names.indexOf(file[owner] ?? ''));
        expect(names.map((_, at) => owners.filter((owner) => owner === at).length)).toEqual(counts);
        expect(createHash('sha256').update(owners).digest('hex')).toBe(sha256);
      }
    }
  });

  it('are recomputed by Python', { timeout: 120_000 }, ({ skip }) => {
    expect(JSON.parse(runElsewhere('python3', ['allocate.py'], { folder: FOLDER, skip }))).toEqual(vectors);
  });

  it('are recomputed by Go', { timeout: 300_000 }, ({ skip }) => {
    expect(JSON.parse(runElsewhere('go', ['run', 'allocate.go', '.'], { folder: FOLDER, skip }))).toEqual(vectors);
  });
});
