// Upstreams for the validation: they remember what arrived and answer with its hash, so that a candidate which loses, alters or
// misdirects a byte is found out. Never used while anything is timed.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Targets } from './upstreams.ts';
import type { Version } from './workload.ts';

export const REVISION_HEADER = 'x-model-revision';

export interface RecordedAnswer {
  readonly version: Version;
  /** SHA-256 of the body that arrived, hex. */
  readonly received: string;
}

export interface Recorders {
  readonly ports: Targets;
  /** Hashes of the bodies that arrived at a version, in order. */
  received(version: Version): readonly string[];
  stop(): Promise<void>;
}

export function bodyHash(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** What a version answers to a body: the status comes from the query (`?status=422`). */
export function recordedAnswer(version: Version, body: Uint8Array): string {
  return JSON.stringify({ version, received: bodyHash(body) } satisfies RecordedAnswer);
}

export async function startRecorders(): Promise<Recorders> {
  const seen: Record<Version, string[]> = { champion: [], challenger: [], shadow: [] };
  const servers = {
    champion: record('champion', seen.champion),
    challenger: record('challenger', seen.challenger),
    shadow: record('shadow', seen.shadow),
  };
  const ports: Targets = {
    champion: await listen(servers.champion),
    challenger: await listen(servers.challenger),
    shadow: await listen(servers.shadow),
  };
  return {
    ports,
    received: (version) => seen[version],
    async stop() {
      for (const server of Object.values(servers)) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function record(version: Version, seen: string[]): Server {
  return createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    void readBody(request).then((body) => {
      seen.push(bodyHash(body));
      const answer = recordedAnswer(version, body);
      const status = Number(new URL(request.url ?? '/', 'http://upstream').searchParams.get('status') ?? 200);
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
        [REVISION_HEADER]: `git:${version}`,
      });
      response.end(answer);
    });
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}
