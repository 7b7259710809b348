// How segments are called and found: `<host>-<pid>-<start>.<serial>.open` while a process writes it, `.capture` from then on.
// The first part is the replica: unique to one run of one process, so that replicas and restarts can share a folder.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const PATTERN = /^(?<replica>.+)\.(?<serial>\d{6,})\.(?<state>open|capture)$/;
const REPLICA = /^(?<host>[\w.-]+)-(?<pid>\d+)-[0-9a-z]+$/;

export interface ReplicaName {
  readonly replica: string;
  readonly host: string;
  readonly pid: number;
}

export interface SegmentName extends ReplicaName {
  readonly serial: number;
  readonly state: 'open' | 'capture';
}

export interface SegmentEntry extends SegmentName {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** @param startedAt Unix milliseconds at which the process began */
export function replicaName(host: string, pid: number, startedAt: number): string {
  return `${host.replaceAll(/[^\w.-]/g, '_') || 'host'}-${pid}-${Math.floor(startedAt).toString(36)}`;
}

export function parseReplica(replica: string): ReplicaName | undefined {
  const groups = REPLICA.exec(replica)?.groups;
  return groups === undefined ? undefined : { replica, host: groups.host ?? '', pid: Number(groups.pid) };
}

export function segmentName(replica: string, serial: number, state: SegmentName['state']): string {
  return `${replica}.${String(serial).padStart(6, '0')}.${state}`;
}

export function parseSegmentName(name: string): SegmentName | undefined {
  const groups = PATTERN.exec(name)?.groups;
  const replica = parseReplica(groups?.replica ?? '');
  if (groups === undefined || replica === undefined) return undefined;
  return { ...replica, serial: Number(groups.serial), state: groups.state === 'open' ? 'open' : 'capture' };
}

/**
 * The segments of a folder, oldest first by their last change; those of one process in the order written, whatever the wall
 * clock has said. Other files are none of our business.
 */
export async function listSegments(folder: string): Promise<SegmentEntry[]> {
  const entries: SegmentEntry[] = [];
  for (const name of await readdir(folder)) {
    const parsed = parseSegmentName(name);
    if (parsed === undefined) continue;
    const path = join(folder, name);
    // It may be renamed or deleted by another process between the two calls.
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile()) entries.push({ ...parsed, path, bytes: facts.size, modifiedMs: facts.mtimeMs });
  }
  return inOrder(entries);
}

/** A clock that was set back would put the latest segments of a process before its first ones. */
function inOrder(entries: readonly SegmentEntry[]): SegmentEntry[] {
  const placed: { readonly entry: SegmentEntry; readonly ms: number }[] = [];
  for (const ofProcess of Map.groupBy(entries, ({ replica }) => replica).values()) {
    let ms = 0;
    for (const entry of ofProcess.toSorted((a, b) => a.serial - b.serial)) {
      ms = Math.max(ms, entry.modifiedMs);
      placed.push({ entry, ms });
    }
  }
  placed.sort(
    (a, b) =>
      a.ms - b.ms ||
      (a.entry.replica < b.entry.replica
        ? -1
        : a.entry.replica > b.entry.replica
          ? 1
          : a.entry.serial - b.entry.serial),
  );
  return placed.map(({ entry }) => entry);
}
