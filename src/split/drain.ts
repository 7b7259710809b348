// A leaving version keeps, for a while, the units that it has been seen with: `drain`. A bounded memory of one gateway thread,
// lost with it, and never the truth - what it has forgotten is answered by the split, and so is everyone it never saw.

import { LRUCache } from 'lru-cache';
import type { DrainPlan } from '../config/plan.ts';
import type { Assignment } from '../model.ts';
import { isExact, type Unit } from './assign.ts';

export interface Drain {
  /** The assignment as it is to be carried out: the split's, or the leaving version's where the unit is remembered there. */
  settle(unit: Unit, given: Assignment): Assignment;
}

/** What a unit keeps of the assignment that it stays with. */
interface Seen {
  readonly epoch: number;
  readonly propensity: number;
}

/** Units by text. One per model, version and size; it outlives Plans. */
export type DrainMemory = LRUCache<string, Seen>;

/**
 * @param now monotonic milliseconds
 * @param forgotten told of each unit that had to make room before its time
 */
export function createDrainMemory(unitsMax: number, now: () => number, forgotten: () => void): DrainMemory {
  return new LRUCache<string, Seen>({
    max: unitsMax,
    // The cache takes a start of 0 for "no expiry".
    perf: { now: () => now() + 1 },
    ttlResolution: 0,
    dispose: (_value, _unit, reason) => {
      if (reason === 'evict') forgotten();
    },
  });
}

export function createDrain({ version, forMs }: DrainPlan, memory: DrainMemory): Drain {
  return {
    settle(unit, given) {
      const { reason, epoch, propensity } = given;
      if (reason === 'split' && given.version === version) {
        if (isExact(unit)) memory.set(unit.text, { epoch, propensity }, { ttl: forMs });
        return given;
      }
      if (given.version === version) return given;
      // Pins and rules say by name who gets what; only what hashing decides waits for the drain.
      if (given.rule >= 0 || (reason !== 'split' && reason !== 'ineligible' && reason !== 'holdout')) return given;
      const seen = memory.get(unit.text);
      if (seen === undefined || !isExact(unit)) return given;
      return { ...given, version, epoch: seen.epoch, propensity: seen.propensity, reason: 'drain' };
    },
  };
}
