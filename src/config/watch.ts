// Says when the content of files has changed. Events of the folders are only a hint to look: an editor that renames, a
// ConfigMap whose `..data` link is swapped, a network file system without events all end in the same comparison of hashes.

import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, systemClock } from '../kernel/clock.ts';

export interface WatchOptions {
  /** Quiet after an event before looking: editors and links move in several steps. */
  readonly debounceMs?: number;
  /** Looks without any event. */
  readonly pollMs?: number;
  /** How long a file that was there may be gone before its absence is a change. */
  readonly goneMs?: number;
  readonly clock?: Clock;
}

export interface FileWatch {
  /** Resolves once the first look is done: changes from then on are told. */
  readonly ready: Promise<void>;
  close(): void;
}

interface Seen {
  /** Of the content; empty where there is no file. */
  readonly hash: string;
  /** Inode, size and times: equal means that nobody has to read the file again. Empty: do not trust it. */
  readonly stamp: string;
}

/** A file changed this lately may change again without a new time stamp (git calls such an entry racy). */
const RACY_MS = 1000;
const ABSENT: Seen = { hash: '', stamp: '' };

/** Files that left the list are remembered up to this many, so that they are no news when they come back. */
const REMEMBERED_MAX = 10_000;

/**
 * Calls `onChange` after each change of content among `files`, which is asked before every look. A file that joins the list
 * is a change too: nobody knows whether it still is what its reader read. One look at a time.
 */
export function watchFiles(
  files: () => readonly string[],
  onChange: () => void,
  options: WatchOptions = {},
): FileWatch {
  const { debounceMs = 100, pollMs = 2000, goneMs = 1000, clock = systemClock } = options;
  const folders = createFolderWatches(() => lookAfter(debounceMs));
  const seen = new Map<string, Seen>();
  const goneSince = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let first = true;
  let looking = false;
  let again = false;
  let closed = false;

  function lookAfter(ms: number): void {
    if (closed) return;
    if (looking) {
      again = true;
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => void look(), ms);
    timer.unref();
  }

  /** Whether a file that was there is missing, and may be back in a moment. */
  function isMoment(path: string, before: Seen | undefined, now: Seen): boolean {
    if (now.hash !== '' || before === undefined || before.hash === '') {
      goneSince.delete(path);
      return false;
    }
    const since = goneSince.get(path) ?? clock.now();
    goneSince.set(path, since);
    return clock.now() - since < goneMs;
  }

  /** @returns whether the content of this path is news */
  async function compare(path: string): Promise<boolean> {
    const before = seen.get(path);
    const now = await fingerprint(path, before, clock.wall());
    if (isMoment(path, before, now)) {
      again = true;
      return false;
    }
    seen.set(path, now);
    return before === undefined ? now.hash !== '' : before.hash !== now.hash;
  }

  async function look(): Promise<void> {
    looking = true;
    again = false;
    const paths = new Set(files());
    await folders.watch(paths);
    let changed = false;
    for (const path of paths) changed = (await compare(path)) || changed;
    forget(paths);
    looking = false;
    if (closed) return;
    lookAfter(again ? debounceMs : pollMs);
    if (changed && !first) onChange();
    first = false;
  }

  function forget(paths: ReadonlySet<string>): void {
    for (const path of goneSince.keys()) if (!paths.has(path)) goneSince.delete(path);
    if (seen.size <= paths.size + REMEMBERED_MAX) return;
    for (const path of seen.keys()) if (!paths.has(path)) seen.delete(path);
  }

  return {
    ready: look(),
    close() {
      closed = true;
      clearTimeout(timer);
      folders.close();
    },
  };
}

async function fingerprint(path: string, before: Seen | undefined, wallMs: number): Promise<Seen> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    const racy = wallMs - Math.max(mtimeMs, ctimeMs) < RACY_MS;
    const stamp = racy ? '' : `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
    if (before !== undefined && stamp !== '' && before.stamp === stamp) return before;
    return {
      hash: createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
      stamp,
    };
  } catch {
    return ABSENT; // Missing or unreadable: loading it says which.
  }
}

interface FolderWatches {
  /** Watch the folders of these paths, and of the files that they lead to. */
  watch(paths: ReadonlySet<string>): Promise<void>;
  close(): void;
}

function createFolderWatches(onEvent: () => void): FolderWatches {
  const watches = new Map<string, { readonly id: string; readonly watcher: FSWatcher }>();
  let closed = false;

  function drop(folder: string): void {
    watches.get(folder)?.watcher.close();
    watches.delete(folder);
  }

  function start(folder: string, id: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, onEvent);
      watcher.on('error', () => drop(folder));
      watches.set(folder, { id, watcher });
    } catch {
      // No events from here, for example for want of inotify handles: the poll looks all the same.
    }
  }

  return {
    async watch(paths) {
      const wanted = new Map<string, string>();
      for (const folder of await foldersOf(paths)) {
        const id = await identity(folder);
        if (id !== undefined) wanted.set(folder, id);
      }
      if (closed) return;
      for (const folder of watches.keys()) if (!wanted.has(folder)) drop(folder);
      for (const [folder, id] of wanted) {
        // A folder that was removed and made anew keeps its name and loses its events.
        if (watches.get(folder)?.id !== id) {
          drop(folder);
          start(folder, id);
        }
      }
    },
    close() {
      closed = true;
      for (const folder of [...watches.keys()]) drop(folder);
    },
  };
}

async function foldersOf(paths: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const folders = new Set<string>();
  for (const path of paths) {
    folders.add(dirname(path));
    const real = await realpath(path).catch(() => undefined);
    if (real !== undefined) folders.add(dirname(real));
  }
  return folders;
}

async function identity(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined);
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
