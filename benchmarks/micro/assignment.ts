// From a unit's bytes to its version: murmur3 over salt and unit, then one look at the table of slots.

import { allocate } from '../../src/split/allocate.ts';
import type { ModelSplit, Unit } from '../../src/split/assign.ts';
import { assign, saltBytes } from '../../src/split/assign.ts';
import { unitName } from '../workload.ts';
import type { Micro } from './micro.ts';

const UNITS = 4096;
const SHARES = [0.9, 0.1];

export const assignment: Micro = {
  name: 'assignment',
  operation: 'one unit of 13 bytes to its version',
  targetNs: 500,
  prepare() {
    const split: ModelSplit = {
      salt: saltBytes('credit-default'),
      champion: 0,
      shares: SHARES,
      owners: new Uint8Array(allocate(['champion', 'challenger'], SHARES)),
      overrides: new Map(),
      rules: [],
      missing: 'champion',
    };
    const units: Unit[] = Array.from({ length: UNITS }, (_, index) => ({
      bytes: Buffer.from(unitName(index)),
      text: unitName(index),
    }));
    const attributes = { rawHeaders: [], target: '/' };
    return (operations) => {
      let challengers = 0;
      for (let i = 0; i < operations; i++) {
        challengers += assign(split, units[i % UNITS] ?? null, attributes, Math.random)?.version ?? 0;
      }
      return challengers;
    };
  },
};
