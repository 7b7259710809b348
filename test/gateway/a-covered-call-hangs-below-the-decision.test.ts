import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { model, plan, startGate, version } from './gate-fixture.ts';

test('a challenger that the champion covers: two records, one decision span, both calls below it', async () => {
  const champion = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => champion.listen(0, '127.0.0.1', resolve));
  const { port } = champion.address() as AddressInfo;
  const versions = [version('champion', `http://127.0.0.1:${port}`), version('challenger', 'http://127.0.0.1:9')];
  const gate = await startGate(plan([model(versions, { split: [0, 1] })]));
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const response = await fetch(`${gate.url}/x`, {
    method: 'POST',
    headers: { 'account-id': 'a', traceparent: `00-${trace}-b7ad6b7169203331-01` },
  });
  expect(response.headers.get('headgate-version')).toBe('champion');
  await response.arrayBuffer();
  const [covered, served] = await gate.records(2);
  expect(served).toMatchObject({
    version: 0,
    assigned: 1,
    role: 'champion',
    reason: 'fallback',
    traceId: trace,
    parentSpanId: 'b7ad6b7169203331',
  });
  expect(covered).toMatchObject({
    version: 1,
    assigned: 1,
    role: 'challenger',
    reason: 'split',
    traceId: trace,
    spanId: '',
    parentSpanId: served?.spanId,
  });
  expect(covered?.callSpanId).toMatch(/^[0-9a-f]{16}$/);
  expect(covered?.callSpanId).not.toBe(served?.callSpanId);
  await gate.close();
  champion.close();
});
