// One version of the demo's model behind HTTP, as a model server of the Open Inference Protocol answers: health, metadata,
// infer. Answers take the few milliseconds that small models take; how long is drawn from the random source it is given.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../../kernel/random.ts';
import { DEMO_MODEL, type DemoVersion, fraudProbability } from './fraud-model.ts';
import { COLUMNS, inferResponse, readInferRequest } from './inference-json.ts';

const BODY_BYTES_MAX = 64 * 1024;
const FASTEST_MS = 2;
const SLOWEST_MS = 8;

/** What the thread of the servers is told, and what it says. */
export interface ModelServersSetup {
  readonly seed: number;
}

export interface PortOf {
  readonly version: DemoVersion;
  readonly port: number;
}

export interface ModelServer {
  readonly version: DemoVersion;
  readonly port: number;
  stop(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startModelServer(version: DemoVersion, random: Random): Promise<ModelServer> {
  const server = createServer((request, response) => {
    answer(version, random, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { version, port: (server.address() as AddressInfo).port, stop: () => close(server) };
}

async function answer(version: DemoVersion, random: Random, request: IncomingMessage, response: ServerResponse) {
  const base = `/v2/models/${DEMO_MODEL}`;
  const target = `${request.method} ${request.url}`;
  if (target === 'GET /v2/health/ready' || target === 'GET /v2/health/live' || target === `GET ${base}/ready`) {
    return reply(response, 200, '{}');
  }
  if (target === `GET ${base}`) {
    const inputs = COLUMNS.map((name) => ({ name }));
    return reply(
      response,
      200,
      JSON.stringify({ name: DEMO_MODEL, versions: [version], platform: 'headgate-demo', inputs }),
    );
  }
  if (target !== `POST ${base}/infer`) return reply(response, 404, '{"error":"unknown path"}');
  const body = await readBody(request);
  if (body === undefined) return reply(response, 413, '{"error":"the body is too long"}');
  const read = readInferRequest(body);
  if ('problem' in read) return reply(response, 400, JSON.stringify({ error: read.problem }));
  const answerBody = inferResponse(version, fraudProbability(version, read.payment));
  // The square of a uniform number leans to the fast side, as real latencies do.
  const delayMs = FASTEST_MS + (SLOWEST_MS - FASTEST_MS) * random() ** 2;
  setTimeout(() => reply(response, 200, answerBody), delayMs);
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
