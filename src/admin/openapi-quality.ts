// The shape of a model's quality as a schema; quality/quality-view.ts has it as types, and the compiler holds one against the other.

import { z } from '@hono/zod-openapi';
import { ROLES } from '../model.ts';
import { PERIOD_UNITS } from '../quality/periods.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const status = z.enum(['warming', 'steady', 'drifting', 'unknown']);
const time = z.iso.datetime();
const figures = z
  .record(z.string(), z.number().nullable())
  .describe('By name, as docs/quality.md defines them; null: not defined on these rows.');

const riskSchema = z
  .strictObject({
    loss: z.string().describe('What the risk is the mean of.'),
    labels: count,
    mean: z.number().nullable(),
    low: share.describe('What the mean is at least, at all looks together.'),
    high: share,
    since: time.describe('Beginning of the decisions that say most against the version.'),
    baseline: z.strictObject({ mean: z.number(), high: z.number(), labels: count, given: z.boolean() }),
    tolerance: share,
    evidence: z.number().describe('Natural logarithm; drifting from `needed` on.'),
    needed: z.number(),
  })
  .openapi('Risk');

const versionSchema = z
  .strictObject({
    version: z.string(),
    role: z.enum(ROLES),
    status,
    text: z.string().describe('The verdict in words.'),
    decisions: count,
    labelled: count,
    delayMs: z.strictObject({ p50: z.number(), p90: z.number() }).nullable().describe('From decision to label.'),
    realised: figures,
    estimated: figures.nullable().describe('By scores alone; blind to a change of what is true for the same inputs.'),
    calibrated: z.boolean().describe('Whether the first labels have calibrated the scores that estimates rest on.'),
    calibration: list(z.strictObject({ n: z.number().min(0), meanScore: share, rate: share }).nullable()).describe(
      'Ten bins of equal width.',
    ),
    risk: riskSchema.nullable(),
    periods: list(
      z.strictObject({
        from: time,
        decisions: count,
        labelled: count,
        realised: figures,
        estimated: figures.nullable(),
      }),
    ).describe('By the time of the decision, oldest first.'),
    arrivals: list(z.strictObject({ from: time, labelled: count, realised: figures })).describe(
      'By the time of the label, oldest first.',
    ),
  })
  .openapi('VersionQuality');

export const qualitySchema = z
  .strictObject({
    model: z.string(),
    status,
    settings: z
      .strictObject({ outcome: z.string(), score: z.string(), kind: z.string(), threshold: z.number() })
      .nullable()
      .describe('null: the model has no `quality` in the configuration.'),
    at: time.nullable().describe('When the record was read; null: not yet.'),
    problem: z.string().nullable(),
    period: z.enum(PERIOD_UNITS).nullable(),
    counts: z.strictObject({
      labels: count.describe('Outcomes of the name, one per decision.'),
      joined: count.describe('Decisions among them that are on record.'),
      calls: count.describe('Calls that a label was held against, shadows included.'),
      batches: count.describe('Calls left out, since they have more than one row.'),
      unreadable: count.describe('Calls left out, since their prediction or label cannot be read.'),
    }),
    versions: list(versionSchema),
  })
  .openapi('Quality');
