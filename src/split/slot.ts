// From a unit to a slot: one hash, one multiplication. Four seeds keep four questions apart - which version, whether enrolled,
// whether held out, which model of a layer - so that the answer to one says nothing about the others.

import { murmur3 } from '../kernel/murmur3.ts';
import { SLOTS, UNIT_BYTES_MAX } from '../model.ts';

export const SEEDS = {
  split: 0,
  /** `elig`, `hold` and `laye` in ASCII. */
  eligible: 0x656c6967,
  holdout: 0x686f6c64,
  layer: 0x6c617965,
} as const;

const scratch = new Uint8Array(512 + UNIT_BYTES_MAX);

/** The salt's bytes with the separator: what precedes the unit in the hash. */
export function saltBytes(salt: string): Uint8Array {
  return Buffer.from(`${salt}:`, 'utf8');
}

/**
 * Slot of a unit: floor(murmur3_x86_32(utf8(salt) ":" unit, seed) * SLOTS / 2^32), exact in a double.
 * @returns 0 to SLOTS - 1
 */
export function slotOf(salt: Uint8Array, unit: Uint8Array, seed: number = SEEDS.split): number {
  const length = salt.length + unit.length;
  const bytes = length <= scratch.length ? scratch : new Uint8Array(length);
  bytes.set(salt);
  bytes.set(unit, salt.length);
  return Math.floor((murmur3(bytes, seed, 0, length) * SLOTS) / 2 ** 32);
}
