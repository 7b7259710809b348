import { expect, test } from 'vitest';
import { serve } from './served.ts';

test.each([
  ['starting', 503],
  ['ready', 200],
  ['draining', 503],
] as const)('while %s, readyz is %i and healthz is 200', async (phase, status) => {
  const { get, view } = await serve();
  view.setPhase(phase);
  const ready = await get('/readyz');
  expect(ready.status).toBe(status);
  expect(await ready.json()).toMatchObject({ ready: status === 200, phase });
  expect((await get('/healthz')).status).toBe(200);
});

test('a failed reload leaves the gate ready, and is said', async () => {
  const { get, view } = await serve();
  view.setConfig({
    lastReload: { at: '2026-01-15T12:05:00.000Z', ok: false, problems: ['gate.yaml:1:1 x: unknown key'] },
  });
  const answer = await get('/readyz');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    ready: true,
    reload: { ok: false, problems: ['gate.yaml:1:1 x: unknown key'] },
  });
});
