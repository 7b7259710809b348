// The shape of `captures.sinks`: where records are sent on to, by a name of one's own. A type is a branch here, a plan in
// plan.ts, and a file in capture/sinks/.

import { z } from 'zod';
import { duration, headerKey, name, oneOrMany, secret, size, whole, words } from './quantities.ts';
import { tlsSchema } from './schema-version.ts';

const FROM = 'Where a sink begins that has never run: with the oldest record kept, or with the next one.';

/** What every sink has. Descriptions are equal in all, so that the documentation has one row for each. */
const shared = {
  models: oneOrMany(name()).optional().describe('Models whose records are sent. Default: all.'),
  from: z.enum(['earliest', 'latest']).prefault('earliest').describe(FROM),
  tls: tlsSchema.optional().describe('TLS towards the sink.'),
  timeout: duration('10s').prefault('10s').describe('For one attempt to deliver.'),
};

const batch = z
  .strictObject({
    records: whole(1, 10_000).prefault(200).describe('Records delivered at once, at most.'),
    bytes: size('512KiB', '64MiB').prefault('512KiB').describe('Their bytes, at most; a larger record goes alone.'),
    linger: duration('200ms', 'zero').prefault('200ms').describe('How long a record may wait for others.'),
  })
  .prefault({});

const httpUrl = () =>
  z.url({ protocol: /^https?$/, error: 'this is not an HTTP URL; write it like http://events.example.com/' });

const cloudevents = z.strictObject({
  type: z.literal('cloudevents').describe('HTTP CloudEvents 1.0, as the payload logger of KServe sends them.'),
  url: httpUrl().describe('Where events are sent to, with POST.'),
  mode: z
    .enum(['binary', 'batched'])
    .prefault('binary')
    .describe('An event per request, or many in one (application/cloudevents-batch+json).'),
  events: z.enum(['all', 'request', 'response']).prefault('all').describe('Which halves of a call make an event.'),
  namespace: words().prefault('default').describe('The attribute `namespace` of the events.'),
  headers: z
    .record(headerKey(), secret())
    .prefault({})
    .describe('Headers sent with every request, such as authorization.'),
  shadows: z.boolean().prefault(false).describe('Whether the calls of shadows are sent, too.'),
  batch: batch.describe('What is delivered at once.'),
  ...shared,
});

const kafka = z.strictObject({
  type: z.literal('kafka').describe('A topic of Apache Kafka, or of what speaks its protocol.'),
  brokers: z
    .array(
      z.string().regex(/^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, {
        error: 'this is no broker; write it like kafka-1.example.com:9092',
      }),
    )
    .min(1, { error: 'the list is empty; name at least one broker' })
    .describe('host:port of brokers to begin with; they name the others.'),
  topic: z
    .string()
    .regex(/^[\w.-]{1,249}$/, {
      error: 'this is no name of a topic; use letters, digits, dots, dashes and underscores',
    })
    .describe('The topic; it must exist, or the brokers must create it by themselves.'),
  key: z
    .enum(['model', 'unit'])
    .prefault('model')
    .describe('The key, hence the partition, hence what is in order: all of a model, or all of a unit.'),
  compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).prefault('none').describe('Of the batches sent.'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).describe('How the user is proved.'),
      username: words().describe('Name of the user.'),
      password: secret().describe('Its password; best a reference to the environment.'),
    })
    .optional()
    .describe('Credentials. Default: none.'),
  shadows: z.boolean().prefault(true).describe('Whether the calls of shadows are sent, too.'),
  batch: batch.describe('What is delivered at once.'),
  ...shared,
});

const s3 = z.strictObject({
  type: z
    .literal('s3')
    .describe('Objects of a bucket, in S3 or what speaks its protocol: rows as NDJSON, compressed by zstd.'),
  endpoint: httpUrl().describe('Where the service is, such as https://s3.eu-central-1.amazonaws.com.'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: 'this is no name of a bucket; write it as the service has it',
    })
    .describe('The bucket; it must exist.'),
  prefix: z
    .string()
    .regex(/^[\w!.*'()/=-]*$/, { error: 'this is no prefix; use letters, digits and -_.=/' })
    .prefault('')
    .describe('What the names of the objects begin with.'),
  region: words().prefault('us-east-1').describe('The region that requests are signed for.'),
  addressing: z
    .enum(['path', 'host'])
    .prefault('path')
    .describe('Whether the bucket stands in the path, or before the host.'),
  credentials: z
    .strictObject({
      accessKeyId: words().describe('The access key.'),
      secretAccessKey: secret().describe('Its secret; best a reference to the environment.'),
      sessionToken: secret().optional().describe('Token of a session, where the key is a temporary one.'),
    })
    .describe('What requests are signed with.'),
  object: z
    .strictObject({
      bytes: size('16MiB', '128MiB')
        .prefault('16MiB')
        .describe('Bytes of records that make an object; held in memory.'),
      every: duration('1m')
        .prefault('1m')
        .describe('An object is written this long after its first record, at the latest.'),
    })
    .prefault({})
    .describe('When an object is complete.'),
  shadows: z.boolean().prefault(true).describe('Whether the calls of shadows are sent, too.'),
  ...shared,
});

export const sinksSchema = z
  .record(
    name(),
    z.discriminatedUnion('type', [cloudevents, kafka, s3], {
      error: 'this is no known type of sink; use cloudevents, kafka or s3',
    }),
  )
  .prefault({})
  .describe('Where records are sent on to, by a name of your own.');

export type RawSinks = z.output<typeof sinksSchema>;
export type RawSink = RawSinks[string];
