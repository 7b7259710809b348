// What passes between the rooms for an allocation: who owns each slot of each split, and since which epoch. The supervisor
// makes the tables, from the lock or afresh; gateways and the monitor read them. Earlier epochs are for people only.

/** One split: a model's own, that of one of its rules, or the parts of a layer. */
export interface AllocationTable {
  /** Owner of each slot, an index into the model's versions (a Uint8Array of SLOTS). */
  readonly owners: SharedArrayBuffer;
  /** Epoch of the model's allocation in the lock, from 1; 0 without a lock. */
  readonly epoch: number;
}

/**
 * Per model of the Plan: the table of its split, then of each rule's split in order, and last, where the model is in a layer,
 * the layer's own, whose owners are indices into the layer's members.
 */
export type Allocations = readonly (readonly AllocationTable[])[];

/** One split in an epoch that is over. */
export interface PastSplit {
  /** Version -> share, for those above zero. */
  readonly shares: Readonly<Record<string, number>>;
  /** Version -> the slots it owned, like `0-41,57`: all of them, or only those that had another owner in the epoch after. */
  readonly slots: Readonly<Record<string, string>>;
  readonly whole: boolean;
}

/** Who took part: a change of it begins an epoch, as a change of shares does. */
export interface Enrolment {
  readonly eligible: number;
  readonly holdout: number;
  readonly layer: string | null;
}

/** What decides versions beside shares, enrolment and slots: a change of it begins an epoch as well. */
export interface Terms {
  readonly champion: string;
  /** Where the unit stands, like `header account-id`; null: the model has no sticky key. */
  readonly sticky: string | null;
  /** Keys of the rules, in the order in which they are asked. */
  readonly rules: readonly string[];
  /** Unit -> version. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** An earlier epoch of one model (with its enrolment) or layer (without). */
export interface PastEpoch {
  readonly epoch: number;
  /** When the epoch began, ISO. */
  readonly at: string;
  readonly salt: string;
  readonly enrolment: Enrolment | null;
  /** null: a layer, or an epoch of a lock of format 1, which does not tell. */
  readonly terms: Terms | null;
  /** By the key of the split (split-keys.ts). */
  readonly splits: Readonly<Record<string, PastSplit>>;
}

/** Who had which part of a layer: its present epoch first, as a whole, then those that the lock remembers, newest first. */
export interface LayerHistory {
  readonly name: string;
  readonly epochs: readonly PastEpoch[];
}

/** What the lock remembers of one model: newest first, of a bounded number of epochs. */
export interface ModelHistory {
  /** When the present epoch began, ISO; null without a lock. */
  readonly since: string | null;
  readonly past: readonly PastEpoch[];
  /** Those that the model was in and that the lock still has. */
  readonly layers: readonly LayerHistory[];
}

/** Without a lock. */
export const NO_HISTORY: ModelHistory = { since: null, past: [], layers: [] };

/** Per model of the Plan. */
export type Histories = readonly ModelHistory[];
