// Joins what the primary and its shadows answered to the same decision, and sums up how a shadow version differs. Halves arrive in
// any order and wait in a bounded cache; a shadow that leaves it alone is counted. Single differences are capture's to keep.

import type { Clock } from '../kernel/clock.ts';
import type { Table } from '../protocols/protocol.ts';
import { comparePredictions } from './predictions.ts';
import { createWaitingHalves } from './waiting-halves.ts';

/** Shadow answers that wait for one primary: more come only from callers that use a decision id again and again. */
const SHADOWS_MAX = 16;

export interface ComparerOptions {
  readonly clock: Clock;
  /** Decisions that wait for their other half. */
  readonly pairsMax?: number;
  /** Prediction cells that waiting decisions hold together. */
  readonly cellsMax?: number;
  /** For how long a half waits, in milliseconds. */
  readonly ttlMs?: number;
  /** Of the hash by which halves are found, where callers choose their decision ids: one that they cannot know. */
  readonly seed?: number;
}

/** One half: the primary answer to a decision, or a shadow's. */
export interface Answer {
  readonly model: string;
  readonly decisionId: string;
  readonly version: string;
  /** 0 where there was no answer. */
  readonly status: number;
  /** null where the answer holds none that could be read. */
  readonly predictions: Table | null;
  readonly latencyMs: number;
}

/** Since the start, of one shadow version. */
export interface Comparison {
  readonly version: string;
  readonly compared: number;
  /** Shadow answers whose primary never came, or came too late. */
  readonly unpaired: number;
  readonly statusEqual: number;
  /** Pairs in which both predictions could be read, and those of them that were equal. */
  readonly predictionsCompared: number;
  readonly predictionsEqual: number;
  /** Over all numbers predicted by both; null before the first. */
  readonly meanAbsoluteDifference: number | null;
  /** Shadow less primary, mean; null before the first pair. */
  readonly latencyDifferenceMs: number | null;
}

export interface Comparer {
  /** @param shadows how many were sent of the request, as far as is known: the answer is held until so many came */
  primary(answer: Answer, shadows: number): void;
  shadow(answer: Answer): void;
  /** Let go of halves whose time is over: call it now and then. */
  sweep(): void;
  /** Versions in order of their first shadow answer; empty for a model without one. */
  report(model: string): readonly Comparison[];
  /** Forget the sums of all models and versions but these. */
  retain(models: ReadonlyMap<string, ReadonlySet<string>>): void;
  counters(): {
    readonly waiting: number;
    readonly evicted: number;
    readonly expired: number;
    readonly tooLarge: number;
  };
}

interface Pending {
  readonly cells: number;
  readonly model: string;
  readonly primary: Answer | null;
  readonly shadows: readonly Answer[];
  /** Shadows that are still to come; 0 as long as the primary is. */
  awaited: number;
}

const NOBODY: readonly Answer[] = [];

interface Sums {
  compared: number;
  unpaired: number;
  statusEqual: number;
  predictionsCompared: number;
  predictionsEqual: number;
  absoluteDifference: number;
  numbers: number;
  latencyMs: number;
}

export function createComparer(options: ComparerOptions): Comparer {
  const { clock, pairsMax = 50_000, cellsMax = 2_000_000, ttlMs = 60_000, seed = 0 } = options;
  const models = new Map<string, Map<string, Sums>>();
  const bounds = { halvesMax: pairsMax, cellsMax, ttlMs, seed };
  const waiting = createWaitingHalves<Pending>(bounds, clock.now, leaveUnpaired);

  function sumsOf(model: string, version: string): Sums {
    let versions = models.get(model);
    if (versions === undefined) {
      versions = new Map();
      models.set(model, versions);
    }
    let sums = versions.get(version);
    if (sums === undefined) {
      sums = {
        compared: 0,
        unpaired: 0,
        statusEqual: 0,
        predictionsCompared: 0,
        predictionsEqual: 0,
        absoluteDifference: 0,
        numbers: 0,
        latencyMs: 0,
      };
      versions.set(version, sums);
    }
    return sums;
  }

  function leaveUnpaired({ model, primary, shadows }: Pending): void {
    if (primary === null) for (const { version } of shadows) sumsOf(model, version).unpaired++;
  }

  function compare(primary: Answer, shadow: Answer): void {
    const sums = sumsOf(shadow.model, shadow.version);
    sums.compared++;
    sums.latencyMs += shadow.latencyMs - primary.latencyMs;
    if (primary.status === shadow.status) sums.statusEqual++;
    if (primary.predictions === null || shadow.predictions === null) return;
    const { equal, absoluteDifference, numbers } = comparePredictions(primary.predictions, shadow.predictions);
    sums.predictionsCompared++;
    if (equal) sums.predictionsEqual++;
    sums.absoluteDifference += absoluteDifference;
    sums.numbers += numbers;
  }

  return {
    /** It goes with its last shadow: tens of thousands that nobody asks for any more would only be work for the collector. */
    primary(answer, shadows) {
      const entry = waiting.get(answer);
      const early = entry?.shadows ?? NOBODY;
      for (let i = 0; i < early.length; i++) compare(answer, early[i] as Answer);
      // A caller may use a decision id again while shadows of the first are still under way.
      const awaited = shadows - early.length + (entry?.awaited ?? 0);
      const { model } = answer;
      if (awaited > 0)
        waiting.hold(answer, { cells: cellsOf(answer), model, primary: answer, shadows: NOBODY, awaited });
      else if (entry !== undefined) waiting.drop(answer);
    },
    shadow(answer) {
      const entry = waiting.get(answer);
      if (entry?.primary != null) {
        compare(entry.primary, answer);
        entry.awaited -= 1;
        if (entry.awaited <= 0) waiting.drop(answer);
        return;
      }
      const { model } = answer;
      const sums = sumsOf(model, answer.version);
      const shadows = entry?.shadows ?? NOBODY;
      const cells = (entry?.cells ?? 0) + cellsOf(answer);
      if (shadows.length === SHADOWS_MAX) sums.unpaired++;
      else waiting.hold(answer, { cells, model, primary: null, shadows: [...shadows, answer], awaited: 0 });
    },
    sweep: waiting.sweep,
    report(model) {
      return [...(models.get(model) ?? [])].map(([version, { absoluteDifference, numbers, latencyMs, ...counts }]) => ({
        version,
        ...counts,
        meanAbsoluteDifference: numbers === 0 ? null : absoluteDifference / numbers,
        latencyDifferenceMs: counts.compared === 0 ? null : latencyMs / counts.compared,
      }));
    },
    retain(kept) {
      for (const [model, versions] of models) {
        const named = kept.get(model);
        if (named === undefined) models.delete(model);
        else for (const version of versions.keys()) if (!named.has(version)) versions.delete(version);
      }
    },
    counters: () => ({ waiting: waiting.size, ...waiting.counters }),
  };
}

const cellsOf = ({ predictions }: Answer): number =>
  1 + (predictions === null ? 0 : predictions.rows * predictions.columns.length);
