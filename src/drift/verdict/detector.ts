// The e-detector of one stream (Shin, Ramdas, Rinaldo, "E-detectors", 2023): for each bet M <- e (1 + M), and their weighted sum
// against the threshold. Under the null, M less the number of ticks is a supermartingale, so P(alarm by tick t) <= t / threshold.

import type { Binning } from '../baseline/binning.ts';
import { type Alternatives, BETS, isStrange, JUMP, LEARNED, SHIFT_BETS, STRANGE } from './alternatives.ts';
import { jumpEvidence, strangeEvidence } from './jump.ts';
import { HALF_LIVES, learnedEvidence } from './learned.ts';
import { ORDERED } from './scores.ts';

/** One tick of one stream. */
export interface Tick {
  readonly index: number;
  readonly counts: Float64Array;
  readonly rows: number;
  /** 1 / overdispersion: e^(1/phi) is an e-value too (Jensen), and exact where rows come in bursts of phi alike. */
  readonly scale: number;
}

/** What is known of a stream's bets, each a run of numbers. */
export interface Bets {
  /** log M of every bet, from `logs` on. */
  readonly numbers: Float64Array;
  readonly logs: number;
  /** Of every bet, from here on: the tick in which its M began to rise from 1 or less. -1: nobody asks. */
  readonly starts: number;
  /** Remembered counts before this tick: of every half-life, one after the other, from `from` on. */
  readonly recent: Float32Array;
  readonly from: number;
}

/**
 * Take in a tick.
 * @param ceiling the weighted M never rises above it, so that it falls soon after the drift is over
 * @returns log of the weighted sum
 */
export function advance(alternatives: Alternatives, binning: Binning, tick: Tick, bets: Bets, ceiling: number): number {
  const { counts, rows, scale } = tick;
  if (rows > 0) {
    const { ball, strangeMost } = alternatives;
    advanceNamed(alternatives, tick, bets);
    for (let i = 0; i < HALF_LIVES.length; i++) {
      const from = bets.from + i * counts.length;
      step(bets, LEARNED + i, tick, learnedEvidence(ball, bets.recent, from, counts, scale));
    }
    step(bets, JUMP, tick, jumpEvidence(ball, counts, rows, scale));
    let strange = 0;
    for (let b = 0; b < ORDERED + 2; b++) if (isStrange(binning, b)) strange += counts[b] as number;
    step(bets, STRANGE, tick, strangeEvidence(strangeMost, strange, rows, scale));
  }
  return weighed(alternatives.logStakes, bets, ceiling);
}

function advanceNamed({ scores, tilts, prices }: Alternatives, tick: Tick, bets: Bets): void {
  const { counts, rows, scale } = tick;
  if (scores === null) return;
  let shift = 0;
  let spread = 0;
  for (let b = ORDERED; b < counts.length; b++) {
    const count = counts[b] as number;
    const score = scores[b] as number;
    shift += count * score;
    spread += count * (score * score - 1);
  }
  for (let bet = 0; bet < LEARNED; bet++) {
    const sum = bet < SHIFT_BETS ? shift : spread;
    step(bets, bet, tick, scale * ((tilts[bet] as number) * sum - rows * (prices[bet] as number)));
  }
}

/** Nats a row that are let go where past rows suggest nothing any more, as many as a bet against a shift of 0.1 would lose. */
const LET_GO = 0.005;

/** @param evidence log e; NaN: no bet, which was known before the tick */
function step({ numbers, logs, starts }: Bets, bet: number, { index, rows }: Tick, evidence: number): void {
  const log = numbers[logs + bet] as number;
  if (Number.isNaN(evidence)) {
    numbers[logs + bet] = log - LET_GO * rows;
    return;
  }
  if (starts !== -1 && !(log > 0)) numbers[starts + bet] = index;
  // log(1 + M) without overflow.
  numbers[logs + bet] = evidence + (log > 0 ? log + Math.log1p(Math.exp(-log)) : Math.log1p(Math.exp(log)));
}

function weighed(logStakes: Float64Array, { numbers, logs }: Bets, ceiling: number): number {
  let sum = 0;
  for (let bet = 0; bet < BETS; bet++) {
    const stake = logStakes[bet] as number;
    const log = numbers[logs + bet] as number;
    if (log + stake > ceiling) numbers[logs + bet] = ceiling - stake;
    sum += Math.exp((numbers[logs + bet] as number) + stake);
  }
  return Math.log(sum);
}

/** The bet that weighs most. */
export function strongest(logStakes: Float64Array, { numbers, logs }: Bets): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let bet = 0; bet < BETS; bet++) {
    const weight = (numbers[logs + bet] as number) + (logStakes[bet] as number);
    if (weight <= most) continue;
    most = weight;
    best = bet;
  }
  return best;
}
