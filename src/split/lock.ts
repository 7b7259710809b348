// The allocation lock: which slots of each model and layer belong to which version, since which epoch, and what it was in the
// epochs before. It is committed beside the configuration, as a package manager's lock is.

import type { Allocation } from './next-allocation.ts';
import type { Subject } from './splits-of.ts';
import type { Enrolment, PastEpoch, Terms } from './tables.ts';

/**
 * Of the file. A higher one is refused: what it means is not known here. Format 1 had no terms, and every owner's slots written
 * out; it is read, and the next plan writes the present one.
 */
export const LOCK_VERSION = 2;

/** The file, beside the main configuration file. */
export const LOCK_NAME = 'allocations.lock.json';

/** Epochs remembered per model, the present one not counted; older ones are forgotten. */
export const PAST_MAX = 20;

/** One model or layer. */
export interface LockEntry {
  /** Counts from 1. */
  readonly epoch: number;
  /** When it began, ISO. */
  readonly at: string;
  readonly salt: string;
  /** null: a layer. */
  readonly enrolment: Enrolment | null;
  /** null: a layer, or an entry of a lock of format 1. */
  readonly terms: Terms | null;
  /** By key (split-keys.ts). */
  readonly splits: ReadonlyMap<string, Allocation>;
  /** Newest first. */
  readonly past: readonly PastEpoch[];
}

/** Entries by name. */
export interface Lock {
  readonly models: ReadonlyMap<string, LockEntry>;
  readonly layers: ReadonlyMap<string, LockEntry>;
}

export const EMPTY_LOCK: Lock = { models: new Map(), layers: new Map() };

export function entryOf(lock: Lock, { kind, name }: Pick<Subject, 'kind' | 'name'>): LockEntry | undefined {
  return (kind === 'model' ? lock.models : lock.layers).get(name);
}
