// Models for tests of the split: read from YAML as people write it, allocated afresh, asked about units by their text.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlan } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import type { Assignment } from '../../src/model.ts';
import { allocate } from '../../src/split/allocate.ts';
import { assign, type ModelSplit, type Unit } from '../../src/split/assign.ts';
import { modelSplit } from '../../src/split/model-split.ts';
import type { Attributes } from '../../src/split/rules.ts';
import { readPlaces, unitOf } from '../../src/split/unit.ts';

/** A model's keys but for its versions `old` and `new`, its champion `old` and its sticky header, which it may replace. */
export type Keys = Readonly<Record<string, unknown>>;

export function splitsOf(models: Readonly<Record<string, Keys>>): ReadonlyMap<string, ModelSplit> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-split-'));
  try {
    const file = join(folder, 'gate.yaml');
    const whole = Object.fromEntries(Object.entries(models).map(([name, keys]) => [name, { ...DEFAULTS, ...keys }]));
    writeFileSync(file, JSON.stringify({ models: whole }));
    const loaded = loadPlan(file, { env: {}, serial: 1 });
    if (loaded.kind === 'problems') throw new Error(loaded.problems.map(formatProblem).join('\n'));
    return new Map(
      loaded.plan.models.map((model) => {
        const names = model.versions.map(({ name }) => name);
        const tables = [model.split, ...model.rules.map(({ split }) => split)].map((shares) => allocate(names, shares));
        if (model.layer !== null) tables.push(allocate(model.layer.members, model.layer.shares));
        return [
          model.name,
          modelSplit(
            model,
            tables.map((owners) => ({ owners, epoch: 0 })),
          ),
        ];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function splitOf(keys: Keys): ModelSplit {
  const split = splitsOf({ m: keys }).get('m');
  if (split === undefined) throw new Error('the model was not read');
  return split;
}

const DEFAULTS: Keys = {
  versions: { old: { url: 'http://127.0.0.1:9101' }, new: { url: 'http://127.0.0.1:9102' } },
  champion: 'old',
  sticky: { header: 'id' },
};

export function unit(text: string): Unit {
  return { bytes: Buffer.from(text, 'utf8'), text };
}

export const NOTHING: Attributes = { rawHeaders: [], target: '/', body: [] };

export function given(split: ModelSplit, text: string, attributes: Attributes = NOTHING): Assignment {
  const assignment = assign(split, unit(text), attributes, () => 0);
  if (assignment === null) throw new Error('a unit was refused');
  return assignment;
}

/** As a request whose unit and attributes are in its body. */
export function givenByBody(split: ModelSplit, body: string, random: () => number): Assignment | null {
  const attributes = { ...NOTHING, body: readPlaces(split.places, Buffer.from(body)) };
  return assign(split, unitOf({ kind: 'body', tokens: ['id'] }, attributes), attributes, random);
}
