import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';

let gate: TestGate;
const seen: { method: string; url: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
const upstream = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(201, 'Made', ['X-One', 'a', 'x-one', 'b', 'Content-Type', 'text/plain']);
    response.end('hello');
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  gate = await startGate(plan([model([version('champion', `http://127.0.0.1:${port}`)])]));
});

afterAll(async () => {
  await gate.close();
  upstream.close();
});

test('a decision reaches the champion, its answer the client, and both the record', async () => {
  const response = await fetch(`${gate.url}/v2/models/m/infer?x=1`, {
    method: 'POST',
    body: '{"a":1}',
    headers: { 'account-id': 'Zoë'.normalize('NFD').replace(/[^\x20-\x7e]/g, 'e'), 'content-type': 'application/json' },
  });
  expect(response.status).toBe(201);
  expect(response.statusText).toBe('Made');
  expect(await response.text()).toBe('hello');
  expect(response.headers.get('x-one')).toBe('a, b');
  expect(response.headers.get('headgate-version')).toBe('champion');
  expect(response.headers.get('headgate-decision')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(seen[0]).toMatchObject({ method: 'POST', url: '/v2/models/m/infer?x=1', body: '{"a":1}' });
  expect(seen[0]?.headers['headgate-decision']).toBe(response.headers.get('headgate-decision'));
  expect(seen[0]?.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  const [record] = await gate.records(1);
  expect(record).toMatchObject({
    role: 'champion',
    reason: 'split',
    status: 201,
    failure: -1,
    attempts: 1,
    requestBytes: 7,
    responseBytes: 5,
    truncated: false,
  });
  expect(Buffer.concat(record?.response ?? []).toString()).toBe('hello');
  expect(gate.problems).toEqual([]);
});
