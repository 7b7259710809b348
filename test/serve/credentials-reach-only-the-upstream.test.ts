// The credentials of a version go to its endpoints, shadows included, in place of the caller's; and nowhere else: not on the
// disk, not into the logs, not out of the admin side.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settled } from './scrape.ts';
import { type ReadyGate, startServe, startUpstream, type Upstream } from './served-gate.ts';

const TOKEN = 'bearer-of-the-champion-4711';
const KEY = 'key-of-the-candidate-4712';
const SECRETS = [TOKEN, KEY];
const CALLER = 'Bearer the-callers-own';

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

const seen: { champion: Seen[]; candidate: Seen[] } = { champion: [], candidate: [] };
let upstreams: Upstream[] = [];
let gate: ReadyGate;

function upstream(part: keyof typeof seen): Promise<Upstream> {
  return startUpstream((request, response) => {
    seen[part].push({ url: request.url ?? '', headers: request.headers });
    request.resume();
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end('{"model_name":"m","outputs":[{"name":"p","datatype":"FP32","shape":[1],"data":[0.5]}]}');
    });
  });
}

const BODY = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}';
const LONG = `${BODY}${' '.repeat(300 * 1024)}`;

function call(body: string): Promise<Response> {
  return fetch(`${gate.dataUrl}/v2/models/m/infer`, {
    method: 'POST',
    headers: { authorization: CALLER, 'x-api-key': 'the-callers-key', 'headgate-decision': `d-${body.length}` },
    body,
  });
}

beforeAll(async () => {
  upstreams = await Promise.all([upstream('champion'), upstream('candidate')]);
  gate = await startServe(
    `listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { host: 127.0.0.1, port: 0 }
data: ./data
telemetry: { logs: { level: trace, access: 100% } }
models:
  m:
    protocol: open-inference
    match: { path: /v2/models/m }
    sticky: { header: account-id }
    champion: champion
    capture: { headers: [authorization, x-api-key] }
    versions:
      champion:
        url: ${upstreams[0]?.url}
        auth: { type: bearer, token: "\${CHAMPION_TOKEN}" }
        health: { path: /ready, interval: 50ms }
      candidate:
        url: ${upstreams[1]?.url}
        auth: { type: header, name: X-Api-Key, value: "\${CANDIDATE_KEY}" }
    mirror: { candidate: 100% }
`,
    { env: { CHAMPION_TOKEN: TOKEN, CANDIDATE_KEY: KEY } },
  );
});

afterAll(async () => {
  await gate.stop();
  for (const one of upstreams) await one.close();
});

function decisions(part: keyof typeof seen): IncomingHttpHeaders[] {
  return seen[part].filter(({ url }) => url.endsWith('/infer')).map(({ headers }) => headers);
}

test("held or streamed, the version's token goes up in place of the caller's; a shadow gets its own", async () => {
  for (const body of [BODY, LONG]) expect((await call(body)).status).toBe(200);
  await settled(gate);
  expect(decisions('champion').map(({ authorization }) => authorization)).toEqual([
    `Bearer ${TOKEN}`,
    `Bearer ${TOKEN}`,
  ]);
  expect(decisions('champion').map((headers) => headers['x-api-key'])).toEqual(['the-callers-key', 'the-callers-key']);
  // A long body is not copied.
  expect(decisions('candidate').map((headers) => headers['x-api-key'])).toEqual([KEY]);
  expect(decisions('candidate').map(({ authorization }) => authorization)).toEqual([CALLER]);
});

test('so do health checks', () => {
  const checks = seen.champion.filter(({ url }) => url === '/ready');
  expect(checks.length).toBeGreaterThan(0);
  for (const { headers } of checks) expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
});

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

test('nothing the gate says holds them', async () => {
  const pages = [
    ...['', '/m', '/m/split', '/m/shadows', '/m/drift'].map((path) => `/api/v1/models${path}`),
    ...['/api/v1/config', '/api/v1/live', `/api/v1/decisions/d-${BODY.length}`, '/api/v1/explain?model=m&unit=a'],
    ...['/metrics', '/readyz', '/openapi.json'],
  ];
  for (const page of pages) {
    const abort = new AbortController();
    const answer = await fetch(`${gate.adminUrl}${page}`, { signal: abort.signal });
    expect([page, answer.status]).toEqual([page, 200]);
    // A page that goes on for ever is read as far as it has come.
    const text = page.endsWith('/live')
      ? Buffer.from((await answer.body?.getReader().read())?.value ?? []).toString()
      : await answer.text();
    abort.abort();
    expect(text).not.toBe('');
    for (const secret of SECRETS) expect(text.includes(secret), page).toBe(false);
  }
  expect(gate.output()).toContain('decision_id');
  for (const secret of SECRETS) expect(gate.output().includes(secret)).toBe(false);
  const files = everyFile(join(gate.folder, 'data'));
  const bytes = Buffer.concat(files.map((path) => readFileSync(path)));
  expect(bytes.includes(`d-${BODY.length}`)).toBe(true);
  expect(bytes.includes(CALLER)).toBe(true);
  for (const secret of SECRETS) expect(bytes.includes(secret)).toBe(false);
});
