// The gateways' part of the accounts of capture, added up per model over all threads; read anew each time. What retired blocks
// have counted stays with the model until it is let go, by whoever keeps the other part, and with the process after that.

import { CAPTURE_DROPS, type CaptureDrop } from '../model.ts';
import { MODEL } from './layout.ts';
import type { MeterBlock } from './meters.ts';

export interface ModelCounts {
  readonly received: number;
  readonly dropped: Readonly<Record<CaptureDrop, number>>;
}

export interface ModelSums {
  add(block: MeterBlock): void;
  /** Models that were not let go. */
  models(): Iterable<string>;
  of(model: string): ModelCounts | undefined;
  /** Let a model go, once all of its blocks are retired: its counts become the past's. @returns whether it was */
  release(model: string): boolean;
  /** Of models that were let go. */
  past(): ModelCounts;
}

interface Sum {
  received: number;
  readonly dropped: Record<CaptureDrop, number>;
}

export function createModelSums(): ModelSums {
  const blocks = new Map<string, Float64Array[]>();
  const past = none();

  return {
    add({ model, memory }) {
      const own = blocks.get(model) ?? [];
      blocks.set(model, own);
      own.push(new Float64Array(memory));
    },
    models: () => [...blocks.keys()],
    of(model) {
      const own = blocks.get(model);
      if (own === undefined) return undefined;
      const sum = none();
      for (const block of own) addTo(sum, block);
      return sum;
    },
    release(model) {
      const own = blocks.get(model) ?? [];
      if (own.length === 0 || !own.every(isRetired)) return false;
      for (const block of own) addTo(past, block);
      blocks.delete(model);
      return true;
    },
    past: () => past,
  };
}

function isRetired(block: Float64Array): boolean {
  return block[MODEL.at.retired] === 1;
}

/** Drops are read before what was received: a gateway counts them the other way round. */
function addTo(sum: Sum, block: Float64Array): void {
  for (let i = 0; i < CAPTURE_DROPS.length; i++) {
    sum.dropped[CAPTURE_DROPS[i] as CaptureDrop] += block[MODEL.at.captureDrops + i] as number;
  }
  sum.received += block[MODEL.at.received] as number;
}

function none(): Sum {
  return {
    received: 0,
    dropped: { monitor_behind: 0, record_too_large: 0, disk_full: 0, write_failed: 0, draining: 0 },
  };
}
