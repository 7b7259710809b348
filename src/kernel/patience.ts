// How long to wait before another attempt: twice as long each time, up to a bound, and by chance a part of that, so that many
// gates do not come back to a server at one moment ("full jitter", with a least wait).

import type { Random } from './random.ts';

const FIRST_MS = 200;
const LONGEST_MS = 30_000;

/** @param failures in a row, from 1 @param longestMs of all waits */
export function waitMs(failures: number, random: Random, longestMs = LONGEST_MS): number {
  const most = Math.min(longestMs, FIRST_MS * 2 ** Math.min(20, failures - 1));
  return most / 4 + random() * (most - most / 4);
}
