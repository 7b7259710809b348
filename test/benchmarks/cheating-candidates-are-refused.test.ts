// The validation before the timing: an honest candidate passes, and each way of doing less, more or other work than claimed is found.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Candidate, PLAIN, type Work } from '../../benchmarks/candidate.ts';
import type { Targets } from '../../benchmarks/upstreams.ts';
import { validate } from '../../benchmarks/validate.ts';
import { answerBody, STICKY_HEADER, type Version } from '../../benchmarks/workload.ts';
import { murmur3 } from '../../src/kernel/murmur3.ts';

/** One way of being dishonest; the default of each is honest. */
interface Conduct {
  readonly status?: (status: number) => number;
  readonly requestBody?: (body: string) => string;
  readonly answerBody?: (body: string) => string;
  readonly headers?: (headers: Record<string, string>) => Record<string, string>;
  readonly version?: (unit: string) => Version;
  readonly shadows?: (unit: string) => number;
  readonly captured?: (calls: number) => number;
}

const splitting: Work = { ...PLAIN, split: true, mirror: true };
const bySlot = (unit: string): Version => (murmur3(Buffer.from(unit), 1) % 10_000 < 1000 ? 'challenger' : 'champion');
const honest: Conduct = { version: bySlot, shadows: () => 1 };

const servers: Server[] = [];
let measured: Targets;

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

function candidate(work: Work, conduct: Conduct): Candidate {
  return {
    id: 'candidate',
    title: 'candidate',
    work,
    missing: () => null,
    async start(targets) {
      let calls = 0;
      const call = (version: Version, path: string, body: string): Promise<Response> => {
        calls += 1;
        return fetch(`http://127.0.0.1:${targets[version]}${path}`, { method: 'POST', body });
      };
      const server = createServer(async (request, response) => {
        const unit = String(request.headers[STICKY_HEADER]);
        const path = request.url ?? '/';
        const body = conduct.requestBody?.(await read(request)) ?? (await read(request));
        for (let i = 0; i < (conduct.shadows?.(unit) ?? 0); i++) await (await call('shadow', path, body)).text();
        const answer = await call(conduct.version?.(unit) ?? 'champion', path, body);
        const text = await answer.text();
        const headers = {
          'content-type': 'application/json',
          'x-model-revision': answer.headers.get('x-model-revision') ?? '',
        };
        response.writeHead(conduct.status?.(answer.status) ?? answer.status, conduct.headers?.(headers) ?? headers);
        response.end(conduct.answerBody?.(text) ?? text);
      });
      const port = await listen(server);
      const stop = async (): Promise<void> => {
        server.closeAllConnections();
        server.close();
      };
      return { port, pid: null, stop, captured: async () => conduct.captured?.(calls) ?? calls };
    },
  };
}

beforeAll(async () => {
  const answering = (version: Version): Promise<number> =>
    listen(
      createServer((request, response) => {
        request.resume();
        response.writeHead(200, { 'content-type': 'application/json' }).end(answerBody(version));
      }),
    );
  measured = {
    champion: await answering('champion'),
    challenger: await answering('challenger'),
    shadow: await answering('shadow'),
  };
});

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

function judged(work: Work, conduct: Conduct): Promise<void> {
  const counts = async (): Promise<Targets> => ({ champion: 0, challenger: 0, shadow: 0 });
  return validate(
    candidate(work, conduct),
    { ports: measured, counts, stop: async () => {} },
    { units: 300, withinMs: 300 },
  );
}

describe('the validation', () => {
  it('lets honest candidates pass', async () => {
    await expect(judged(PLAIN, {})).resolves.toBeUndefined();
    await expect(judged({ ...splitting, capture: true }, honest)).resolves.toBeUndefined();
  });

  const lies: readonly [string, Work, Conduct, string][] = [
    [
      'changes a status',
      PLAIN,
      { status: (status) => (status === 422 ? 200 : status) },
      'answered 200 where the upstream answered 422',
    ],
    [
      'loses a part of the request',
      PLAIN,
      { requestBody: (body) => body.slice(0, 10_000) },
      'did not arrive as it was sent',
    ],
    ['changes the answer', PLAIN, { answerBody: (body) => `${body} ` }, 'the answer was altered'],
    [
      'drops a header',
      PLAIN,
      { headers: ({ 'content-type': type = '' }) => ({ 'content-type': type }) },
      'x-model-revision',
    ],
    ['splits unasked', PLAIN, { version: bySlot }, 'although it does not split'],
    ['never splits', splitting, { ...honest, version: () => 'champion' }, 'the challenger got 0.0 %'],
    [
      'splits evenly',
      splitting,
      { ...honest, version: (unit) => (murmur3(Buffer.from(unit), 1) % 2 === 0 ? 'champion' : 'challenger') },
      'instead of 10 %',
    ],
    [
      'lets the shadow answer',
      splitting,
      { ...honest, version: (unit) => (unit.endsWith('7') ? 'shadow' : 'champion') },
      'the shadow answered a client',
    ],
    ['mirrors unasked', PLAIN, { shadows: () => 1 }, 'instead of 0'],
    [
      'loses shadows',
      splitting,
      { ...honest, shadows: (unit) => (unit.endsWith('42') ? 0 : 1) },
      'the shadow receives',
    ],
    [
      'sends shadows twice',
      splitting,
      { ...honest, shadows: (unit) => (unit.endsWith('42') ? 2 : 1) },
      'the shadow received',
    ],
    [
      'records less than it says',
      { ...splitting, capture: true },
      { ...honest, captured: (calls) => calls - 1 },
      'are captured',
    ],
  ];

  it.each(lies)('refuses one that %s', async (_name, work, conduct, why) => {
    await expect(judged(work, conduct)).rejects.toThrow(why);
  });

  it('refuses one whose units move', async () => {
    let turn = 0;
    const moving: Conduct = { ...honest, version: () => (turn++ % 10 === 3 ? 'challenger' : 'champion') };
    await expect(judged(splitting, moving)).rejects.toThrow(/did not stay with its version/);
  });
});
