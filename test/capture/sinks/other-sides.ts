// The other side of each sink, for tests: a small server that says which records reached it, in which order, and that can be
// told to fail. A sink without one here does not pass the contract.

import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { zstdDecompressSync } from 'node:zlib';
import { type CloudEvent, HTTP } from 'cloudevents';
import type { SinkPlan, SinkType } from '../../../src/config/plan.ts';
import { sinkPlan } from './log-on-disk.ts';

export interface OtherSide {
  readonly plan: SinkPlan;
  /** `model id`, in the order of arrival; twice where it came twice. */
  readonly received: string[];
  /** Answer every request with this; 0: as it should be. */
  fail(status: number): void;
  /** Take no record whose id is this, for ever; null where no record is ever refused. */
  readonly refuse: ((id: string) => void) | null;
  close(): Promise<void>;
}

export const OTHER_SIDES: { readonly [Name: string]: { readonly type: SinkType; start(): Promise<OtherSide> } } = {
  'cloudevents, binary': { type: 'cloudevents', start: () => startEventsConsumer('binary') },
  'cloudevents, batched': { type: 'cloudevents', start: () => startEventsConsumer('batched') },
  s3: { type: 's3', start: startBucket },
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
export async function startEventsConsumer(mode: 'binary' | 'batched'): Promise<OtherSide> {
  const received: string[] = [];
  const refused = new Set<string>();
  let status = 0;
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
    received,
    fail: (next) => {
      status = next;
    },
    refuse: (id) => void refused.add(id),
    close: server.close,
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
    get received() {
      return [...objects.values()].flat();
    },
    fail: (next) => {
      status = next;
    },
    refuse: null,
    close: server.close,
  };
}
