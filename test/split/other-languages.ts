// Programs in other languages that recompute assignments. On a person's machine one that is missing is told and skipped; where
// CI is set nothing is skipped, or the promise would go unproved without anybody noticing.

import { execFileSync } from 'node:child_process';

export interface Elsewhere {
  readonly folder: string;
  /** Called where the program is not on this machine; does not return. */
  readonly skip: (note: string) => never;
  readonly ci?: string | undefined;
}

/** @returns what it prints */
export function runElsewhere(command: string, words: readonly string[], options: Elsewhere): string {
  const { folder, skip, ci = process.env.CI } = options;
  try {
    return execFileSync(command, words, { encoding: 'utf8', maxBuffer: 1 << 26, cwd: folder });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const note = `${command} is not on this machine, so its golden vectors were not recomputed`;
    if (ci !== '' && ci !== 'false' && ci !== undefined) throw new Error(`${note}; CI runs them all: install it`);
    return skip(note);
  }
}
