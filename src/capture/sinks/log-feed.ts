// Whose log a sink reads: first those that dead processes of the folder left behind, in the order in which they had started,
// then that of this process, for as long as it lives. A log has one reader at a time; a claim on its cursor decides.

import { readdir } from 'node:fs/promises';
import { endedReplicas } from '../segments/account-file.ts';
import { capturesFolder } from '../segments/folder.ts';
import type { IsAlive } from '../segments/process-life.ts';
import { listSegments, parseSegmentName, type SegmentEntry } from '../segments/segment-name.ts';
import {
  type Cursor,
  claimCursor,
  deleteCursor,
  type KnownCursor,
  openSinkFolder,
  readCursors,
  touchCursor,
  writeCursor,
} from './cursor.ts';
import { createLogReader, LOG_START, type LogPosition, type LogReader } from './log-reader.ts';
import { openTail, unlessMissing } from './segment-tail.ts';

/** This process, as its segments are called. */
export interface LogProcess {
  readonly replica: string;
  readonly isAlive: IsAlive;
}

export interface LogSource {
  readonly replica: string;
  /** Of this process: there may always be more. */
  readonly isOwn: boolean;
  readonly from: LogPosition;
  readonly reader: LogReader;
  /** A sign of life, for other processes. */
  touch(): Promise<void>;
}

export interface LogFeed {
  /** A log that was left behind and nobody reads, or null. */
  left(): Promise<LogSource | null>;
  /** That of this process. */
  own(): Promise<LogSource>;
  /** Keep how far it was read. @throws the error of the file system */
  save(source: LogSource, position: LogPosition, done: boolean): Promise<void>;
}

export interface LogFeedOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  readonly sink: string;
  readonly from: 'earliest' | 'latest';
  readonly process: LogProcess;
  readonly wall: () => number;
  readonly report: (message: string) => void;
}

/** On another host nobody can be asked whether a process lives; one that gave no sign for so long does not. */
const FOREIGN_REST_MS = 10 * 60_000;

/** @throws the error of the file system where the folder of the sink cannot be made */
export async function openLogFeed(options: LogFeedOptions): Promise<LogFeed> {
  const { data, sink, process, wall, report } = options;
  const folder = capturesFolder(data);
  const own = process.replica;
  const isNew = await openSinkFolder(data, sink);
  if (isNew && options.from === 'latest') await markEnds();

  /** What is on disk when the sink first runs is not its business: its cursors begin at the ends. */
  async function markEnds(): Promise<void> {
    for (const [replica, entries] of await logs()) {
      const position = await endOf(folder, replica, entries);
      await writeCursor(data, sink, { replica, owner: replica, position, done: false });
    }
  }

  async function logs(): Promise<Map<string, SegmentEntry[]>> {
    if ((await readdir(folder).catch(unlessMissing)) === null) return new Map();
    return Map.groupBy(await listSegments(folder), ({ replica }) => replica);
  }

  function isGone(replica: string, lastSign: number, ended: ReadonlySet<string>): boolean {
    const [mine, theirs] = [nameOf(own), nameOf(replica)];
    if (replica === own || theirs === undefined) return false;
    if (mine?.host !== theirs.host) return wall() - lastSign > FOREIGN_REST_MS;
    // In a container every start has the same pid: that of this process is its own, hence the other one is gone.
    if (mine.pid === theirs.pid || ended.has(replica)) return true;
    return !process.isAlive(theirs.pid, { birth: '', atMs: lastSign });
  }

  const source = (replica: string, from: LogPosition): LogSource => ({
    replica,
    isOwn: replica === own,
    from,
    reader: createLogReader({ folder, replica, from, report }),
    touch: () => touchCursor(data, sink, replica, wall()),
  });

  return {
    async left() {
      const found = await logs();
      const ended = await endedReplicas(folder);
      const cursors = new Map((await readCursors(data, sink)).map((cursor) => [cursor.replica, cursor]));
      for (const { replica, done } of cursors.values()) {
        if (done && !found.has(replica)) await deleteCursor(data, sink, replica);
      }
      const names = [...new Set([...found.keys(), ...cursors.keys()])].sort((a, b) => startOf(a) - startOf(b));
      for (const replica of names) {
        const written = Math.max(0, ...(found.get(replica) ?? []).map(({ modifiedMs }) => modifiedMs));
        const mayTake = (cursor: KnownCursor | undefined): boolean => {
          const lastSign = Math.max(written, cursor?.touchedAt ?? 0);
          if (cursor?.done === true || !isGone(replica, lastSign, ended)) return false;
          return cursor === undefined || cursor.owner === own || isGone(cursor.owner, lastSign, ended);
        };
        if (!mayTake(cursors.get(replica))) continue;
        const from = await claimCursor(data, sink, replica, own, wall(), mayTake, report);
        if (from !== undefined) return source(replica, from);
      }
      return null;
    },
    async own() {
      const tell = (problem: string): void => {
        if (problem.includes(`${own}.json`)) report(problem);
      };
      const mine = (await readCursors(data, sink, tell)).find(({ replica }) => replica === own);
      const from = mine?.position ?? LOG_START;
      if (mine === undefined) await writeCursor(data, sink, { replica: own, owner: own, position: from, done: false });
      return source(own, from);
    },
    async save({ replica }, position, done) {
      const cursor: Cursor = { replica, owner: own, position, done };
      await writeCursor(data, sink, cursor);
    },
  };
}

/** Behind the last whole frame of a log. */
async function endOf(folder: string, replica: string, entries: readonly SegmentEntry[]): Promise<LogPosition> {
  const serial = Math.max(0, ...entries.map((entry) => entry.serial));
  const tail = await openTail(folder, replica, serial);
  if (tail === null) return { ...LOG_START, serial };
  let at = { serial, offset: 0, sequence: 0 };
  for (;;) {
    const { frames, next } = await tail.piece(at.offset, at.sequence);
    if (frames.length === 0 && next === at.offset) break;
    at = { serial, offset: next, sequence: frames.at(-1)?.frame.sequence ?? at.sequence };
  }
  await tail.close();
  return at;
}

function nameOf(replica: string): { readonly host: string; readonly pid: number } | undefined {
  return parseSegmentName(`${replica}.000001.open`);
}

/** Unix milliseconds at which the process began, as its replica has it. */
function startOf(replica: string): number {
  return Number.parseInt(replica.split('-').at(-1) ?? '', 36);
}
