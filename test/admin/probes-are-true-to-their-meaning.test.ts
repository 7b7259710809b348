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

test.each([null, 's3cret'])('a failed reload leaves the gate ready, and is said (token %s)', async (token) => {
  const { get, view } = await serve(token);
  view.setConfig({
    lastReload: { at: '2026-01-15T12:05:00.000Z', ok: false, problems: ['gate.yaml:1:1 x: unknown key'] },
  });
  const answer = await get('/readyz');
  expect(answer.status).toBe(200);
  // Everybody may ask: what the problems are, and with it names of files and keys, is told below /api alone.
  const { generation } = view.config();
  expect(await answer.json()).toEqual({ ready: true, phase: 'ready', generation, reload: { ok: false } });
});

test('a probe is told the same before the app is loaded and after', async () => {
  const { get } = await serve();
  const told = async () => {
    const answer = await get('/readyz');
    return [answer.status, answer.headers.get('content-type'), await answer.json()];
  };
  const early = await told();
  // Waits for the app.
  expect((await get('/metrics')).status).toBe(200);
  expect(await told()).toEqual(early);
  expect((await get('/healthz?verbose')).status).toBe(200);
});
