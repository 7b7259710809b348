// The blocks of all threads added up per key: what the exposition and the console read. A series is let go when the gateways
// have retired all of its blocks, never in part, since a counter that goes back would be read as a restart; the number of
// blocks is thereby bounded by versions in recent Plans x threads.

import type { Role } from '../model.ts';
import { HISTOGRAM_CELLS, quantileMs } from './histogram.ts';
import { GATEWAY, SERIES } from './layout.ts';
import type { MeterBlock } from './meters.ts';
import { createModelSums, type ModelSums } from './model-counts.ts';

/** The sum over threads for one (model, version, role). `cells` follow SERIES and are valid until the next refresh. */
export interface SeriesSum {
  readonly model: string;
  readonly version: string;
  readonly role: Role;
  readonly cells: Float64Array;
}

/** One (model, version, role) at one moment, for people to read. Counts since the start of the process. */
export interface SeriesSnapshot {
  readonly total: number;
  /** 5xx answers, and failures that were not the client's. */
  readonly errors: number;
  readonly inflight: number;
  readonly retries: number;
  readonly fallbacks: number;
  readonly latencyMs: Quantiles;
  readonly upstreamMs: Quantiles;
}

export interface Quantiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

export interface Sums {
  add(block: MeterBlock): void;
  /** Read all of shared memory, so that everything rendered from it belongs together. */
  refresh(): void;
  readonly series: readonly SeriesSum[];
  /** Cells follow GATEWAY. */
  readonly gateway: Float64Array;
  /** The same of each thread, for what cannot be added up; always current. */
  readonly threads: readonly { readonly thread: string; readonly cells: Float64Array }[];
  /** What capture is due, per model. */
  readonly models: ModelSums;
  /** One sum, read anew. */
  find(model: string, version: string, role: Role): SeriesSum | undefined;
}

interface Entry {
  readonly sum: Float64Array;
  blocks: Float64Array[];
  /** What retired blocks have counted, as long as others of the key are alive. */
  past: Float64Array | null;
}

export function createSums(): Sums {
  const series: SeriesSum[] = [];
  const byKey = new Map<string, { readonly row: SeriesSum; readonly entry: Entry }>();
  const gateway: Entry = { sum: new Float64Array(GATEWAY.length), blocks: [], past: null };
  const models = createModelSums();
  const threads: { readonly thread: string; readonly cells: Float64Array }[] = [];
  const keyOf = (model: string, version: string, role: Role): string => `${model}\n${version}\n${role}`;

  const seriesEntry = ({ model, version, role }: MeterBlock): Entry => {
    const key = keyOf(model, version, role);
    const found = byKey.get(key);
    if (found !== undefined) return found.entry;
    const entry: Entry = { sum: new Float64Array(SERIES.length), blocks: [], past: null };
    const row = { model, version, role, cells: entry.sum };
    byKey.set(key, { row, entry });
    series.push(row);
    return entry;
  };

  return {
    series,
    gateway: gateway.sum,
    threads,
    models,
    add(block) {
      if (block.kind === 'model') {
        models.add(block);
        return;
      }
      const cells = new Float64Array(block.memory);
      if (block.kind === 'gateway') threads.push({ thread: String(block.thread), cells });
      (block.kind === 'gateway' ? gateway : seriesEntry(block)).blocks.push(cells);
    },
    refresh() {
      addUp(gateway);
      for (const [key, { row, entry }] of byKey) {
        addUp(entry);
        if (!letGo(entry)) continue;
        byKey.delete(key);
        series.splice(series.indexOf(row), 1);
      }
    },
    find(model, version, role) {
      const found = byKey.get(keyOf(model, version, role));
      if (found !== undefined) addUp(found.entry);
      return found?.row;
    },
  };
}

function addUp({ sum, blocks, past }: Entry): void {
  const [first, ...rest] = past === null ? blocks : [past, ...blocks];
  if (first === undefined) return;
  sum.set(first);
  for (const block of rest) addTo(sum, block);
}

function addTo(sum: Float64Array, block: Float64Array): void {
  for (let cell = 0; cell < sum.length; cell++) sum[cell] = (sum[cell] as number) + (block[cell] as number);
}

/** Fold retired blocks of a series into its past. @returns whether none is left */
function letGo(entry: Entry): boolean {
  const isRetired = (block: Float64Array): boolean => block[SERIES.at.retired] === 1;
  if (!entry.blocks.some(isRetired)) return false;
  entry.past ??= new Float64Array(entry.sum.length);
  for (const block of entry.blocks) if (isRetired(block)) addTo(entry.past, block);
  entry.blocks = entry.blocks.filter((block) => !isRetired(block));
  return entry.blocks.length === 0;
}

export function snapshotOf({ cells }: SeriesSum): SeriesSnapshot {
  const { at } = SERIES;
  const read = (index: number): number => cells[index] as number;
  return {
    total: totalOf(cells),
    errors: read(at.errors),
    inflight: read(at.inflight),
    retries: read(at.retries),
    fallbacks: read(at.fallbacks),
    latencyMs: quantilesOf(cells.subarray(at.latency, at.latency + HISTOGRAM_CELLS)),
    upstreamMs: quantilesOf(cells.subarray(at.upstream, at.upstream + HISTOGRAM_CELLS)),
  };
}

/** Calls that ended, whatever their reason. */
export function totalOf(cells: Float64Array): number {
  let total = 0;
  for (let cell = SERIES.at.reasons; cell < SERIES.at.statuses; cell++) total += cells[cell] as number;
  return total;
}

/** @param histogram the cells of one histogram */
export function quantilesOf(histogram: Float64Array): Quantiles {
  return {
    p50: quantileMs(histogram, 0.5),
    p90: quantileMs(histogram, 0.9),
    p99: quantileMs(histogram, 0.99),
  };
}
