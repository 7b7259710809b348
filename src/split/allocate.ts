// From shares to an allocation: which of a model's slots belongs to which version. Weighted rendezvous hashing over the
// slots, so that neither the order in the file nor versions that keep their share matter, then corrected to exact counts.
// Pure and deterministic: every replica computes the same table from the same shares.

import { finalize, murmur3 } from '../kernel/murmur3.ts';
import { SLOTS } from '../model.ts';

interface Contender {
  readonly index: number;
  readonly name: string;
  readonly weight: number;
  readonly seed: number;
  readonly quota: number;
}

/**
 * Whole slots per share by largest remainder; ties go to the name that sorts first.
 * @param shares fractions that sum to 1, in the order of `names`
 * @returns counts that sum to SLOTS
 */
export function quotas(names: readonly string[], shares: readonly number[]): number[] {
  const exact = shares.map((share) => share * SLOTS);
  const counts = exact.map((value) => Math.floor(value + 1e-9));
  const order = names
    .map((name, index) => ({ name, index, rest: (exact[index] ?? 0) - (counts[index] ?? 0) }))
    .sort((a, b) => (Math.abs(b.rest - a.rest) > 1e-9 ? b.rest - a.rest : a.name < b.name ? -1 : 1));
  let missing = SLOTS - counts.reduce((sum, count) => sum + count, 0);
  for (const { index, rest } of order) {
    if (missing <= 0) break;
    if (rest <= 1e-9 && missing < 1) break;
    counts[index] = (counts[index] ?? 0) + 1;
    missing--;
  }
  return counts;
}

/**
 * @param names of the versions; @param shares fractions that sum to 1, in the same order
 * @returns owner of each slot, an index into `names`; shared memory, so that every thread reads one copy
 */
export function allocate(names: readonly string[], shares: readonly number[]): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(SLOTS);
  const owners = new Uint8Array(memory);
  const counts = quotas(names, shares);
  const contenders = names
    .map((name, index) => ({
      index,
      name,
      weight: shares[index] ?? 0,
      seed: drawSeed(name),
      quota: counts[index] ?? 0,
    }))
    .filter((contender) => contender.quota > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const only = contenders[0];
  if (only === undefined) throw new Error('an allocation needs a version with a share');
  if (contenders.length === 1) {
    owners.fill(only.index);
    return memory;
  }
  const positions = rendezvous(contenders);
  settle(contenders, positions);
  for (let slot = 0; slot < SLOTS; slot++) owners[slot] = (contenders[positions[slot] as number] as Contender).index;
  return memory;
}

/** Weighted rendezvous: the smallest -ln(u)/w wins the slot (Thaler and Ravishankar 1998; weights after Schindelhauer and Schomaker 2005). */
function cost(contender: Contender, slot: number): number {
  return draw(contender.seed, slot) / contender.weight;
}

/** What makes the draws of one version: its name alone. */
export function drawSeed(name: string): number {
  return murmur3(Buffer.from(name), 0x5107);
}

/** The draw of a version for a slot, exponentially distributed: the smaller, the sooner the slot is given to it. */
export function draw(seed: number, slot: number): number {
  const u = (finalize(seed ^ Math.imul(slot + 1, 0x9e3779b1)) + 0.5) / 2 ** 32;
  return -Math.log(u);
}

function rendezvous(contenders: readonly Contender[]): Uint8Array {
  const positions = new Uint8Array(SLOTS);
  for (let slot = 0; slot < SLOTS; slot++) {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < contenders.length; i++) {
      const candidate = cost(contenders[i] as Contender, slot);
      if (candidate < best) {
        best = candidate;
        positions[slot] = i;
      }
    }
  }
  return positions;
}

/** Chance leaves each version a little over or under its quota: move the slots whose second choice was nearest. */
function settle(contenders: readonly Contender[], positions: Uint8Array): void {
  const surplus = new Int32Array(contenders.map((contender) => -contender.quota));
  for (const position of positions) surplus[position] = (surplus[position] as number) + 1;
  for (let to = 0; to < contenders.length; to++) {
    while ((surplus[to] as number) < 0) {
      // A donor may run dry before all its offers are taken; then the next round asks the others.
      for (const { slot } of nearestOffers(contenders, positions, surplus, to, -(surplus[to] as number))) {
        const from = positions[slot] as number;
        if ((surplus[from] as number) <= 0) continue;
        positions[slot] = to;
        surplus[from] = (surplus[from] as number) - 1;
        surplus[to] = (surplus[to] as number) + 1;
      }
    }
  }
}

interface Offer {
  readonly slot: number;
  readonly regret: number;
}

/** The `count` slots of versions with a surplus that cost least to hand to `to`, best first; ties to the lower slot. */
function nearestOffers(
  contenders: readonly Contender[],
  positions: Uint8Array,
  surplus: Int32Array,
  to: number,
  count: number,
): Offer[] {
  const taker = contenders[to] as Contender;
  const best: Offer[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const from = positions[slot] as number;
    if ((surplus[from] as number) <= 0) continue;
    const regret = cost(taker, slot) - cost(contenders[from] as Contender, slot);
    if (best.length === count && regret >= (best[count - 1] as Offer).regret) continue;
    let at = best.length;
    while (at > 0 && (best[at - 1] as Offer).regret > regret) at--;
    best.splice(at, 0, { slot, regret });
    if (best.length > count) best.pop();
  }
  return best;
}
