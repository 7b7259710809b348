// From one allocation to the next with the fewest moves: slots are taken only from versions that shrink and given only to
// versions that grow. Pure and deterministic: the same table and the same shares give the same table, on every machine.

import { SLOTS } from '../model.ts';
import { allocate, draw, drawSeed } from './allocate.ts';
import type { Shares } from './splits-of.ts';

/** Who owns each slot, by name. */
export interface Allocation {
  readonly shares: Shares;
  /** Those with a share, in order. */
  readonly names: readonly string[];
  /** Of each slot, an index into `names`. */
  readonly owners: Uint8Array;
}

/** Shares nearer than this are the same share: 90 of 100 and 9 of 10 (weights are sums of binary fractions). */
const SAME = 1e-9;

/** The allocation of those who have none yet: order-free, and the same as without a lock. */
export function firstAllocation(shares: Shares): Allocation {
  const names = [...shares.keys()];
  return { shares, names, owners: new Uint8Array(allocate(names, [...shares.values()])) };
}

/** Whether two splits give the same versions the same shares. */
export function sameShares(a: Shares, b: Shares): boolean {
  return a.size === b.size && [...a].every(([name, share]) => Math.abs(share - (b.get(name) ?? 0)) <= SAME);
}

/** One version between two allocations: slots it has and shall have, shares before and after. */
interface Claim {
  readonly name: string;
  readonly have: number;
  readonly change: 'grows' | 'shrinks' | 'stays';
  /** Slots it should have, a fraction. */
  readonly exact: number;
}

export function nextAllocation(current: Allocation, shares: Shares): Allocation {
  const claims = claimsOf(current, shares);
  const targets = targetsOf(claims);
  const claimOf = current.names.map((name) => claims.findIndex((claim) => claim.name === name));
  const owners = new Uint16Array(SLOTS);
  for (let slot = 0; slot < SLOTS; slot++) owners[slot] = claimOf[current.owners[slot] as number] as number;
  hand(claims, targets, owners);
  const names = [...shares.keys()];
  const position = claims.map(({ name }) => names.indexOf(name));
  return { shares, names, owners: Uint8Array.from(owners, (owner) => position[owner] as number) };
}

/** Every name of either side, in order. */
function claimsOf(current: Allocation, shares: Shares): Claim[] {
  const have = new Map(current.names.map((name) => [name, 0]));
  for (const owner of current.owners) {
    const name = current.names[owner] as string;
    have.set(name, (have.get(name) as number) + 1);
  }
  return [...new Set([...have.keys(), ...shares.keys()])].sort().map((name) => {
    const before = current.shares.get(name) ?? 0;
    const after = shares.get(name) ?? 0;
    const change = after > before + SAME ? 'grows' : after < before - SAME ? 'shrinks' : 'stays';
    return { name, have: have.get(name) ?? 0, change, exact: after * SLOTS };
  });
}

interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Whole slots per claim. Who stays keeps what it has; the others get their exact count, rounded up or down. Where roundings
 * of those who stay leave too much or too little for that, those who change take the difference, a slot each in turn.
 */
function targetsOf(claims: readonly Claim[]): number[] {
  const near = claims.map(nearBounds);
  const counts = claims.map(({ exact }, at) => clamp(Math.floor(exact + SAME), near[at] as Bounds));
  const rest = (at: number): number => (claims[at] as Claim).exact - Math.floor((claims[at] as Claim).exact + SAME);
  const byRest = claims
    .map((_, at) => at)
    .sort((a, b) => (Math.abs(rest(b) - rest(a)) > SAME ? rest(b) - rest(a) : a - b));
  for (const bounds of [near, claims.map(farBounds)]) settle(counts, bounds, byRest);
  return counts;
}

function nearBounds({ have, change, exact }: Claim): Bounds {
  if (change === 'stays') return { lower: have, upper: have };
  const [down, up] = [Math.floor(exact + SAME), Math.ceil(exact - SAME)];
  if (change === 'grows') return { lower: Math.max(have, down), upper: Math.max(have, up) };
  return { lower: Math.min(have, down), upper: Math.min(have, up) };
}

/** A promise to a unit comes before a slot more or less; whoever leaves keeps none. */
function farBounds({ have, change, exact }: Claim): Bounds {
  if (change === 'stays') return { lower: have, upper: have };
  if (change === 'grows') return { lower: have, upper: SLOTS };
  return { lower: 0, upper: exact <= SAME ? 0 : have };
}

function clamp(value: number, { lower, upper }: Bounds): number {
  return Math.min(upper, Math.max(lower, value));
}

/** Slots one by one until the counts sum to SLOTS, or the bounds allow no more. */
function settle(counts: number[], bounds: readonly Bounds[], byRest: readonly number[]): void {
  let missing = SLOTS - counts.reduce((sum, count) => sum + count, 0);
  const step = Math.sign(missing);
  const order = step > 0 ? byRest : [...byRest].reverse();
  for (let moved = true; moved && missing !== 0; ) {
    moved = false;
    for (const at of order) {
      const next = (counts[at] as number) + step;
      if (missing === 0 || next !== clamp(next, bounds[at] as Bounds)) continue;
      counts[at] = next;
      missing -= step;
      moved = true;
    }
  }
}

/**
 * Moves slots until every claim has its target. Each taker takes the slots that it would win soonest from their owner by
 * weighted rendezvous: the ratio of the two draws, whatever the weights, so that a share taken back gives back the slots
 * that moved last, and the units of a rolled-back ramp return to where they were.
 */
function hand(claims: readonly Claim[], targets: readonly number[], owners: Uint16Array): void {
  const surplus = claims.map(({ have }, at) => have - (targets[at] as number));
  const seeds = claims.map(({ name }) => drawSeed(name));
  for (const [taker, excess] of surplus.entries()) {
    let wanted = -excess;
    if (wanted <= 0) continue;
    const offers: { readonly slot: number; readonly ratio: number }[] = [];
    for (const [slot, owner] of owners.entries()) {
      if ((surplus[owner] as number) <= 0) continue;
      offers.push({ slot, ratio: draw(seeds[taker] as number, slot) / draw(seeds[owner] as number, slot) });
    }
    offers.sort((a, b) => a.ratio - b.ratio || a.slot - b.slot);
    for (const { slot } of offers) {
      const owner = owners[slot] as number;
      if (wanted === 0) break;
      if ((surplus[owner] as number) <= 0) continue;
      owners[slot] = taker;
      surplus[owner] = (surplus[owner] as number) - 1;
      wanted--;
    }
    surplus[taker] = 0;
  }
}
