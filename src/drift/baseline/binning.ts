// Which bin a value falls in. Bins are frozen with the baseline, so that counts stay exact integers that add up in any order.
// What is no plain value of the column - null, missing, NaN, infinite, of another type, outside the baseline's range, a
// category nobody has seen - has bins of its own, since such changes are the most common drift of all.

import type { Value } from '../../protocols/protocol.ts';

/** The first bins of every column. The last two mean below-min and above-max, or other and never-seen. */
export const NULL = 0;
export const MISSING = 1;
export const NAN = 2;
export const INFINITE = 3;
export const WRONG_TYPE = 4;
export const BELOW = 5;
export const ABOVE = 6;
export const OTHER = 5;
export const NEVER_SEEN = 6;
/** How many there are: the bins of plain values follow. */
export const SPECIALS = 7;

export const NUMERIC_SPECIALS = ['null', 'missing', 'NaN', 'infinite', 'wrong type', 'below min', 'above max'] as const;
export const CATEGORICAL_SPECIALS = [
  'null',
  'missing',
  'NaN',
  'infinite',
  'wrong type',
  'other',
  'never seen',
] as const;

/** Longer texts are not categories that anyone would list: they count as other. */
export const CATEGORY_LENGTH_MAX = 128;

/** With the slot at the end 64 bytes, which V8 keeps inside the array's own object. */
const GUIDE_SLOTS = 63;

export interface NumericBinning {
  readonly kind: 'numeric';
  /** Bins, special ones included. */
  readonly size: number;
  /** Slots per unit, then the edges, ascending: bin SPECIALS + i is [edges[i], edges[i + 1]). One block, for the cache's sake. */
  readonly grid: Float64Array;
  /** Per slot of equal width: the last bin that surely starts before every value in it. */
  readonly guide: Uint8Array;
}

export interface CategoricalBinning {
  readonly kind: 'categorical';
  readonly size: number;
  readonly categories: readonly string[];
  /** Category -> bin; what the baseline knows but pools is OTHER. */
  readonly known: ReadonlyMap<string, number>;
  /** Where the baseline's own list of categories was cut off: then an unknown one is OTHER, not NEVER_SEEN. */
  readonly open: boolean;
  /** Whether numbers are categories here (codes), or of the wrong type. */
  readonly takesNumbers: boolean;
}

export type Binning = NumericBinning | CategoricalBinning;

/** @param edges at least two, strictly ascending and finite, 250 at most */
export function numericBinning(edges: Float64Array): NumericBinning {
  const low = edges[0] as number;
  const scale = GUIDE_SLOTS / ((edges[edges.length - 1] as number) - low);
  const guide = new Uint8Array(GUIDE_SLOTS + 1);
  let bin = 0;
  for (let slot = 0; slot <= GUIDE_SLOTS; slot++) {
    // Slots are monotone in the value, rounding included: an edge in an earlier slot lies below every value of this one.
    while (bin + 2 < edges.length && slotOf(edges[bin + 1] as number, low, scale) < slot) bin++;
    guide[slot] = bin;
  }
  const grid = Float64Array.of(scale, ...edges);
  return { kind: 'numeric', size: SPECIALS + edges.length - 1, grid, guide };
}

export const edgesOf = (binning: NumericBinning): Float64Array => binning.grid.subarray(1);

/** @param categories with a bin each, distinct; `others` are known without one */
export function categoricalBinning(
  categories: readonly string[],
  others: readonly string[],
  open: boolean,
): CategoricalBinning {
  const known = new Map<string, number>();
  for (const other of others) known.set(other, OTHER);
  categories.forEach((category, index) => {
    known.set(category, SPECIALS + index);
  });
  const takesNumbers = categories.length > 0 && categories.every(isNumberText);
  return { kind: 'categorical', size: SPECIALS + categories.length, categories, known, open, takesNumbers };
}

const isNumberText = (text: string): boolean => Number.isFinite(Number(text)) && String(Number(text)) === text;

const slotOf = (value: number, low: number, scale: number): number => ((value - low) * scale) | 0;

/** Count the values from index `from` on in cells[base ...]: some ten nanoseconds a value. */
export function countValues(
  binning: Binning,
  values: readonly (Value | undefined)[],
  from: number,
  cells: Uint32Array | Float64Array,
  base: number,
): void {
  if (binning.kind === 'categorical') {
    for (let i = from; i < values.length; i++) {
      const cell = base + categoryBin(binning, values[i]);
      cells[cell] = (cells[cell] as number) + 1;
    }
    return;
  }
  for (let i = from; i < values.length; i++) {
    const value = values[i];
    const cell = base + (typeof value === 'number' ? numberBin(binning, value) : notANumber(value));
    cells[cell] = (cells[cell] as number) + 1;
  }
}

export function binOf(binning: Binning, value: Value | undefined): number {
  if (binning.kind === 'categorical') return categoryBin(binning, value);
  return typeof value === 'number' ? numberBin(binning, value) : notANumber(value);
}

function numberBin({ grid, guide }: NumericBinning, value: number): number {
  const low = grid[1] as number;
  if (value >= low && value < (grid[grid.length - 1] as number)) {
    let bin = guide[slotOf(value, low, grid[0] as number)] as number;
    while (value >= (grid[bin + 2] as number)) bin++;
    return SPECIALS + bin;
  }
  return notFinite(value) ?? (value < low ? BELOW : ABOVE);
}

function categoryBin(binning: CategoricalBinning, value: Value | undefined): number {
  if (value === null) return NULL;
  if (value === undefined) return MISSING;
  if (typeof value === 'number') {
    const special = notFinite(value);
    if (special !== undefined) return special;
    if (!binning.takesNumbers) return WRONG_TYPE;
  }
  const key = typeof value === 'string' ? value : String(value);
  if (key.length > CATEGORY_LENGTH_MAX) return OTHER;
  return binning.known.get(key) ?? (binning.open ? OTHER : NEVER_SEEN);
}

function notANumber(value: Value | undefined): number {
  if (value === null) return NULL;
  return value === undefined ? MISSING : WRONG_TYPE;
}

function notFinite(value: number): number | undefined {
  if (Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? NAN : INFINITE;
}
