// Live rows against the schema of their baseline, from the first ones on: what appears of which the baseline's rows had none - a
// column, a null, a type, a number out of range, a category - and columns that vanish. A definition that was changed upstream shows
// here at once, where drift of shares takes a window. It reads counts that are there anyway, once a second at most.
//
// Each is the same question: had none of the baseline's N rows the property, how likely is it that k of n rows have it by chance?
// (statistics/newcomers.ts). It is asked of the rows since the last look and of those in the ticks that are held; found is what
// either makes less likely than one in 10^9: against 10,000 rows three faulty ones in a row are enough, and from a baseline of three
// rows nothing ever follows.

import { newcomerTail } from '../../statistics/newcomers.ts';
import {
  ABOVE,
  BELOW,
  INFINITE,
  MISSING,
  NAN,
  NEVER_SEEN,
  NULL,
  OTHER,
  SPECIALS,
  WRONG_TYPE,
} from '../baseline/binning.ts';
import type { Reference } from '../baseline/reference.ts';
import { unitOf } from '../cause/unit-change.ts';
import type { Stream, StreamGroup } from '../counts/stream-group.ts';

export const SCHEMA_KINDS = ['new', 'vanished', 'null', 'not a number', 'type', 'range', 'unit', 'category'] as const;
export type SchemaKind = (typeof SCHEMA_KINDS)[number];

export interface SchemaFinding {
  readonly feature: string;
  readonly kind: SchemaKind;
  /** Rows (of a new column: calls) that have it, of so many, in the ticks that are held. */
  rows: number;
  of: number;
  /** Unix milliseconds of the look that found it. */
  readonly since: number;
  /** In plain words. */
  text: string;
}

export interface SchemaCheck {
  /** Those that hold. */
  readonly findings: readonly SchemaFinding[];
  /** Found and not kept, since there were too many. */
  readonly beyond: number;
  /** The round in which it was looked at last: the caller's. */
  turn: number;
  /** A call had a column that the baseline has not. */
  unknown(name: string): void;
  /**
   * Look at the counts of the ticks that are held.
   * @param tick the one under way
   * @param at unix milliseconds
   * @returns what was not there before
   */
  look(group: StreamGroup, tick: number, at: number): readonly SchemaFinding[];
}

/** Below it, chance is no explanation: 10,000 columns looked at for years. */
const LEVEL = 1e-9;
const FINDINGS_MAX = 200;
const NAMES_MAX = 200;

interface Unknown {
  /** In the ticks that are held, about: since it was seen first, or seen again. */
  calls: number;
  counted: number;
  lastTick: number;
}

export function createSchemaCheck(): SchemaCheck {
  const open = new Map<string, SchemaFinding>();
  const names = new Map<string, Unknown>();
  let beyond = 0;
  let looked = '';
  let callsBefore = 0;
  const before = new WeakMap<Stream, Float64Array>();

  function unknown(name: string): void {
    const known = names.get(name);
    if (known !== undefined) known.calls++;
    else if (names.size < NAMES_MAX) names.set(name, { calls: 1, counted: 0, lastTick: -1 });
    else beyond++;
  }

  function look(group: StreamGroup, tick: number, at: number): readonly SchemaFinding[] {
    const first = tick - group.ticks.slots + 1;
    let calls = 0;
    for (let one = Math.max(0, first); one <= tick; one++) calls += group.ticks.callsAt(one);
    const state = `${tick} ${calls}`;
    if (state === looked || calls === 0) return [];
    looked = state;
    const fresh: SchemaFinding[] = [];
    const settle = (feature: string, kind: SchemaKind, found: Found | null, chance: number): void => {
      const key = `${kind} ${feature}`;
      const known = open.get(key);
      if (found === null) {
        open.delete(key);
      } else if (known !== undefined) {
        Object.assign(known, found);
      } else if (chance < LEVEL) {
        if (open.size >= FINDINGS_MAX) beyond++;
        else {
          const finding = { feature, kind, since: at, ...found };
          open.set(key, finding);
          fresh.push(finding);
        }
      }
    };
    for (const stream of group.streams) {
      if (stream.reference === null) continue;
      const last = before.get(stream) ?? new Float64Array(SPECIALS + 2);
      before.set(stream, last);
      lookAt(rowsOf(group, stream, stream.reference, first, tick, last), settle);
    }
    lookAtNew(group, first, tick, calls, settle);
    callsBefore = calls;
    return fresh;
  }

  function lookAtNew(group: StreamGroup, first: number, tick: number, calls: number, settle: Settle): void {
    const old = Math.min(...group.streams.map(({ reference }) => reference?.rows ?? 0));
    for (const [feature, one] of names) {
      const since = one.calls - one.counted;
      if (since > 0) one.lastTick = tick;
      one.counted = one.calls;
      const isGone = one.lastTick < first;
      const rows = Math.min(one.calls, calls);
      const lately = newcomerTail(old, Math.max(since, calls - callsBefore), since);
      const chance = Math.min(newcomerTail(old, calls, rows), lately);
      const text = `new: the baseline has no such column; in ${rows} of the last ${calls} calls`;
      settle(feature, 'new', isGone ? null : { rows, of: calls, text }, chance);
      if (isGone) names.delete(feature);
    }
  }

  return {
    get findings() {
      return [...open.values()];
    },
    get beyond() {
      return beyond;
    },
    turn: 0,
    unknown,
    look,
  };
}

interface Found {
  readonly rows: number;
  readonly of: number;
  readonly text: string;
}
/** @param found null where no row has it @param chance of it where nothing has changed */
type Settle = (feature: string, kind: SchemaKind, found: Found | null, chance: number) => void;

/** Rows of one column, by special bin: in the ticks that are held, and since the last look. */
interface Rows {
  readonly name: string;
  readonly reference: Reference;
  readonly all: Float64Array;
  readonly allRows: number;
  readonly late: Float64Array;
  readonly lateRows: number;
  /** The last numbers of a numeric column. */
  readonly recent: () => Float32Array | null;
}

/** @param last counts of the tick under way at the last look, their sum, and that tick; brought up to date */
function rowsOf(
  group: StreamGroup,
  stream: Stream,
  reference: Reference,
  first: number,
  tick: number,
  last: Float64Array,
): Rows {
  const { size } = reference.binning;
  const all = new Float64Array(size);
  const now = new Float64Array(size);
  group.ticks.sum(first, tick - 1, stream.offset, size, all);
  group.ticks.sum(tick, tick, stream.offset, size, now);
  const isSameTick = last[SPECIALS + 1] === tick;
  const late = now.slice(0, SPECIALS);
  let [allRows, nowRows] = [0, 0];
  for (let bin = 0; bin < size; bin++) {
    const count = now[bin] as number;
    all[bin] = (all[bin] as number) + count;
    allRows += all[bin] as number;
    nowRows += count;
    if (bin >= SPECIALS) continue;
    if (isSameTick) late[bin] = count - (last[bin] as number);
    last[bin] = count;
  }
  const lateRows = isSameTick ? nowRows - (last[SPECIALS] as number) : nowRows;
  last[SPECIALS] = nowRows;
  last[SPECIALS + 1] = tick;
  const recent = () => (stream.ring === -1 ? null : group.recent.valuesOf(stream.ring));
  return { name: stream.name, reference, all, allRows, late, lateRows, recent };
}

function lookAt(rows: Rows, settle: Settle): void {
  const { name, reference, all, allRows: of, late, lateRows } = rows;
  const { binning, counts: before } = reference;
  if (of === 0) return;
  const sum = (counts: Float64Array, bins: readonly number[]): number =>
    bins.reduce((total, bin) => total + (counts[bin] as number), 0);
  const never = (...bins: readonly number[]): boolean => sum(before, bins) === 0;
  const say = (
    kind: SchemaKind,
    bins: readonly number[],
    isNew: boolean,
    text: () => string,
    old = reference.rows,
  ): void => {
    const found = sum(all, bins);
    if (found === 0 || !isNew) {
      settle(name, kind, null, 1);
      return;
    }
    const chance = Math.min(newcomerTail(old, of, found), newcomerTail(old, lateRows, sum(late, bins)));
    settle(name, kind, { rows: found, of, text: `${text()}; ${found} of the last ${of} rows` }, chance);
  };

  // A table of training data cannot tell a column that is absent from one that is null: only what no row has any more has vanished.
  const isGone = lateRows > 0 && late[MISSING] === lateRows;
  const lacks = (): string =>
    isGone ? 'vanished: rows no longer have it' : 'missing in some rows, which it never was';
  say('vanished', [MISSING], never(MISSING) && (isGone || never(NULL)), lacks);
  say('null', [NULL], never(NULL, MISSING), () => 'null, which it never was');
  say('not a number', [NAN, INFINITE], never(NAN, INFINITE), () => 'NaN or infinite, which it never was');
  if (!isNoLongerWhole(rows, settle)) say('type', [WRONG_TYPE], never(WRONG_TYPE), () => typeText(reference));
  if (binning.kind === 'categorical') {
    // Never seen is what it is by definition; how much of that is left to see, categories seen once tell (Good, Biometrika 40, 1953).
    const once = before.subarray(SPECIALS).reduce((count, one) => count + (one === 1 ? 1 : 0), before[OTHER] as number);
    const isNew = never(NEVER_SEEN) && !binning.open;
    say('category', [NEVER_SEEN], isNew, () => 'a category never seen', reference.rows / (1 + once));
    return;
  }
  const isOutside = never(BELOW, ABOVE) && sum(all, [BELOW, ABOVE]) > 0;
  const recent = isOutside ? rows.recent() : null;
  const unit = recent === null ? null : unitOf(reference, recent);
  const range = rangeText(reference);
  say('unit', [BELOW, ABOVE], isOutside && unit !== null, () => `${unit?.text ?? ''}: out of the range ${range}`);
  // Both ends may be left: each is held against half of the old rows, which is less than they tell.
  say('range', [BELOW, ABOVE], isOutside && unit === null, () => `out of the range ${range}`, reference.rows / 2);
}

/** Among the last numbers of a column that was whole. @returns whether some are not */
function isNoLongerWhole({ name, reference, recent }: Rows, settle: Settle): boolean {
  const values = reference.schema?.type === 'integer' ? recent() : null;
  if (values === null) return false;
  let found = 0;
  for (const value of values) if (!Number.isInteger(value)) found++;
  if (found === 0) return false;
  const text = `not whole, which it always was; ${found} of the last ${values.length} numbers`;
  settle(name, 'type', { rows: found, of: values.length, text }, newcomerTail(reference.rows, values.length, found));
  return true;
}

function typeText({ schema, binning }: Reference): string {
  if (schema?.type === 'empty') return 'a value, where the baseline never had one';
  const plain = binning.kind === 'numeric' ? 'number' : 'text';
  return `of another type than ${schema === null || schema.type === 'mixed' ? plain : schema.type}`;
}

function rangeText({ schema }: Reference): string {
  if (schema === null || schema.range === null) return 'of the baseline';
  const [low, high] = schema.range;
  return `${Number(low.toPrecision(5))} to ${Number(high.toPrecision(5))}`;
}
