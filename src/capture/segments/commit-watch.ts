// How long the disk takes: what it took for all commits, and since when the one under way waits. A disk that does not answer is told once
// to people; the numbers are in the metrics.

export interface CommitTimes {
  readonly commits: number;
  /** What all of them took, waiting for the disk included. */
  readonly commitMs: number;
  /** Of the one under way, so far; 0 where there is none. */
  readonly commitAgeMs: number;
}

export interface CommitWatch {
  /** @param isCommit a group of records; else what comes in the place of one */
  timed(act: () => Promise<void>, isCommit?: boolean): Promise<void>;
  /** Call it now and then: tells of one that takes long while it does. */
  look(): void;
  readonly times: CommitTimes;
}

/** A group is 1 MiB: no disk that works takes so long. */
const LONG_MS = 5000;

/** @param now monotonic milliseconds */
export function createCommitWatch(folder: string, now: () => number, report: (message: string) => void): CommitWatch {
  let commits = 0;
  let commitMs = 0;
  let beganAt: number | null = null;
  let isTold = false;
  const ageMs = (): number => (beganAt === null ? 0 : now() - beganAt);
  const seconds = (): string => `${Math.round(ageMs() / 1000)} s`;

  return {
    async timed(act, isCommit = true) {
      beganAt = now();
      try {
        await act();
      } finally {
        if (isTold) report(`${folder}: the disk answers again, after ${seconds()}`);
        isTold = false;
        if (isCommit) {
          commits += 1;
          commitMs += ageMs();
        }
        beganAt = null;
      }
    },
    look() {
      if (isTold || ageMs() < LONG_MS) return;
      isTold = true;
      report(
        `${folder}: the disk has not answered for ${seconds()}; records wait in memory, and what finds no room there is dropped (monitor_behind)`,
      );
    },
    get times() {
      return { commits, commitMs, commitAgeMs: ageMs() };
    },
  };
}
