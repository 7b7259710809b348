// Other sides of sinks, for tests: small servers that say which records reached them, in which order, and that can be told to
// fail.

import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { zstdDecompressSync } from 'node:zlib';
import { type CloudEvent, HTTP } from 'cloudevents';
import type { SinkFault } from '../../../src/capture/sinks/sink.ts';
import { sinkPlan } from './log-on-disk.ts';
import type { OtherSide, SideKind } from './sink-contract.ts';

/** A side that is told how to answer. */
export interface ToldSide extends OtherSide {
  /** Answer every request with this; 0: as it should be. */
  fail(status: number): void;
}

const FAULTS: Readonly<Record<number, SinkFault>> = {
  500: 'status',
  503: 'status',
  429: 'throttled',
  401: 'credentials',
  403: 'credentials',
  404: 'missing',
};
const TROUBLES = Object.keys(FAULTS);

function troublesOf(fail: (status: number) => void): OtherSide['troubles'] {
  const trouble = ([status, fault]: [string, SinkFault]) =>
    [
      status,
      { begin: () => fail(Number(status)), end: () => fail(0), fault, told: new RegExp(`\\b${status}\\b`) },
    ] as const;
  return Object.fromEntries(Object.entries(FAULTS).map(trouble));
}

export const OTHER_SIDES: Readonly<Record<string, SideKind>> = {
  'cloudevents, binary': { type: 'cloudevents', troubles: TROUBLES, start: () => startEventsConsumer('binary') },
  'cloudevents, batched': { type: 'cloudevents', troubles: TROUBLES, start: () => startEventsConsumer('batched') },
  s3: { type: 's3', troubles: TROUBLES, start: startBucket },
};

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP server whose answers are decided by `answer`; requests come one at a time, bodies whole. */
export async function startServer(
  answer: (
    request: Received & { readonly method: string; readonly url: string },
  ) => number | { status: number; headers?: Record<string, string>; body?: string },
) {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString('latin1');
      const given = answer({ headers: request.headers, body, method: request.method ?? '', url: request.url ?? '' });
      const { status, headers = {}, body: text = '' } = typeof given === 'number' ? { status: given } : given;
      response.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Reads what arrives with the CloudEvents SDK: what that refuses is answered with 400. */
export async function startEventsConsumer(mode: 'binary' | 'batched'): Promise<ToldSide> {
  const received: string[] = [];
  const refused = new Set<string>();
  let status = 0;
  const fail = (next: number): void => {
    status = next;
  };
  const server = await startServer(({ headers, body }) => {
    if (status !== 0) return status;
    try {
      const parsed = HTTP.toEvent<unknown>({ headers, body });
      const events = (Array.isArray(parsed) ? parsed : [parsed]) as CloudEvent<unknown>[];
      for (const event of events) event.validate();
      if (events.some(({ id }) => refused.has(id))) return 400;
      for (const { id, type, inferenceservicename } of events) {
        if (type === 'org.kubeflow.serving.inference.request') received.push(`${inferenceservicename} ${id}`);
      }
      return 202;
    } catch {
      return 400;
    }
  });
  return {
    plan: sinkPlan({ type: 'cloudevents', url: `${server.url}/events?to=log`, mode }),
    received: () => received,
    fail,
    troubles: troublesOf(fail),
    refuse(record) {
      refused.add(record.row.decision_id);
      return record;
    },
    leave: server.close,
  };
}

/** A service that takes objects as they come; whether signatures hold is for the real one (test/real). */
async function startBucket(): Promise<OtherSide> {
  const objects = new Map<string, string[]>();
  let status = 0;
  const server = await startServer(({ method, url, body, headers }) => {
    if (status !== 0) return { status, body: '<Error><Code>Told</Code></Error>' };
    const bytes = Buffer.from(body, 'latin1');
    const checksum = createHash('sha256').update(bytes).digest('base64');
    if (method !== 'PUT' || headers['x-amz-checksum-sha256'] !== checksum) return 400;
    const rows = zstdDecompressSync(bytes).toString().trim().split('\n');
    objects.set(
      url,
      rows.map((row) => {
        const { model, decision_id: id } = JSON.parse(row) as { model: string; decision_id: string };
        return `${model} ${id}`;
      }),
    );
    return 200;
  });
  return {
    plan: sinkPlan({
      type: 's3',
      endpoint: server.url,
      bucket: 'decisions',
      prefix: 'gate/a',
      region: 'eu-central-1',
      addressing: 'path',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: null },
    }),
    received: () => [...objects.values()].flat(),
    troubles: troublesOf((next) => {
      status = next;
    }),
    refuse: null,
    leave: server.close,
  };
}
