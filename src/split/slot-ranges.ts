// Sets of slots as text: `0-41,57,60-61`, ascending, both ends included, as short as it can be. One set has one text.

import { SLOTS } from '../model.ts';

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
 * Calls `take` with each range in order.
 * @returns what is wrong with the text, or null; `take` may have been called before the fault was met
 */
export function readRanges(text: string, take: (from: number, to: number) => void): string | null {
  if (text === '') return null;
  let last = -2;
  for (const part of text.split(',')) {
    const match = /^(0|[1-9]\d{0,3})(?:-([1-9]\d{0,3}))?$/.exec(part);
    if (match === null) return `${JSON.stringify(part.slice(0, 20))} is no slot and no range of slots`;
    const from = Number(match[1]);
    const to = match[2] === undefined ? from : Number(match[2]);
    if (to >= SLOTS) return `slot ${to} is above ${SLOTS - 1}`;
    if (from <= last + 1 || (match[2] !== undefined && to <= from)) return `${part} is out of order`;
    take(from, to);
    last = to;
  }
  return null;
}
