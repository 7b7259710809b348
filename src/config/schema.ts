// The shape of the YAML: every key, its default, its description. What one value says about another (a weight that names no
// version) is decided where the Plan is made. Unknown keys are never let through.

import { z } from 'zod';
import { PROTOCOL_NAMES } from '../protocols/protocol.ts';
import {
  age,
  bearerToken,
  duration,
  durationOrNone,
  headerKey,
  headerName,
  headerValue,
  hostName,
  method,
  name,
  oneOrMany,
  pathPrefix,
  percent,
  pointer,
  pointerOrHeader,
  secret,
  size,
  whole,
  words,
} from './quantities.ts';
import { alarmsSchema } from './schema-alarms.ts';
import { sinksSchema } from './schema-sinks.ts';
import { versionSchema } from './schema-version.ts';

/** Versions fit into one byte of a slot, models into two of a record. */
export const VERSIONS_MAX = 255;
export const MODELS_MAX = 65_535;

const headerMap = () => z.record(headerKey(), headerValue());

const weights = () => {
  const error = '{value} is not a weight; write a number that is zero or more, such as 90';
  return z.record(name(), z.number({ error }).min(0, { error }));
};

const matchSchema = z.strictObject({
  path: oneOrMany(pathPrefix())
    .optional()
    .describe('Path prefixes on segment borders. Default: the paths of the protocol.'),
  method: oneOrMany(method()).optional().describe('Methods. Default: any.'),
  host: hostName().optional().describe('Host without a port. Default: any.'),
  header: headerMap().prefault({}).describe('Headers that must have exactly these values.'),
});

const stickySchema = z.strictObject({
  header: headerName().optional().describe('Header that holds the unit.'),
  query: words().optional().describe('Query parameter that holds the unit.'),
  cookie: words().optional().describe('Cookie that holds the unit.'),
  body: pointer().optional().describe('JSON pointer to the unit in the body. The only source that costs a parse.'),
  missing: z
    .enum(['random', 'champion', 'reject'])
    .prefault('random')
    .describe('A request without a unit: a version by chance, the champion, or status 400.'),
});

const BODY_VALUE = 'a value in a body is compared as text, a number digit for digit; put {value} in quotes';

const pointerKey = () =>
  z
    .string()
    .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, { error: 'this is not a JSON pointer; write it like /customer/country' });

const drainSchema = z.strictObject({
  version: name().describe('The leaving version. It stays under `versions` until its units are gone.'),
  for: duration('24h').prefault('24h').describe('How long a unit stays after the split last gave it that version.'),
  units: whole(1, 1_000_000)
    .prefault(100_000)
    .describe('Units remembered, per thread; beyond, the longest unseen are forgotten and counted.'),
});

const ruleSchema = z.strictObject({
  when: z
    .strictObject({
      header: headerMap().prefault({}).describe('Headers that must have exactly these values.'),
      query: z
        .record(z.string(), z.string())
        .prefault({})
        .describe('Query parameters that must have exactly these values.'),
      path: pathPrefix().optional().describe('Path prefix on a segment border.'),
      body: z
        .record(pointerKey(), z.string({ error: BODY_VALUE }))
        .prefault({})
        .describe('JSON pointers into the body, and the texts that must stand there. Costs a scan of the body.'),
    })
    .prefault({})
    .describe('Every condition must hold; at least one.'),
  split: weights().optional().describe('The split of the units that the rule takes.'),
});

const MIRROR_TIMEOUT = '2s';
const MIRROR_CALLS = 64;
const MIRROR_BYTES = '32MiB';

const mirrorObject = z.strictObject({
  share: percent('25%').describe('Share of the decisions that is copied.'),
  timeout: duration('2s').prefault(MIRROR_TIMEOUT).describe('For the whole shadow call.'),
  calls: whole(1, 100_000)
    .prefault(MIRROR_CALLS)
    .describe('Shadow calls in flight, per thread; more are dropped and counted.'),
  bytes: size('32MiB')
    .prefault(MIRROR_BYTES)
    .describe('Bytes held for shadow calls, per thread; more are dropped and counted.'),
});

const mirrorSchema = z.union([
  percent('25%').transform((share) => ({ ...mirrorObject.parse({ share: '0%' }), share })),
  mirrorObject,
]);

const retrySchema = z.strictObject({
  attempts: whole(1, 10).prefault(2).describe('Attempts in all; 1 means never again.'),
  on: z
    .array(z.union([z.literal(['connect', 'reset', 'timeout']), z.literal([502, 503, 504])], { error: retryError() }))
    .prefault(['connect'])
    .describe('`connect` is always safe; the others say that this model may be asked twice.'),
  budget: percent('20%').prefault('20%').describe('Retries add at most this share to the calls.'),
});

function retryError(): string {
  return '{value} is nothing to retry on; use connect, reset, timeout, 502, 503 or 504';
}

const timeoutSchema = z.strictObject({
  connect: duration('250ms').prefault('250ms').describe('For the connection, TLS included.'),
  firstByte: duration('2s').prefault('2s').describe('From the request sent to the first byte of the answer.'),
  total: durationOrNone('10s').prefault('10s').describe('For the whole answer; `none` for long streams.'),
});

const captureSchema = z.strictObject({
  sample: percent('100%').prefault('100%').describe('Share of the decisions that is recorded.'),
  bodies: z.enum(['full', 'features', 'none']).prefault('full').describe('What of the bodies a record keeps.'),
  redact: z
    .array(pointerOrHeader())
    .prefault([])
    .describe('JSON pointers (`*`: every member) and headers whose values never reach the disk.'),
  hash: z
    .array(pointerOrHeader())
    .prefault([])
    .describe('JSON pointers and headers whose values are written as HMAC-SHA-256 under `hashKey`.'),
  hashKey: secret().optional().describe('Key of `hash`, 16 characters or more, from the environment.'),
  headers: z.array(headerName()).prefault(['user-agent']).describe('Request headers kept on the record.'),
  durability: z
    .enum(['async', 'acked'], { error: '{value} is not a durability; use async or acked' })
    .prefault('async')
    .describe(
      'async: the answer does not wait for the disk. acked: it is given once its record is on disk, else refused (503).',
    ),
});

const driftSchema = z.strictObject({
  baseline: words()
    .optional()
    .describe('Baseline file, relative to this file. Default: the first rows of each version.'),
  against: z
    .enum(['baseline', 'champion'], { error: '{value} is nothing to measure against; use baseline or champion' })
    .prefault('baseline')
    .describe('What challengers and shadows are measured against: the baseline, or the champion in the same ticks.'),
  tick: duration('1m').prefault('1m').describe('How often drift is looked at.'),
  tolerance: percent('10%').prefault('10%').describe('Drift that is too small to matter.'),
  provisional: whole(10, 10_000_000).prefault(1000).describe('Rows that make a provisional baseline.'),
});

const qualitySchema = z.strictObject({
  outcome: name().describe('Name of the outcomes that are the truth.'),
  score: words().describe('Column of the predictions that is held against it.'),
  kind: z
    .enum(['binary', 'multiclass', 'regression'], { error: '{value} is no kind; use binary, multiclass or regression' })
    .prefault('binary')
    .describe('What the column holds: a probability, a class, or a number.'),
  positive: words().prefault('1').describe('Label of the positive class, as a text; `1` is also true.'),
  threshold: z
    .number({ error: '{value} is no score; write a number from 0 to 1' })
    .min(0)
    .max(1)
    .prefault(0.5)
    .describe('From this score on a decision is a positive.'),
  loss: z
    .enum(['error', 'brier'], { error: '{value} is no loss; use error or brier' })
    .prefault('error')
    .describe('What the risk is the mean of: wrong or not, or the squared difference of score and truth.'),
  errorMax: z
    .number({ error: '{value} is no size of an error; write a number above 0' })
    .positive()
    .optional()
    .describe('Of a regression: an error of this size, or more, is a loss of 1. Without it there is no risk.'),
  tolerance: percent('2%').prefault('2%').describe('Rise of the risk that is harmless, in points of its own.'),
  falseAlarms: percent('1%')
    .prefault('1%')
    .describe('Chance that a version is ever said to have a higher risk without having one.'),
  maturity: age('90d')
    .optional()
    .describe('Age at which the label of a decision must have come; younger ones are not judged. Default: none.'),
  risk: z
    .number({ error: '{value} is no risk; write a number from 0 to 1' })
    .min(0)
    .max(1)
    .optional()
    .describe('Risk that the model is known to have, from its test data. Default: that of its first labels.'),
  rows: whole(50, 10_000_000).prefault(1000).describe('First labels of a version that others are compared with.'),
  every: duration('15m').prefault('15m').describe('How often the record is read for it, in a process of its own.'),
});

const breakerSchema = z.strictObject({
  failures: whole(1, 10_000).prefault(5).describe('Failures in a row that take an endpoint out.'),
  open: duration('10s').prefault('10s').describe('How long it stays out.'),
});

export const modelSchema = z.strictObject({
  owner: words().optional().describe('Who answers for the model.'),
  description: words().optional().describe('What it decides.'),
  protocol: z.enum(PROTOCOL_NAMES).prefault('open-inference').describe('How its servers speak.'),
  match: z
    .union([pathPrefix().transform((path) => matchSchema.parse({ path: path === '' ? '/' : path })), matchSchema])
    .optional()
    .describe('Which requests are for this model: a path prefix, or conditions that must all hold.'),
  champion: words().optional().describe('The version that answers by default. Default: the only version.'),
  versions: z.record(name(), versionSchema).optional().describe('The versions by name.'),
  sticky: z
    .union([z.literal('none').transform(() => undefined), stickySchema], { error: stickyError() })
    .optional()
    .describe('Where a request holds its unit. Default: none; every decision is split by chance.'),
  salt: words().optional().describe('Mixed into the hash of the units. Default: the name of the model.'),
  split: weights().optional().describe('Relative weights of the versions. Default: all to the champion.'),
  overrides: z.record(z.string(), words()).prefault({}).describe('Unit -> version; wins over rules and split.'),
  rules: z.array(ruleSchema).prefault([]).describe('Splits of their own; the first rule that holds wins.'),
  eligible: percent('20%').prefault('100%').describe('Share of the units that take part; the others get the champion.'),
  holdout: percent('5%')
    .prefault('0%')
    .describe('Share of the units that get the champion of every model: the same units in all.'),
  layer: name().optional().describe('Models of one layer exclude each other: a unit takes part in one of them.'),
  drain: drainSchema
    .optional()
    .describe('Units already seen on a version keep it for a while after the split has taken it from them.'),
  mirror: z
    .record(name(), mirrorSchema)
    .prefault({})
    .describe('Versions that get copies: a share, or share and bounds.'),
  fallback: z
    .enum(['champion', 'none'])
    .prefault('champion')
    .describe('Who answers where a challenger fails before it answers.'),
  retry: retrySchema.prefault({}).describe('When a call is tried again.'),
  timeout: timeoutSchema.prefault({}).describe('Deadlines of a call.'),
  breaker: breakerSchema.prefault({}).describe('When an endpoint is taken out.'),
  inflight: whole(1, 1_000_000).prefault(1024).describe('Calls of this model in flight, per thread; more are refused.'),
  capture: captureSchema.prefault({}).describe('What is recorded.'),
  features: z
    .record(z.string().min(1, { error: 'a column without a name; name it' }), pointer())
    .prefault({})
    .describe('Columns by JSON pointer, where the protocol cannot name them by itself.'),
  drift: driftSchema.prefault({}).describe('What drift is measured against.'),
  quality: qualitySchema.optional().describe('What predictions are held against once it is known.'),
});

function stickyError(): string {
  return '{value} is no sticky key; write one such as { header: account-id }, or none';
}

const listenTlsSchema = z.strictObject({
  cert: words().describe('PEM file with the certificate chain.'),
  key: words().describe('PEM file with the private key.'),
  clientCa: words()
    .optional()
    .describe('PEM file with the authorities of client certificates. Default: none are asked for.'),
  clients: z
    .enum(['require', 'request'])
    .optional()
    .describe('Whether a client certificate is a must. Default: require.'),
});

const listenSchema = z.strictObject({
  host: words().prefault('0.0.0.0').describe('Address to listen on.'),
  port: whole(0, 65_535).prefault(8080).describe('Port; 0 takes a free one.'),
  threads: whole(1, 256).prefault(1).describe('Gateway threads on the one port.'),
  fastLane: z.boolean().prefault(true).describe('Plain requests, in and out without TLS, take a shorter way.'),
  body: z
    .strictObject({
      max: size('8MiB').prefault('8MiB').describe('A longer request body is refused.'),
      buffer: size('256KiB', '8MiB')
        .prefault('256KiB')
        .describe('At most 8MiB. A longer body is streamed: no retry, no mirror, no whole capture.'),
    })
    .prefault({})
    .describe('Bounds of a body.'),
  headers: z
    .strictObject({ max: size('32KiB').prefault('32KiB').describe('A longer request head is refused.') })
    .prefault({})
    .describe('Bounds of a head.'),
  drain: duration('20s', 'zero').prefault('20s').describe('How long calls under way may take at a shutdown.'),
  timeout: z
    .strictObject({
      head: duration('10s').prefault('10s').describe('For the head of a request to arrive.'),
      request: duration('60s').prefault('60s').describe('For the whole request to arrive.'),
      idle: duration('75s').prefault('75s').describe('For a kept connection without a request.'),
      stall: duration('30s').prefault('30s').describe('For a client that takes no byte of a waiting answer.'),
    })
    .prefault({})
    .describe('Deadlines of a client.'),
  inflight: whole(1, 1_000_000).prefault(2048).describe('Calls in flight, per thread; more are refused.'),
  connections: whole(1, 1_000_000).prefault(10_000).describe('Client connections, per thread.'),
  tls: listenTlsSchema.optional().describe('TLS towards clients. Default: none.'),
});

const adminSchema = z.strictObject({
  host: words().prefault('127.0.0.1').describe('Address of the admin API and the console.'),
  port: whole(0, 65_535).prefault(9090).describe('Its port; 0 takes a free one.'),
  token: bearerToken().optional().describe('Bearer token; a must where the address is not a loopback.'),
});

const telemetrySchema = z.strictObject({
  logs: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .prefault('info')
        .describe('Least level logged.'),
      access: percent('1%').prefault('1%').describe('Share of the decisions with an access-log line.'),
    })
    .prefault({})
    .describe('Logs.'),
  traces: z
    .strictObject({
      endpoint: z
        .url({ protocol: /^https?$/, error: 'this is not an HTTP URL; write it like http://127.0.0.1:4318/v1/traces' })
        .optional()
        .describe('OTLP over HTTP. Default: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or OTEL_EXPORTER_OTLP_ENDPOINT.'),
      headers: z.record(headerKey(), secret()).prefault({}).describe('Headers sent to it.'),
      sample: percent('1%').prefault('1%').describe('Share sampled where the caller did not decide.'),
      service: words().prefault('headgate').describe('service.name of the traces.'),
    })
    .prefault({})
    .describe('OpenTelemetry traces.'),
});

const FALSE_ALARMS = '{value} is no number of false alarms a week; write a number above 0 and up to 100, such as 1';

/** The top of the main file but for models, which are read one by one with the defaults below them. */
export const gateSchema = z.strictObject({
  listen: listenSchema.prefault({}).describe('Where clients connect.'),
  admin: adminSchema.prefault({}).describe('Where people and Prometheus connect.'),
  data: words().prefault('./data').describe('Folder for captures and state, relative to this file.'),
  captures: z
    .strictObject({
      keep: size('4GiB')
        .prefault('4GiB')
        .describe(
          'Bytes of segments kept on disk until they are compacted; beyond, the oldest are deleted and counted.',
        ),
      outcomes: size('4GiB')
        .prefault('4GiB')
        .describe('Bytes of outcomes kept under `data`; beyond, further ones are refused, and counted.'),
      compact: z
        .strictObject({
          every: durationOrNone('5m')
            .prefault('5m')
            .describe('Closed segments become Parquet this often, and sooner where many wait; none: not by this gate.'),
          memory: size('512MiB')
            .prefault('512MiB')
            .describe('What DuckDB may take for it, in a process of its own; and for reading `quality`.'),
        })
        .prefault({})
        .describe('How segments become Parquet.'),
      retain: z
        .strictObject({
          bodies: age('90d')
            .prefault('90d')
            .describe('Age at which bodies, features and predictions go; the column of `quality.score` stays.'),
          records: age('456d').prefault('456d').describe('Age at which whole records go: 15 months.'),
          size: size('100GiB')
            .prefault('100GiB')
            .describe('Bytes of all Parquet files; beyond, the oldest bodies go, then the oldest records.'),
        })
        .prefault({})
        .describe('What the store keeps.'),
      commit: z
        .strictObject({
          every: duration('50ms')
            .prefault('50ms')
            .describe('Records are written and synchronised (fsync) together this often.'),
          bytes: size('1MiB', '16MiB')
            .prefault('1MiB')
            .describe('At most 16MiB. So many bytes of records are written without waiting for `every`.'),
          timeout: duration('2s')
            .prefault('2s')
            .describe('An answer under `capture.durability: acked` waits so long for its record.'),
        })
        .prefault({})
        .describe('Group commit.'),
      sinks: sinksSchema,
    })
    .prefault({})
    .describe('How records are written, and what stays of them.'),
  drift: z
    .strictObject({
      falseAlarmsPerWeek: z
        .number({ error: FALSE_ALARMS })
        .positive({ error: FALSE_ALARMS })
        .max(100, { error: FALSE_ALARMS })
        .prefault(1)
        .describe('False alarms of drift a week, at most on average, of all columns of all models together.'),
    })
    .prefault({})
    .describe('How sure an alarm of drift is.'),
  telemetry: telemetrySchema.prefault({}).describe('Logs and traces.'),
  alarms: alarmsSchema.prefault({}).describe('Who is told that a model drifts.'),
  include: oneOrMany(words()).optional().describe('Files with more `models`; globs, relative to this file.'),
  defaults: z.unknown().optional(),
  models: z.unknown().optional(),
});

const modelsSchema = z.record(name(), modelSchema);

/** The main file as a whole: what the JSON Schema for editors is made from. */
export const configSchema = gateSchema.extend({
  defaults: modelSchema.optional().describe('Any key of a model; each model starts from these.'),
  models: modelsSchema.optional().describe('The models by name.'),
});

/** An included file. */
export const includeSchema = z.strictObject({ models: z.unknown().optional() });

export type RawGate = z.output<typeof gateSchema>;
export type RawModel = z.output<typeof modelSchema>;
export type RawMirror = z.output<typeof mirrorObject>;
