// What drift knows outlives the process: a snapshot once a tick, taken between records and never for more than a twentieth of the time;
// at the start the counts go on from the last one that a process has left here. What was lost between the two is said.

import { birthOf, isAlive } from '../capture/segments/process-life.ts';
import { parseReplica } from '../capture/segments/segment-name.ts';
import type { DriftEngine } from '../drift/engine.ts';
import { adoptSnapshot, releaseAdopted, snapshotPath } from '../drift/state/left-snapshots.ts';
import type { SavedModel } from '../drift/state/saved-model.ts';
import { type SnapshotHead, writeSnapshot } from '../drift/state/snapshot-file.ts';
import type { Clock } from '../kernel/clock.ts';

export interface DriftStateOptions {
  readonly data: string;
  /** This process. */
  readonly replica: string;
  readonly drift: DriftEngine;
  readonly clock: Clock;
  /** The shortest tick of the Plan's models; null where there is none. */
  readonly tickMs: () => number | null;
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

export interface DriftStateNumbers {
  readonly written: number;
  readonly failed: number;
  /** Of the last one written; null before. */
  readonly writtenAt: number | null;
  readonly bytes: number;
  /** Milliseconds of the thread's time for the last one, and of its longest slice. */
  readonly busyMs: number;
  readonly sliceMs: number;
  /** Between the snapshot that the counts go on from and the start of this process; null where they began with it. */
  readonly lostMs: number | null;
}

export interface DriftState {
  readonly numbers: DriftStateNumbers;
  /** Find a snapshot and give it to the engine, before its models are configured. */
  restore(): Promise<void>;
  /** Models are configured: say what did not go on. */
  begin(): void;
  /** Write a snapshot if it is time. */
  tick(): void;
  /** Write the last one. */
  close(): Promise<void>;
}

/** A snapshot takes at most one part in so many of the thread's time. */
const PART = 20;
/** On another host nobody can be asked whether the process lives. */
const FOREIGN_REST_MS = 3 * 60_000;

export function createDriftState(options: DriftStateOptions): DriftState {
  const { data, replica, drift, clock, tickMs, info, warn } = options;
  const birth = birthOf(process.pid);
  const numbers = {
    written: 0,
    failed: 0,
    writtenAt: null as number | null,
    bytes: 0,
    busyMs: 0,
    sliceMs: 0,
    lostMs: null as number | null,
  };
  let lineage = replica;
  let epoch = 0;
  let writing: Promise<void> | null = null;
  let writtenAt = clock.now();
  let restMs = 0;
  let isAdopting = false;
  let problem = '';

  function isLeft(other: string, modifiedMs: number, head: SnapshotHead | null): boolean {
    if (head?.closed === true) return true;
    const [theirs, own] = [parseReplica(other), parseReplica(replica)];
    if (theirs === undefined || own === undefined) return false;
    if (theirs.host !== own.host) return clock.wall() - modifiedMs > FOREIGN_REST_MS;
    return !isAlive(theirs.pid, { birth: head?.birth ?? '', atMs: modifiedMs });
  }

  async function restore(): Promise<void> {
    const wallMs = clock.wall();
    const found = await adoptSnapshot({ data, replica, wallMs, isLeft, report: warn }).catch((error: unknown) => {
      warn(`${data}/drift cannot be used: ${textOf(error)}; drift starts anew, and is not kept over a restart`);
      return null;
    });
    if (found === null) return;
    const { head, models } = found;
    isAdopting = true;
    lineage = head.lineage;
    epoch = head.epoch + 1;
    drift.restore(models);
    numbers.lostMs = Math.max(0, head.closed ? 0 : wallMs - head.at);
    const lost = head.closed
      ? 'nothing is lost'
      : `rows after it are lost: of ${(numbers.lostMs / 1000).toFixed(1)} s until this start at most`;
    info(`drift goes on from the snapshot of ${new Date(head.at).toISOString()} (${models.length} models); ${lost}`);
  }

  async function write(closed: boolean): Promise<void> {
    const head = { lineage, epoch, replica, birth, at: clock.wall(), closed };
    try {
      const written = await writeSnapshot(snapshotPath(data, replica), head, savedModels(), clock.now);
      Object.assign(numbers, written, { written: numbers.written + 1, writtenAt: head.at });
      restMs = written.busyMs * (PART - 1);
      if (isAdopting) await releaseAdopted(data, replica);
      isAdopting = false;
      problem = '';
    } catch (error) {
      numbers.failed++;
      // Told once, until it works again.
      if (problem !== textOf(error)) warn(`no snapshot of drift could be written: ${textOf(error)}`);
      problem = textOf(error);
    }
  }

  /** One at a time: others may be configured, or forgotten, meanwhile. */
  function* savedModels(): Generator<SavedModel> {
    for (const name of drift.models()) {
      const saved = drift.save(name);
      if (saved !== undefined) yield saved;
    }
  }

  return {
    numbers,
    restore,
    begin() {
      const names = drift.restored();
      if (names.length === 0) return;
      warn(
        `drift of ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''} starts anew: gone from the configuration, or the baseline, tick or provisional rows have changed since the snapshot`,
      );
    },
    tick() {
      const everyMs = tickMs();
      if (writing !== null || everyMs === null || clock.now() - writtenAt < Math.max(everyMs, restMs)) return;
      writtenAt = clock.now();
      writing = write(false).finally(() => {
        writing = null;
      });
    },
    async close() {
      await writing;
      if (drift.models().length > 0) await write(true);
    },
  };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
