// The shape of a lock: which keys, which kinds of value. What the slots say is checked where they are read.

import { z } from 'zod';
import { LOCK_VERSION } from './lock.ts';

const share = () => z.number().gt(0, { error: WRONG }).max(1, { error: WRONG });
const WRONG = '{value} is no share; restore the file from version control';

const shares = z.record(z.string(), share());
const slots = z.record(z.string(), z.string());

const splits = z.record(z.string(), z.strictObject({ shares, slots }));

const pastSplits = z.record(z.string(), z.strictObject({ shares, slots: slots.optional(), moved: slots.optional() }));

const epoch = {
  epoch: z.int().min(1, { error: '{value} is no epoch; restore the file from version control' }),
  at: z.iso.datetime({ error: '{value} is no time; restore the file from version control' }),
  salt: z.string(),
  /** A model has these three, a layer has not. */
  eligible: z.number().optional(),
  holdout: z.number().optional(),
  layer: z.string().nullable().optional(),
  /** And these, since format 2. In a past epoch: absent, as in the epoch after it; champion null, not on record. */
  champion: z.string().nullable().optional(),
  sticky: z.string().nullable().optional(),
  rules: z.array(z.string()).optional(),
  overrides: z.record(z.string(), z.string()).optional(),
};

const pastShape = z.strictObject({ ...epoch, splits: pastSplits });

export const entryShape = z.strictObject({ hash: z.string(), ...epoch, splits, past: z.array(pastShape) });

/** The entries are read one by one. */
export const lockShape = z.strictObject({
  version: z.int().min(1).max(LOCK_VERSION),
  models: z.record(z.string(), z.unknown()),
  layers: z.record(z.string(), z.unknown()),
});

export type RawEntry = z.output<typeof entryShape>;
export type RawPast = z.output<typeof pastShape>;
