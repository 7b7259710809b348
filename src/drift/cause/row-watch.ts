// Where the changes of one version's inputs live: its rows sampled (row-sample.ts), divided by caller and by every column that has
// few values, and searched (segment.ts). What is found in a group alone is looked at once more there: a swap of two columns by one
// caller is no swap in the whole.

import type { Random } from '../../kernel/random.ts';
import type { Table } from '../../protocols/protocol.ts';
import { type Binning, binOf, MISSING, SPECIALS } from '../baseline/binning.ts';
import { createReference } from '../baseline/reference.ts';
import type { Stream } from '../counts/stream-group.ts';
import { type Cause, type CauseKind, type Located, percent, quoted, type Where } from './cause.ts';
import { causeOf } from './column-cause.ts';
import { createRowSample, WIDTH_MAX } from './row-sample.ts';
import { type Division, type Found, locate, type SampledRows, UNBINNED } from './segment.ts';
import { isSwapped } from './swap.ts';

export interface RowWatch {
  offer(table: Table, tick: number, caller: string): void;
  /** @param cause of the column as a whole */
  locate(stream: Stream, cause: Cause | null): Located;
}

/** Values of a column that rows are divided by; numbers by quarters. */
const GROUPS_MAX = 64;
const QUARTERS = 4;

/** @param streams of the requests of one version and role; more may join */
export function createRowWatch(streams: readonly Stream[], ticks: number, random: Random): RowWatch {
  const sample = createRowSample(ticks, random, () => !streams.some(isDrifting));
  const indices = new Map<string, number>();

  function indexOf(name: string): number | undefined {
    for (let i = indices.size; i < streams.length; i++) indices.set((streams[i] as Stream).name, i);
    return indices.get(name);
  }

  function fillRow(table: Table, row: number, into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] = streams[i]?.binning ? MISSING : UNBINNED;
    for (const { name, values } of table.columns) {
      const index = indexOf(name);
      if (index === undefined || index >= into.length) continue;
      const { binning } = streams[index] as Stream;
      if (binning !== null) into[index] = binOf(binning, values[row]);
    }
  }

  return {
    offer(table, tick, caller) {
      const width = Math.min(streams.length, WIDTH_MAX);
      for (let row = 0; row < table.rows; row++) {
        const into = sample.offer(tick, caller, width);
        if (into !== null) fillRow(table, row, into);
      }
    },
    locate(stream, cause) {
      const column = indexOf(stream.name);
      const { binning } = stream;
      const [before, now] = [sample.before(), sample.now()];
      if (column === undefined || column >= before.width || binning === null) return { cause, where: null };
      const divisions = [
        divisionByCaller(sample.callers),
        ...streams.flatMap((one, index) => (index === column ? [] : divisionBy(one, index, before))),
      ].filter(({ groups }) => groups.length > 1);
      const found = locate(before, now, column, divisions);
      if (found === null) return { cause, where: null };
      const where = whereOf(found);
      if (found.how === 'mix') return { cause: { kind: 'mix of segments', text: where.text, explains: 1 }, where };
      const inside = { before: rowsOf(before, found), now: rowsOf(now, found) };
      return { cause: closer({ stream, binning, column, ...inside }) ?? cause, where };
    },
  };

  /** The cause as it shows in the group alone. */
  function closer(at: {
    readonly stream: Stream;
    readonly binning: Binning;
    readonly column: number;
    readonly before: SampledRows;
    readonly now: SampledRows;
  }): Cause | null {
    for (const [index, other] of streams.entries()) {
      if (index === at.column || index >= at.now.width || other.binning === null) continue;
      const one = { index: at.column, binning: at.binning };
      if (isSwapped(at.before, at.now, one, { index, binning: other.binning })) {
        return { kind: 'swap', text: `looks swapped with ${other.name}`, explains: 1 };
      }
    }
    const counts = countsOf(at.now, at.column, at.binning.size);
    const found = causeOf(
      createReference(at.binning, countsOf(at.before, at.column, at.binning.size), false),
      counts,
      null,
    );
    return found !== null && TOLD_BY_COUNTS.has(found.kind) ? found : null;
  }
}

const isDrifting = ({ verdict }: Stream): boolean => verdict.status === 'drifting';

/** Kinds that bins alone show, without the values. */
const TOLD_BY_COUNTS: ReadonlySet<CauseKind> = new Set(['null rate', 'new category', 'type', 'not finite']);

function divisionByCaller(callers: readonly string[]): Division {
  return { name: 'caller', groups: [...callers, 'others'], groupOf: ({ callers: asked }, row) => asked[row] as number };
}

/** By category; numbers by quarters of what was before. None where a column has too many values, or just one. */
function divisionBy({ name, binning }: Stream, column: number, before: SampledRows): readonly Division[] {
  if (binning === null || column >= before.width) return [];
  const groupOfBin = new Int16Array(256).fill(-1);
  if (binning.kind === 'categorical') {
    if (binning.categories.length > GROUPS_MAX) return [];
    binning.categories.forEach((_, index) => {
      groupOfBin[SPECIALS + index] = index;
    });
    return [{ name, groups: binning.categories, groupOf: byBin(groupOfBin, column) }];
  }
  const counts = countsOf(before, column, binning.size);
  const plain = counts.subarray(SPECIALS).reduce((sum, count) => sum + count, 0);
  if (plain === 0) return [];
  let passed = 0;
  for (let bin = SPECIALS; bin < binning.size; bin++) {
    const share = (counts[bin] as number) / plain;
    groupOfBin[bin] = Math.min(QUARTERS - 1, Math.floor((passed + share / 2) * QUARTERS));
    passed += share;
  }
  return [{ name, groups: QUARTER_NAMES, groupOf: byBin(groupOfBin, column) }];
}

const QUARTER_NAMES = ['its lowest quarter', 'its second quarter', 'its third quarter', 'its highest quarter'];

const byBin =
  (groupOfBin: Int16Array, column: number): Division['groupOf'] =>
  ({ bins, width }, row) =>
    groupOfBin[bins[row * width + column] as number] as number;

function whereOf({ how, division, group, shareBefore, shareNow }: Found): Where {
  const value = division.groups[group] ?? '';
  const isQuarter = division.groups === QUARTER_NAMES;
  const rows =
    division.name === 'caller'
      ? `rows of caller ${value}`
      : isQuarter
        ? `rows with ${division.name} in ${value}`
        : `rows with ${division.name} ${quoted(value)}`;
  const text =
    how === 'only'
      ? `only in ${rows} (${percent(shareNow)} of all)`
      : `more ${rows}: ${percent(shareNow)}, ${percent(shareBefore)} before; within each group nothing changed`;
  return { key: division.name, value, how, shareBefore, shareNow, text };
}

function rowsOf(sample: SampledRows, { division, group }: Found): SampledRows {
  const kept: number[] = [];
  for (let row = 0; row < sample.rows; row++) if (division.groupOf(sample, row) === group) kept.push(row);
  const bins = new Uint8Array(kept.length * sample.width);
  kept.forEach((row, at) => {
    bins.set(sample.bins.subarray(row * sample.width, (row + 1) * sample.width), at * sample.width);
  });
  return {
    rows: kept.length,
    width: sample.width,
    bins,
    callers: Uint8Array.from(kept, (row) => sample.callers[row] as number),
  };
}

function countsOf(sample: SampledRows, column: number, size: number): Float64Array {
  const counts = new Float64Array(size);
  for (let row = 0; row < sample.rows; row++) {
    const bin = sample.bins[row * sample.width + column] as number;
    if (bin < size) counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}
