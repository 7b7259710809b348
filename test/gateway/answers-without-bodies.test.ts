import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import type { RawUpstream } from './wire.ts';
import { answering, dial, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream;
let answer = '';

beforeAll(async () => {
  upstream = await answering(() => answer);
  gate = await startGate(plan([model([version('champion', upstream.url)])]));
});

afterAll(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

test.each([
  ['HEAD with a length', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', ['1234']],
  ['HEAD without a length', 'HEAD', 'HTTP/1.1 200 OK\r\n\r\n', []],
  ['HEAD of a chunked resource', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', []],
  ['HEAD that was not found', 'HEAD', 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n', ['9']],
  ['204', 'POST', 'HTTP/1.1 204 No Content\r\n\r\n', []],
  ['204 with a length of zero', 'POST', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', ['0']],
  ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', []],
  ['304 with a length', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n', ['99']],
])('%s', async (_, method, head, lengths) => {
  answer = head;
  const client = await dial(gate.port);
  // Twice on one connection: nothing of the first answer may be left on it.
  for (let i = 0; i < 2; i++) {
    client.write(request(method, '/m'));
    const message = await client.message(true);
    expect(message.startLine).toBe(head.slice(0, head.indexOf('\r\n')));
    expect(valuesOf(message.headers, 'content-length')).toEqual(lengths);
    expect(client.text).toBe('');
  }
  client.destroy();
});

test('an empty answer is an empty answer', async () => {
  answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  const client = await dial(gate.port);
  client.write(request('POST', '/m', [], '{}'));
  const message = await client.message();
  expect(statusOf(message)).toBe(200);
  expect(message).toMatchObject({ framing: 'length' });
  client.destroy();
});

test("HEAD is refused without a body, and the problem's length is told", async () => {
  const client = await dial(gate.port);
  client.write('HEAD /a/../b HTTP/1.1\r\nHost: a\r\n\r\n');
  const message = await client.message(true);
  expect(statusOf(message)).toBe(400);
  expect(Number(valuesOf(message.headers, 'content-length')[0])).toBeGreaterThan(0);
  expect(await client.over()).toBe('end');
  expect(client.text).toBe('');
  client.destroy();
});
