// How units of every kind spread over the slots, salt after salt: chi-square p-values of the bucket counts, and of the joint
// counts of two models, which must themselves be uniform.

import { finalize } from '../../src/kernel/murmur3.ts';
import { SLOTS } from '../../src/model.ts';
import { saltBytes, slotOf } from '../../src/split/slot.ts';
import { chiSquareTail } from '../../src/statistics/chi-square.ts';

export interface Family {
  readonly name: string;
  unit(index: number): string;
}

const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(8, '0').slice(0, digits);

/** Version 4, from the index alone. */
function uuid(index: number): string {
  const [a, b, c, d] = [1, 2, 3, 4].map((word) => finalize(Math.imul(index + 1, 0x9e3779b1) ^ (word * 0x85ebca6b)));
  return `${hex(a ?? 0, 8)}-${hex(b ?? 0, 4)}-4${hex(c ?? 0, 3)}-a${hex(d ?? 0, 3)}-${hex(b ?? 0, 8)}${hex((c ?? 0) ^ (d ?? 0), 4)}`;
}

const PARTS = [
  ...['李', '王', '山', '田', '佐', '藤', '鈴', '高', '김', '이', '박', '최', 'さ', 'く', 'ら', 'モ', 'デ', 'ル'],
  ...['Ив', 'Ол', 'Сер', 'гей', 'Γι', 'ώρ', 'μα', 'مح', 'مد', 'علي', 'שר', 'הד', 'हि', 'न्दी', 'ไทย', 'தமி', 'ழ்'],
  ...['Zoë', 'Å', 'e\u0301', '😀', '𠮷'],
];

/** Four parts, so that a million of them are all different. */
function name(index: number): string {
  const radix = PARTS.length;
  const digit = (power: number): string => PARTS[Math.floor(index / radix ** power) % radix] ?? '';
  return `${digit(0)}${digit(1)} ${digit(2)}${digit(3)}`;
}

export const FAMILIES: readonly Family[] = [
  { name: 'sequential ids', unit: (index) => String(index) },
  { name: 'UUIDs', unit: uuid },
  { name: 'e-mail addresses', unit: (index) => `user.${index % 977}.${index}@mail${index % 13}.example.com` },
  { name: 'names in other scripts', unit: name },
];

export interface SpreadResult {
  readonly family: string;
  readonly units: number;
  readonly salts: number;
  /** p-values of the 10,000 bucket counts against equal ones, one per salt. */
  readonly buckets: PValues;
  /** p-values of independence, one per pair of neighbouring salts. */
  readonly pairs: PValues;
}

export interface PValues {
  readonly least: number;
  /** Probability of p-values at least this far from uniform ones (Kolmogorov-Smirnov). */
  readonly uniform: number;
}

/** Coarse slots for pairs: 20 x 20 cells. */
const COARSE = 20;

export function simulateSpread(family: Family, units: number, salts: number): SpreadResult {
  const bytes = encode(family, units);
  const buckets: number[] = [];
  const pairs: number[] = [];
  let previous: Uint16Array | null = null;
  for (let salt = 0; salt < salts; salt++) {
    const slots = slotsOf(bytes, `model-${salt}`);
    buckets.push(bucketP(slots));
    if (previous !== null) pairs.push(pairP(previous, slots));
    previous = slots;
  }
  return { family: family.name, units, salts, buckets: summary(buckets), pairs: summary(pairs) };
}

/** Slots of a family's units under a salt. */
export function slotsOfFamily(family: Family, units: number, salt: string): Uint16Array {
  return slotsOf(encode(family, units), salt);
}

interface Encoded {
  readonly bytes: Uint8Array;
  /** Where each unit begins, and where the last one ends. */
  readonly starts: Uint32Array;
}

function encode(family: Family, units: number): Encoded {
  const starts = new Uint32Array(units + 1);
  let bytes = new Uint8Array(units * 16);
  const encoder = new TextEncoder();
  for (let index = 0, at = 0; index < units; index++) {
    if (at + 256 > bytes.length) {
      const larger = new Uint8Array(bytes.length * 2 + 256);
      larger.set(bytes);
      bytes = larger;
    }
    at += encoder.encodeInto(family.unit(index), bytes.subarray(at)).written;
    starts[index + 1] = at;
  }
  return { bytes, starts };
}

function slotsOf({ bytes, starts }: Encoded, salt: string): Uint16Array {
  const slots = new Uint16Array(starts.length - 1);
  const prefix = saltBytes(salt);
  for (let index = 0; index < slots.length; index++) {
    slots[index] = slotOf(prefix, bytes.subarray(starts[index] as number, starts[index + 1] as number));
  }
  return slots;
}

function bucketP(slots: Uint16Array): number {
  const counts = new Uint32Array(SLOTS);
  for (const slot of slots) counts[slot] = (counts[slot] as number) + 1;
  const expected = slots.length / SLOTS;
  const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return chiSquareTail(chi, SLOTS - 1);
}

/** Pearson's test of independence on the joint counts, with the margins that were seen. */
function pairP(a: Uint16Array, b: Uint16Array): number {
  const joint = new Float64Array(COARSE * COARSE);
  const [rows, columns] = [new Float64Array(COARSE), new Float64Array(COARSE)];
  const width = SLOTS / COARSE;
  for (let index = 0; index < a.length; index++) {
    const row = Math.floor((a[index] as number) / width);
    const column = Math.floor((b[index] as number) / width);
    joint[row * COARSE + column] = (joint[row * COARSE + column] as number) + 1;
    rows[row] = (rows[row] as number) + 1;
    columns[column] = (columns[column] as number) + 1;
  }
  const chi = joint.reduce((sum, count, cell) => {
    const expected = ((rows[Math.floor(cell / COARSE)] as number) * (columns[cell % COARSE] as number)) / a.length;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return chiSquareTail(chi, (COARSE - 1) ** 2);
}

function summary(values: readonly number[]): PValues {
  return { least: Math.min(...values), uniform: uniformP(values) };
}

/** Kolmogorov-Smirnov against the uniform law, with Stephens' correction for small samples (1970). */
function uniformP(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const distance = Math.max(...sorted.map((value, at) => Math.max((at + 1) / n - value, value - at / n)));
  const t = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * t * t);
  return t < 0.2 ? 1 : Math.min(1, Math.max(0, sum));
}
