// An error event that nobody hears would end the gateway's thread, and with it the gate: no client may cause one.

import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { model, plan, startGate, until, version } from './gate-fixture.ts';

test.each([
  ['CONNECT', 'CONNECT example.com:80 HTTP/1.1\r\nHost: example.com\r\n\r\n'],
  ['a bad head', 'NONSENSE\r\n\r\n'],
  ['half a head', 'POST /x HTTP/1.1\r\nHos'],
  ['half a body', 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf'],
  ['an upgrade', 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['a chunked body', 'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel'],
])('after %s, thirty times: the next request is served', async (_, bytes) => {
  const upstream = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const gate = await startGate(
    plan([model([version('one', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`)])]),
  );
  for (let i = 0; i < 30; i++) {
    await new Promise<void>((resolve) => {
      const socket = connect(gate.port, '127.0.0.1', () => {
        socket.write(bytes, () => socket.resetAndDestroy());
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  }
  await until(() => gate.inflight() === 0, 'a quiet gate');
  expect((await fetch(`${gate.url}/x`)).status).toBe(200);
  expect(gate.problems).toEqual([]);
  await gate.close();
  upstream.close();
});
