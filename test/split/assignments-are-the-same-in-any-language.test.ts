// Whole assignments under a lock - overrides, rules, holdout, enrolment, a layer, earlier epochs - as implementations in
// Python and Go compute them from the lock's text alone.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadAllocated } from '../../src/commands/load-allocated.ts';
import { SLOTS } from '../../src/model.ts';
import { createExplainer, type Explainer } from '../../src/split/explain.ts';
import { runElsewhere } from './other-languages.ts';

interface Vector {
  readonly model: string;
  /** Bytes in hex. */
  readonly unit: string;
  readonly region: string;
  readonly epoch: number;
  readonly slot: number;
  readonly version: string;
  readonly reason: string;
  /** Slots of the version, of SLOTS. */
  readonly owned: number;
  /** By the model's own split in the epochs before, newest first. */
  readonly earlier: readonly string[];
}

const FOLDER = fileURLToPath(new URL('../golden/assignment/locked/', import.meta.url));
const vectors = JSON.parse(readFileSync(`${FOLDER}assignments.json`, 'utf8')) as readonly Vector[];

function explainers(): ReadonlyMap<string, Explainer> {
  const loaded = loadAllocated(`${FOLDER}gate.yaml`, {});
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems));
  const { plan, allocations, histories } = loaded;
  return new Map(
    plan.models.map((model, at) => {
      const explainer = createExplainer(model, allocations[at] ?? [], histories[at]);
      return [model.name, explainer];
    }),
  );
}

describe('assignments under a lock', () => {
  it('are the golden ones', () => {
    const all = explainers();
    expect(vectors.length).toBeGreaterThan(500);
    expect(vectors.filter(({ unit }) => /[89a-f][0-9a-f]/.test(unit)).length).toBeGreaterThan(250);
    for (const vector of vectors) {
      const { model, unit, region, epoch, slot, version, reason, owned } = vector;
      const bytes = Buffer.from(unit, 'hex');
      const header = Buffer.from(region, 'utf8').toString('latin1');
      const attributes = { rawHeaders: region === '' ? [] : ['region', header], target: '/', body: [] };
      const found = all.get(model)?.explain({ bytes, text: bytes.toString('utf8') }, attributes);
      expect(found, JSON.stringify(vector)).toMatchObject({
        ...{ epoch, slot, version, reason },
        propensity: owned / SLOTS,
      });
      if (reason !== 'split') continue;
      const split = found?.earlier.filter((answer) => answer.reason === 'split');
      for (const answer of split ?? []) {
        expect(answer.version).toBe(vector.earlier[epoch - 1 - answer.epoch]);
      }
    }
  });

  it('are recomputed by Python', ({ skip }) => {
    const printed = runElsewhere('python3', ['assign.py'], { folder: FOLDER, skip });
    expect(JSON.parse(printed)).toEqual(vectors);
  });

  it('are recomputed by Go', { timeout: 300_000 }, ({ skip }) => {
    const printed = runElsewhere('go', ['run', 'assign.go', '.'], { folder: FOLDER, skip });
    expect(JSON.parse(printed)).toEqual(vectors);
  });
});
