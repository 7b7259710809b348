// From a unit's bytes to its version: murmur3 over salt and unit, then one look at the table of slots. Once with nothing but a
// split, and once with everything that a model can ask of a unit.

import { allocate } from '../../src/split/allocate.ts';
import type { Allocation, ModelSplit, Unit } from '../../src/split/assign.ts';
import { assign } from '../../src/split/assign.ts';
import type { Attributes } from '../../src/split/rules.ts';
import { saltBytes } from '../../src/split/slot.ts';
import { unitName } from '../workload.ts';
import type { Micro } from './micro.ts';

const UNITS = 4096;
const SHARES = [0.9, 0.1];
const ATTRIBUTES: Attributes = { rawHeaders: ['host', 'gate', 'region', 'US'], target: '/v2/models/m/infer', body: [] };

function allocation(): Allocation {
  return { owners: new Uint8Array(allocate(['champion', 'challenger'], SHARES)), epoch: 1, propensities: null };
}

const PLAIN: ModelSplit = {
  salt: saltBytes('credit-default'),
  champion: 0,
  allocation: allocation(),
  overrides: new Map(),
  rules: [],
  enrolment: null,
  missing: 'champion',
  places: null,
};

/** A pin that names nobody who comes, a rule that does not hold, a holdout, and a part of a layer. */
const FULL: ModelSplit = {
  ...PLAIN,
  overrides: new Map([['acct-qa-1', 1]]),
  rules: [
    { when: { headers: { region: 'EU' }, query: {}, path: null, body: [] }, allocation: allocation(), routes: false },
  ],
  enrolment: {
    holdoutSlots: 500,
    eligibleSlots: 8000,
    layer: { salt: saltBytes('pricing'), owners: new Uint8Array(allocate(['', 'm'], [0.2, 0.8])), own: 1 },
    chance: 0.76,
  },
};

function micro(name: string, operation: string, split: ModelSplit): Micro {
  return {
    name,
    operation,
    targetNs: 500,
    prepare() {
      const units: Unit[] = Array.from({ length: UNITS }, (_, index) => ({
        bytes: Buffer.from(unitName(index)),
        text: unitName(index),
      }));
      return (operations) => {
        let challengers = 0;
        for (let i = 0; i < operations; i++) {
          challengers += assign(split, units[i % UNITS] ?? null, ATTRIBUTES, Math.random)?.version ?? 0;
        }
        return challengers;
      };
    },
  };
}

export const assignment: readonly Micro[] = [
  micro('assignment', 'one unit of 13 bytes to its version', PLAIN),
  micro('assignment-full', 'the same with overrides, a rule, a holdout and a layer', FULL),
];
