// Sets of slots as text: `0-41,57,60-61`, ascending, both ends included, as short as it can be. One set has one text.

import { SLOTS } from '../model.ts';

/** In the place of ranges: every slot that no other owner has. */
export const REST = 'rest';

/**
 * @param owners of the slots; @param wanted which owner's slots to write
 * @returns the empty text where it owns none
 */
export function writeRanges(owners: ArrayLike<number>, wanted: number): string {
  const parts: string[] = [];
  for (let slot = 0; slot < owners.length; slot++) {
    if (owners[slot] !== wanted) continue;
    const from = slot;
    while (slot + 1 < owners.length && owners[slot + 1] === wanted) slot++;
    parts.push(from === slot ? String(from) : `${from}-${slot}`);
  }
  return parts.join(',');
}

/**
 * Calls `take` with each range in order. Digit by digit: a lock of many models holds millions of them.
 * @returns what is wrong with the text, or null; `take` may have been called before the fault was met
 */
export function readRanges(text: string, take: (from: number, to: number) => void): string | null {
  if (text === '') return null;
  let last = -2;
  for (let at = 0; at <= text.length; at++) {
    const start = at;
    at = numberEnd(text, start);
    const from = numberIn(text, start, at);
    const isRange = text.charCodeAt(at) === DASH;
    const second = isRange ? at + 1 : start;
    at = numberEnd(text, second);
    const to = numberIn(text, second, at);
    if (from < 0 || to < 0 || (at !== text.length && text.charCodeAt(at) !== COMMA)) {
      return `${JSON.stringify(partAt(text, start))} is no slot and no range of slots`;
    }
    if (from >= SLOTS || to >= SLOTS) return `slot ${Math.max(from, to)} is above ${SLOTS - 1}`;
    if (from <= last + 1 || (isRange && to <= from)) return `${partAt(text, start)} is out of order`;
    take(from, to);
    last = to;
  }
  return null;
}

const COMMA = 44;
const DASH = 45;
const ZERO = 48;
const DIGITS_MAX = 9;
const SHOWN_MAX = 20;

function numberEnd(text: string, start: number): number {
  let at = start;
  for (; at - start <= DIGITS_MAX; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
  }
  return at;
}

/** -1 where there are no digits, too many, or a zero before others. */
function numberIn(text: string, start: number, end: number): number {
  const digits = end - start;
  if (digits === 0 || digits > DIGITS_MAX || (digits > 1 && text.charCodeAt(start) === ZERO)) return -1;
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + text.charCodeAt(at) - ZERO;
  return value;
}

function partAt(text: string, start: number): string {
  const comma = text.indexOf(',', start);
  return text.slice(start, Math.min(comma < 0 ? text.length : comma, start + SHOWN_MAX));
}
