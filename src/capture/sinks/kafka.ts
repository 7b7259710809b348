// Sends rows to a topic of Kafka, keyed so that what belongs together is in one partition, hence in order. A batch is one call,
// confirmed by all replicas in sync. The client does not repeat anything by itself: that is the runner's, which keeps the order.

import { compatibilityPartitioner, ProduceAcks, Producer, type ProducerOptions } from '@platformatic/kafka';
import type { ClientTlsPlan, KafkaSinkPlan } from '../../config/plan.ts';
import { rowJson } from './row-json.ts';
import { type Settle, type Sink, SinkFailure, type SinkFault, type SinkRecord } from './sink.ts';

type RowProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

/** What the broker says about a record, not about itself. */
const REFUSALS: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
  INVALID_RECORD: 'invalid_record',
  INVALID_TIMESTAMP: 'invalid_timestamp',
};

export const kafka = {
  type: 'kafka',
  open(plan) {
    let producer: RowProducer | null = null;

    async function drop(): Promise<void> {
      const closing = producer;
      producer = null;
      await closing?.close().catch(() => undefined);
    }

    /** A batch that is refused is halved until it is known which record it was. */
    async function send(records: readonly SinkRecord[], settle: Settle, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      if (records.length === 0) return;
      try {
        producer ??= new Producer(optionsOf(plan));
        await unlessAborted(producer.send({ messages: records.map((record) => messageOf(record, plan)) }), signal);
        for (const record of records) settle(record);
      } catch (error) {
        const refused = idsOf(error).find((id) => REFUSALS[id] !== undefined);
        if (refused === undefined) throw error;
        const [only] = records;
        if (records.length === 1 && only !== undefined) settle(only, REFUSALS[refused]);
        else {
          const middle = Math.ceil(records.length / 2);
          await send(records.slice(0, middle), settle, signal);
          await send(records.slice(middle), settle, signal);
        }
      }
    }

    return {
      async deliver(records, settle, signal) {
        try {
          await send(records, settle, signal);
        } catch (error) {
          // Connections to a broker that is gone are not worth keeping.
          await drop();
          throw asFailure(error, plan);
        }
      },
      close: drop,
    };
  },
} as const satisfies Sink<'kafka'>;

function optionsOf(plan: KafkaSinkPlan): ProducerOptions<Buffer, Buffer, Buffer, Buffer> {
  const { brokers, timeoutMs, compression, sasl } = plan;
  return {
    clientId: 'headgate',
    bootstrapBrokers: [...brokers],
    acks: ProduceAcks.ALL,
    retries: 0,
    timeout: timeoutMs,
    requestTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    // Where the Java client, and whoever joins by key, looks for a key.
    partitioner: (message, key) => compatibilityPartitioner(message, key),
    ...(compression === 'none' ? {} : { compression }),
    ...(sasl === null ? {} : { sasl: { ...sasl } }),
    ...tlsOf(plan.tls),
  };
}

function tlsOf(tls: ClientTlsPlan | null) {
  if (tls === null) return {};
  const { ca, cert, key, serverName, verify } = tls;
  return {
    tls: {
      rejectUnauthorized: verify,
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    },
    tlsServerName: serverName ?? true,
  };
}

function messageOf({ row }: SinkRecord, { topic, key }: KafkaSinkPlan) {
  const by = key === 'unit' && row.unit !== '' ? row.unit : row.model;
  return {
    topic,
    key: Buffer.from(by),
    value: Buffer.from(rowJson(row)),
    timestamp: BigInt(Math.floor(row.at)),
    headers: new Map(
      [
        ['content-type', 'application/json'],
        ['headgate-decision', row.decision_id],
        ['headgate-model', row.model],
        ['headgate-role', row.role],
      ].map(([name = '', value = '']) => [Buffer.from(name), Buffer.from(value)]),
    ),
  };
}

/** The protocol's names of errors, however deep the client has wrapped them. */
function idsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'apiId' in error && typeof error.apiId === 'string' ? [error.apiId] : [];
  const below = 'errors' in error && Array.isArray(error.errors) ? error.errors.flatMap(idsOf) : [];
  return [...own, ...below, ...idsOf(error.cause)];
}

function asFailure(error: unknown, { brokers, topic }: KafkaSinkPlan): SinkFailure {
  const ids = [...new Set(idsOf(error))];
  const words = ids.length > 0 ? ids.join(', ') : deepest(error);
  return new SinkFailure(faultOf(ids, error), `kafka ${brokers[0]}, topic ${topic}: ${words}`, { cause: error });
}

function faultOf(ids: readonly string[], error: unknown): SinkFault {
  // The client says the second where the metadata do not have the topic.
  if (ids.includes('UNKNOWN_TOPIC_OR_PARTITION') || /unknown topic/i.test(deepest(error))) return 'missing';
  if (ids.some((id) => /AUTH|SASL/.test(id)) || /sasl|authenticat/i.test(deepest(error))) return 'credentials';
  if (ids.includes('REQUEST_TIMED_OUT') || /timed? ?out/i.test(deepest(error))) return 'timeout';
  if (ids.includes('THROTTLING_QUOTA_EXCEEDED')) return 'throttled';
  return ids.length > 0 ? 'status' : 'connect';
}

/** The message at the bottom of what the client has wrapped. */
function deepest(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [first] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  if (first !== undefined) return deepest(first);
  return error.cause === undefined ? error.message : deepest(error.cause);
}

/** The client cannot be told to give up: it is left to itself, and closed. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
