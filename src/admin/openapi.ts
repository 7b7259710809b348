// The shapes of view.ts once more, as schemas: they make the OpenAPI document, and the tests hold every answer against them.
// The compiler holds them against view.ts, since each handler returns the one as the other.

import { z } from '@hono/zod-openapi';
import { WINDOW_NAMES } from '../drift/counts/windows.ts';
import { SCHEMA_KINDS } from '../drift/schema/schema-check.ts';
import { UNSURE } from '../drift/verdict/verdict.ts';
import { REASONS, ROLES } from '../model.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1).describe('A fraction, 0 to 1.');
const perSecond = z.number().min(0);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const role = z.enum(ROLES);
const driftStatus = z.enum(['warming', 'steady', 'drifting', 'unknown']);
const phase = z.enum(['starting', 'ready', 'draining']);

export const healthSchema = z.strictObject({ status: z.literal('ok') }).openapi('Health');

export const readinessSchema = z
  .strictObject({
    ready: z.boolean(),
    phase,
    generation: z.string(),
    reload: z.strictObject({ ok: z.boolean().describe('Of the last attempt; /api/v1/config says more.') }),
  })
  .openapi('Readiness', {
    description: 'A reload that failed leaves the gate ready: the last good configuration serves.',
  });

export const configSchema = z
  .strictObject({
    generation: z.string().describe('Hash of the configuration in force.'),
    serial: z.int().min(0),
    files: list(z.string()),
    lastReload: z.strictObject({ at: z.iso.datetime(), ok: z.boolean(), problems: list(z.string()) }),
    reloads: z.strictObject({ succeeded: count, failed: count }),
  })
  .openapi('Config');

const ms = z.number().min(0).nullable();

const trafficSchema = z
  .strictObject({
    version: z.string(),
    role,
    share,
    total: count,
    errors: count,
    perSecond,
    errorsPerSecond: perSecond,
    latencyMs: z.strictObject({ p50: ms, p90: ms, p99: ms }),
    history: list(perSecond).describe('Calls per second, a number a tick, oldest first.'),
  })
  .openapi('Traffic');

const summaryFields = {
  name: z.string(),
  owner: z.string().nullable(),
  description: z.string().nullable(),
  protocol: z.string(),
  champion: z.string(),
  traffic: list(trafficSchema),
  drift: z.strictObject({
    status: driftStatus,
    worst: z.strictObject({ feature: z.string(), version: z.string(), psi: z.number() }).nullable(),
  }),
};

export const modelSummarySchema = z.strictObject(summaryFields).openapi('ModelSummary');
export const modelsSchema = z.strictObject({ models: list(modelSummarySchema) }).openapi('Models');

export const modelSchema = z
  .strictObject({
    ...summaryFields,
    versions: list(
      z.strictObject({
        name: z.string(),
        share,
        champion: z.boolean(),
        urls: list(z.string()).describe('Without credentials.'),
        lineage: z.record(z.string(), z.string()),
      }),
    ),
    sticky: z.string().nullable(),
    mirrors: list(z.strictObject({ version: z.string(), share })),
    capture: z.strictObject({
      sample: share,
      bodies: z.string(),
      received: count,
      captured: count,
      sampledOut: count,
      dropped: count.describe('Lost on the way to the disk, whatever the reason.'),
      pending: count.describe('On the way to the disk now.'),
      unreadable: count,
    }),
  })
  .openapi('Model');

const accountFields = {
  received: count,
  captured: count.describe('On disk: written and synchronised.'),
  sampledOut: count,
  dropped: z.record(z.string(), count).describe('By reason.'),
  withheld: count.describe('Bodies left out of records, since they could not be redacted.'),
};
const accountSchema = z.strictObject({
  ...accountFields,
  pending: z.number().int().describe('Received, not yet on disk.'),
});

export const capturesSchema = z
  .strictObject({
    folder: z.string(),
    replica: z.string().describe('This process, as its segments are named.'),
    total: accountSchema,
    models: list(accountSchema.extend({ model: z.string() })).describe(
      'By model; under an empty name what belongs to none any more.',
    ),
    ended: list(
      z.strictObject({
        ...accountFields,
        replica: z.string(),
        end: z.string().describe('closed, or killed.'),
        at: z.string(),
        lost: z.number().int().describe('Received, and in the memory of a process that was killed.'),
      }),
    ).describe('Processes that ended and wrote into this folder, the latest last.'),
  })
  .openapi('Captures');

export const splitSchema = z
  .strictObject({
    model: z.string(),
    salt: z.string(),
    slots: count,
    versions: list(z.strictObject({ version: z.string(), share, slots: count })),
  })
  .openapi('Split');

const shadowSchema = z
  .strictObject({
    version: z.string(),
    share,
    sent: count,
    compared: count,
    unpaired: count,
    statusEqual: count,
    predictionsCompared: count,
    predictionsEqual: count,
    meanAbsoluteDifference: z.number().nullable(),
    latencyDifferenceMs: z.number().nullable(),
    dropped: z.record(z.string(), count),
  })
  .openapi('Shadow');
export const shadowsSchema = z.strictObject({ model: z.string(), shadows: list(shadowSchema) }).openapi('Shadows');

const distanceSchema = z
  .strictObject({
    name: z.string(),
    value: z.number().nullable().describe('Over all rows; null: `variant` says why.'),
    amongValues: z.number().nullable().describe('Over plain values alone, without null, missing and the like.'),
    unit: z.enum(['nats', 'bits', 'sqrt nats', 'sqrt bits', 'share', 'chi-square', '0 to 1', 'column']),
    bounds: z
      .strictObject({ low: z.number(), high: z.number().nullable() })
      .nullable()
      .describe('Between these the figure of the rows themselves lies, where bins leave it open.'),
    p: share.nullable().describe('Of one look at one column, rows independent.'),
    variant: z.string().describe('Which of the things that carry this name it is.'),
  })
  .openapi('Distance');

export const driftSchema = z
  .strictObject({
    model: z.string(),
    status: driftStatus,
    windowMs: z.number().min(0),
    window: z
      .strictObject({
        name: z.enum([...WINDOW_NAMES, 'judged']),
        from: z.iso.datetime().nullable().describe('Null: since the first row of each version.'),
        to: z.iso.datetime(),
      })
      .describe('What rows, bins, PSI and distances are of. `judged`: the ticks that the status rests on.'),
    resumedFrom: z.iso
      .datetime()
      .nullable()
      .describe(
        'After a restart: counts go on from what was known at this time; rows between it and the restart are lost.',
      ),
    schema: list(
      z.strictObject({
        version: z.string(),
        role,
        side: z.enum(['request', 'response']),
        feature: z.string(),
        kind: z.enum(SCHEMA_KINDS),
        since: z.iso.datetime().describe('When it was found.'),
        rows: count.describe('Rows that have it, in the last ticks; of a new column calls.'),
        of: count,
        text: z.string(),
      }),
    ).describe('Rows that break the schema of their baseline, now.'),
    joint: list(
      z.strictObject({
        version: z.string(),
        role,
        status: z.enum(['warming', 'steady', 'drifting']),
        rows: count.describe('Rows looked at since the start.'),
        columns: list(z.string()).describe('The two that changed most surely; empty where nothing did.'),
        before: share.nullable().describe('Share of the rows in which both lie on the same side.'),
        now: share.nullable(),
        since: z.iso.datetime().nullable(),
        text: z.string().nullable(),
      }),
    ).describe('Columns together, per version and role: what has changed although each by itself is as before.'),
    features: list(
      z.strictObject({
        version: z.string(),
        role,
        feature: z.string(),
        kind: z.enum(['numeric', 'categorical']),
        side: z.enum(['request', 'response']),
        status: driftStatus,
        evidence: z
          .number()
          .nullable()
          .describe(
            'Natural logarithm of the evidence for a change beyond the tolerance: without one, it exceeds x with a chance of t exp(-x) at most by tick t. Null before the first row.',
          ),
        threshold: z
          .number()
          .nullable()
          .describe('What it must reach for an alarm now; from `drift.falseAlarmsPerWeek`. Of a gate never null.'),
        changedSince: z.iso
          .datetime()
          .nullable()
          .describe('When what an open alarm is about began, to within a tick; null where none is open.'),
        anyChange: z
          .number()
          .nullable()
          .describe('The same for any change at all, however small. For information: it raises no alarm.'),
        detectable: z
          .number()
          .min(0)
          .nullable()
          .describe(
            'The smallest shift, in standard deviations, that the rows of late would likely have shown: what `steady` excludes. Null: none.',
          ),
        unsure: z
          .enum(UNSURE)
          .nullable()
          .describe(
            'Why nothing can be said for sure: calls stopped, too few rows of late, or a baseline too small to find even a large change.',
          ),
        against: z
          .enum(['baseline', 'champion'])
          .describe("Measured against its baseline, or the champion's rows of the same ticks."),
        provisional: z.boolean(),
        baselineRows: count,
        baselineAt: z.iso
          .datetime()
          .nullable()
          .describe('When the baseline was made, or its last row came; null where its file does not say.'),
        since: z.iso.datetime().nullable().describe('When the first row of the version was counted.'),
        rows: count,
        psi: z.number().nullable(),
        hint: z.string().nullable(),
        cause: z
          .strictObject({ kind: z.string(), explains: z.number().min(0).max(1), lookAt: z.string() })
          .nullable()
          .describe('The kind of change, the share of it that this accounts for, and where to look.'),
        where: z
          .strictObject({
            key: z.string().describe('`caller`, or the name of a column.'),
            value: z.string(),
            how: z
              .enum(['only', 'mix'])
              .describe('only: in these rows and no others; mix: there are more of them, and nothing changed within.'),
            shareBefore: z.number().min(0).max(1),
            shareNow: z.number().min(0).max(1),
            text: z.string(),
          })
          .nullable()
          .describe('Where its change lives; null: everywhere, or unknown.'),
        newCategories: list(z.strictObject({ text: z.string(), count, error: count }))
          .optional()
          .describe(
            'Categories that the baseline does not know, the most frequent of them, since the first row; a count is too large by `error` at most.',
          ),
        bins: list(z.strictObject({ label: z.string(), baseline: z.number().min(0), current: z.number().min(0) })),
        distances: list(distanceSchema)
          .optional()
          .describe('Where `distances` asked for them; of 1000 columns at most, those with the largest PSI.'),
      }),
    ),
    predictions: list(
      z.strictObject({
        version: z.string(),
        role,
        feature: z.string(),
        category: z
          .string()
          .nullable()
          .describe('The category whose share is meant; null where the prediction is a number.'),
        before: z.number().describe('Mean prediction in the baseline.'),
        now: z.number(),
        explained: z.number().describe('What the changes of single features account for.'),
        unexplained: z.number(),
        r2: z.number().describe('How well the additive surrogate knows the model, on rows held out.'),
        contributions: list(
          z.strictObject({
            feature: z.string(),
            shift: z.number(),
            error: z.number(),
            unseen: z.number(),
            unseenShift: z.number(),
            drifting: z.boolean(),
          }),
        ),
        kind: z.string().nullable(),
        text: z.string(),
        lookAt: z.string().nullable(),
      }),
    ).describe('Why predictions drift, where they do and the baseline file has a surrogate of the model.'),
  })
  .openapi('Drift');

export const explainSchema = z
  .strictObject({
    model: z.string(),
    unit: z.string(),
    version: z.string(),
    slot: z.int().min(-1),
    epoch: count.describe('Of the allocation used; 0 without a lock.'),
    since: z.string().nullable().describe('When that epoch began.'),
    propensity: share,
    reason: z.enum(REASONS).or(z.string()),
    rule: z.int().min(0).nullable().describe('Index of the rule that held.'),
    drain: z
      .strictObject({ version: z.string(), forMs: z.number().min(0) })
      .nullable()
      .describe('A leaving version: a gate that has seen the unit there within this time keeps it there.'),
    earlier: list(
      z.strictObject({
        epoch: count,
        from: z.string(),
        slot: z.int().min(0),
        version: z
          .string()
          .nullable()
          .describe('null: not on record; with `holdout` or `ineligible`, the champion of then.'),
        reason: z
          .string()
          .describe(
            'As of a decision; `unknown`: who took part in the layer of then is not on record; `other_key`: units were taken from another sticky key.',
          ),
      }),
    ).describe('What the unit was given in earlier epochs, newest first.'),
    generation: z.string(),
  })
  .openapi('Explanation');

export const decisionSchema = z
  .strictObject({
    decision: z.string(),
    calls: list(z.record(z.string(), z.unknown())).describe('One row per call, shadows included.'),
    outcomes: list(
      z.strictObject({
        name: z.string(),
        value: z.union([z.number(), z.string(), z.boolean()]),
        at: z.iso.datetime(),
        key: z.string(),
      }),
    ).describe('What turned out to be true later, by the decision; outcomes of a unit are left out.'),
    truncated: z
      .boolean()
      .describe('There may be more calls or outcomes than these: `headgate query` reads all of them.'),
  })
  .openapi('Decision');

export const outcomesSchema = z
  .strictObject({
    outcomes: z
      .array(z.unknown())
      .min(1)
      .max(1000)
      .describe(
        'Objects with `name`, `value` (number, text or truth), `decision_id` or `model` and `unit`, and optionally `at` (ISO 8601 with a zone, or Unix ms) and `key`: of two with one key the first counts.',
      ),
  })
  .openapi('Outcomes');

export const outcomesTakenSchema = z
  .strictObject({ ok: z.literal(true), written: count, known: count.describe('Had come before.') })
  .openapi('OutcomesTaken');
const unixMs = z.number().min(0).describe('Unix milliseconds.');

export const sinksSchema = z
  .strictObject({
    sinks: list(
      z.strictObject({
        name: z.string(),
        type: z.string(),
        state: z.enum(['delivering', 'failing']).describe('failing: the last attempt failed, and another follows.'),
        delivered: count.describe('Records that the sink has confirmed.'),
        refused: z.record(z.string(), count).describe('Records that it will never take, by reason: passed over.'),
        retried: count.describe('Records handed over once more.'),
        failures: z.record(z.string(), count).describe('Attempts that failed, by reason.'),
        skipped: count.describe('Records, at most, that captures.keep deleted before they were read.'),
        lagRecords: count.describe('Records on disk, at most, that are not confirmed.'),
        lagBytes: count,
        lastDeliveredAt: unixMs.nullable(),
        lastFailure: z.strictObject({ at: unixMs, fault: z.string(), message: z.string() }).nullable(),
      }),
    ),
  })
  .openapi('Sinks');

export const reloadedSchema = z.strictObject({ ok: z.literal(true), generation: z.string() }).openapi('Reloaded');

export const liveSchema = z
  .strictObject({
    at: z.iso.datetime(),
    phase,
    config: configSchema,
    models: list(
      z.strictObject({
        name: z.string(),
        champion: z.string(),
        perSecond,
        errorsPerSecond: perSecond,
        p50: ms,
        p99: ms,
        total: count,
        drift: driftStatus,
      }),
    ),
    selected: z
      .strictObject({ model: modelSchema, shadows: list(shadowSchema), drift: driftSchema.nullable() })
      .nullable(),
  })
  .openapi('Live', {
    description: 'Everything the console shows, in one answer. Its shape may change with the console.',
  });

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    problems: list(z.string()).optional(),
  })
  .openapi('Problem', { description: 'RFC 9457. `detail` says what to do.' });
