// The gateways' part of the accounts of capture, added up per model over all threads; read anew each time. What retired blocks
// have counted stays with the model for as long as it is kept, and with the process after that.

import { CAPTURE_DROPS, type CaptureDrop } from '../model.ts';
import { MODEL } from './layout.ts';
import type { MeterBlock } from './meters.ts';

export interface ModelCounts {
  readonly received: number;
  readonly dropped: Readonly<Record<CaptureDrop, number>>;
}

export interface ModelSums {
  add(block: MeterBlock): void;
  /** Models with a block that is not retired. */
  models(): Iterable<string>;
  of(model: string): ModelCounts | undefined;
  /** Of models whose blocks are all retired. */
  past(): ModelCounts;
}

interface Sum {
  received: number;
  readonly dropped: Record<CaptureDrop, number>;
}

interface Entry {
  blocks: Float64Array[];
  /** Of blocks that are retired. */
  readonly past: Sum;
}

export function createModelSums(): ModelSums {
  const entries = new Map<string, Entry>();
  const past = none();

  /** Retired blocks leave their counts behind; a model without any other goes. */
  function sweep(model: string, entry: Entry): boolean {
    for (const block of entry.blocks) if (isRetired(block)) addTo(entry.past, block);
    entry.blocks = entry.blocks.filter((block) => !isRetired(block));
    if (entry.blocks.length > 0) return true;
    entries.delete(model);
    past.received += entry.past.received;
    for (const reason of CAPTURE_DROPS) past.dropped[reason] += entry.past.dropped[reason];
    return false;
  }

  return {
    add({ model, memory }) {
      const entry = entries.get(model) ?? { blocks: [], past: none() };
      entries.set(model, entry);
      entry.blocks.push(new Float64Array(memory));
    },
    models() {
      return [...entries].filter(([model, entry]) => sweep(model, entry)).map(([model]) => model);
    },
    of(model) {
      const entry = entries.get(model);
      if (entry === undefined) return undefined;
      const sum: Sum = { received: entry.past.received, dropped: { ...entry.past.dropped } };
      for (const block of entry.blocks) addTo(sum, block);
      return sum;
    },
    past: () => past,
  };
}

function isRetired(block: Float64Array): boolean {
  return block[MODEL.at.retired] === 1;
}

/** Drops are read before what was received: a gateway counts them the other way round. */
function addTo(sum: Sum, block: Float64Array): void {
  for (const [i, reason] of CAPTURE_DROPS.entries()) sum.dropped[reason] += block[MODEL.at.captureDrops + i] as number;
  sum.received += block[MODEL.at.received] as number;
}

function none(): Sum {
  return {
    received: 0,
    dropped: { monitor_behind: 0, record_too_large: 0, disk_full: 0, write_failed: 0, draining: 0 },
  };
}
