import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { model, plan, startGate, until, version } from './gate-fixture.ts';

test('a dead endpoint among two is told once, with its URL and version', async () => {
  const upstream = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const alive = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const gate = await startGate(
    plan([
      model([version('one', [alive, 'http://127.0.0.1:9'], { balance: 'roundRobin' })], {
        breaker: { failures: 2, openMs: 60_000 },
      }),
    ]),
  );
  for (let i = 0; i < 8; i++) expect((await fetch(`${gate.url}/x`)).status).toBe(200);
  await until(() => gate.tidings.length > 0, 'the news');
  expect(gate.tidings).toEqual([{ url: 'http://127.0.0.1:9', of: ['m', 'primary', 'one'], state: 'ejected' }]);
  await gate.close();
  upstream.close();
});
