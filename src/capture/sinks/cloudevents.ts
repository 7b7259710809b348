// Sends captured calls as CloudEvents over HTTP: one event per request (binary mode), or many (batched). In binary mode models
// are sent side by side, and the events of one model one after the other.

import type { CloudEventsSinkPlan } from '../../config/plan.ts';
import { faultOfStatus, type HttpClient } from '../../http/http-client.ts';
import { binaryHeaders, type CloudEvent, cloudEventsOf, eventJson } from './cloud-event.ts';
import { type Settle, type Sink, SinkFailure, type SinkRecord } from './sink.ts';
import { createSinkClient } from './sink-client.ts';

/** Models sent side by side. */
const CONNECTIONS = 8;

export const cloudevents = {
  type: 'cloudevents',
  open(plan) {
    const { origin, pathname, search } = new URL(plan.url);
    const client = createSinkClient(origin, plan.tls, plan.timeoutMs, CONNECTIONS);
    const target: Target = { client, origin, path: pathname + search, headers: plan.headers };
    return {
      deliver: (records, settle, signal) =>
        plan.mode === 'batched'
          ? deliverBatched(target, plan, records, settle, signal)
          : deliverBinary(target, plan, records, settle, signal),
      close: client.close,
    };
  },
} as const satisfies Sink<'cloudevents'>;

interface Target {
  readonly client: HttpClient;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @returns null where it was taken, else the reason why it will never be @throws SinkFailure where it may be later */
async function post(
  { client, origin, path, headers: own }: Target,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string,
  signal: AbortSignal,
): Promise<string | null> {
  const { status } = await client.ask({ method: 'POST', path, headers: { ...headers, ...own }, body }, signal);
  const fault = faultOfStatus(status);
  if (fault !== null) throw new SinkFailure(fault, `${origin} answered ${status}`);
  return status < 300 ? null : `status_${status}`;
}

async function deliverBinary(
  target: Target,
  plan: CloudEventsSinkPlan,
  records: readonly SinkRecord[],
  settle: Settle,
  signal: AbortSignal,
): Promise<void> {
  const queues = [...Map.groupBy(records, ({ row }) => row.model).values()];
  const send = async (): Promise<void> => {
    for (let queue = queues.shift(); queue !== undefined; queue = queues.shift()) {
      for (const record of queue) settle(record, await sendEvents(target, cloudEventsOf(record.row, plan), signal));
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: CONNECTIONS }, send));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** @returns the first reason for which one was refused */
async function sendEvents(
  target: Target,
  events: readonly CloudEvent[],
  signal: AbortSignal,
): Promise<string | undefined> {
  let refused: string | undefined;
  for (const event of events) {
    const reason = await post(target, binaryHeaders(event), event.data ?? '', signal);
    refused ??= reason ?? undefined;
  }
  return refused;
}

/** A batch that is refused is halved until it is known which record it was. */
async function deliverBatched(
  target: Target,
  plan: CloudEventsSinkPlan,
  records: readonly SinkRecord[],
  settle: Settle,
  signal: AbortSignal,
): Promise<void> {
  const events = records.flatMap(({ row }) => cloudEventsOf(row, plan).map(eventJson));
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const refused = events.length === 0 ? null : await post(target, headers, `[${events.join(',')}]`, signal);
  if (refused === null || records.length === 1) {
    for (const record of records) settle(record, refused ?? undefined);
    return;
  }
  const middle = Math.ceil(records.length / 2);
  await deliverBatched(target, plan, records.slice(0, middle), settle, signal);
  await deliverBatched(target, plan, records.slice(middle), settle, signal);
}
