// Which decisions are recorded: a pure function of the decision id, so that a decision and its shadows are in or out
// together, on every replica and on every retry.

import { murmur3 } from '../kernel/murmur3.ts';

/** Apart from the seeds of the split and of the mirror, so that the samples are independent of both. */
const SEED = 0xca97;
const scratch = new Uint8Array(128);

/** @param rate 0 to 1 */
export function isSampled(decisionId: string, rate: number): boolean {
  if (rate >= 1) return true;
  if (rate <= 0) return false;
  const { length } = decisionId;
  const bytes = length <= scratch.length ? scratch : new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = decisionId.charCodeAt(i);
  return murmur3(bytes, SEED, 0, length) < rate * 2 ** 32;
}
