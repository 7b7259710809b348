// The lock on disk: found beside the configuration, read with its problems, replaced as a whole.

import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Located, SourceFile } from '../config/located.ts';
import type { Problem } from '../config/problem.ts';
import { readBytes } from '../config/source.ts';
import { LOCK_NAME, type Lock } from './lock.ts';
import { type KnownEntries, readLock } from './read-lock.ts';
import { lockText } from './write-lock.ts';

const LOCK_BYTES_MAX = 256 * 1024 * 1024;

/** What the reader of a file says where there is none (config/source.ts). */
const ABSENT = 'there is no such file';

export type LockFile =
  | { readonly kind: 'none' }
  | { readonly kind: 'lock'; readonly lock: Lock; readonly root: Located; readonly text: string }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** Absolute path of the lock of a main configuration file. */
export function lockPath(file: string): string {
  return join(dirname(resolve(file)), LOCK_NAME);
}

/** @param known of the last reading, for whoever reads again and again (read-lock.ts) */
export function readLockFile(path: string, known: KnownEntries = new Map()): LockFile {
  const bytes = readBytes(path, LOCK_BYTES_MAX);
  if (bytes === ABSENT) return { kind: 'none' };
  const whole = { file: path, line: 1, column: 1, path: '' };
  if (typeof bytes === 'string') {
    return { kind: 'problems', problems: [{ ...whole, problem: bytes, remedy: 'correct the rights on the file' }] };
  }
  const text = decode(bytes);
  if (text === undefined) {
    const remedy = 'restore the file from version control';
    return { kind: 'problems', problems: [{ ...whole, problem: 'the file is not UTF-8', remedy }] };
  }
  const read = readLock(text, sourceOf(path, text), known);
  return read.kind === 'lock' ? { ...read, text } : read;
}

export interface Replacing {
  /** The text that the new one was made from; null where there was no file. */
  readonly over: string | null;
  /** Whether all else that it was made from is as it was; asked last. */
  readonly standsStill: () => boolean;
}

/**
 * The new content under the old name, at once: whoever reads meanwhile sees one of the two.
 * @returns the text written; null where what it was made from has changed, and nothing is
 * @throws what the file system says
 */
export function writeLockFile(path: string, lock: Lock, { over, standsStill }: Replacing): string | null {
  const text = lockText(lock);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = openSync(temporary, 'wx', 0o644);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (!standsStill() || !isText(path, over)) return null;
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  return text;
}

/** @param text null: there is no such file */
function isText(path: string, text: string | null): boolean {
  const bytes = readBytes(path, LOCK_BYTES_MAX);
  if (typeof bytes === 'string') return bytes === ABSENT && text === null;
  return text !== null && Buffer.from(text).equals(bytes);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function sourceOf(path: string, text: string): SourceFile {
  return {
    path,
    folder: dirname(path),
    position(offset) {
      const before = text.slice(0, offset);
      const start = before.lastIndexOf('\n') + 1;
      return { line: before.split('\n').length, column: offset - start + 1 };
    },
  };
}
