// Who runs on which core. On shared cores the scheduler decides who waits for whom, and a candidate is charged for the load
// generator's work; so every candidate, whichever it is, gets one core for itself, and load and upstreams share the others.

import { spawnSync } from 'node:child_process';
import { CORES, whyNotInstalled } from './conditions.ts';

/** What a command is prefixed with. */
export type Placement = readonly string[];

/** Wherever the parent runs. */
export const BESIDE: Placement = [];

export interface Placements {
  readonly candidate: Placement;
  /** For candidates that are to use every core. */
  readonly everywhere: Placement;
  /** For the conditions of the report. */
  readonly words: string;
  /** The same, of a section that places its candidates everywhere. */
  readonly wordsEverywhere: string;
}

/**
 * Bind this process, and so all that it starts from now on, to every core but the first, which is the candidate's.
 * @param wanted false: leave all to the scheduler
 */
export function placeProcesses(wanted: boolean): Placements {
  const unpinned = (why: string): Placements => {
    const words = `not pinned (${why}): the scheduler decides who waits for whom`;
    return { candidate: BESIDE, everywhere: BESIDE, words, wordsEverywhere: words };
  };
  if (!wanted) return unpinned('as asked');
  if (CORES < 2) return unpinned('one core');
  const absent = whyNotInstalled('taskset');
  if (absent !== null) return unpinned(absent);
  const others = CORES === 2 ? '1' : `1-${CORES - 1}`;
  const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', others, String(process.pid)], {
    encoding: 'utf8',
  });
  if (status !== 0) return unpinned(stderr.trim());
  return {
    candidate: ['taskset', '-c', '0'],
    everywhere: ['taskset', '-c', `0-${CORES - 1}`],
    words: `every candidate alone on core 0, all its threads; load and upstreams on ${CORES === 2 ? 'core 1' : `cores ${others}`}`,
    wordsEverywhere: `candidates on every core; load and upstreams on ${CORES === 2 ? 'core 1' : `cores ${others}`} alone`,
  };
}
