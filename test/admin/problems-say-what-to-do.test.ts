import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createAdminServer } from '../../src/admin/server.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createFixtureView } from './fixture-view.ts';
import { serve } from './served.ts';

async function problem(answer: Response) {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const body = (await answer.json()) as { status: number; detail: string; code: string; problems?: string[] };
  expect(body.status).toBe(answer.status);
  return body;
}

test('an unknown model is answered with those that there are', async () => {
  const { get } = await serve();
  const { code, detail } = await problem(await get('/api/v1/models/credit-defualt'));
  expect(code).toBe('not_found');
  expect(detail).toContain('There are credit-default, card-fraud.');
});

test('an unknown path is answered with those that there are', async () => {
  const { get } = await serve();
  const { detail } = await problem(await get('/api/v1/model'));
  expect(detail).toContain('/api/v1/models/{model}/drift');
  expect((await get('/../../etc/passwd')).status).toBe(404);
  expect((await get('/console/files.ts')).status).toBe(404);
  expect((await get('/console/%2e%2e/server.ts')).status).toBe(404);
});

test('another method is answered with those that the path takes', async () => {
  const { get } = await serve();
  const answer = await get('/api/v1/reload');
  expect(answer.status).toBe(405);
  expect(answer.headers.get('allow')).toBe('POST');
  expect((await get('/api/v1/models', { method: 'DELETE' })).status).toBe(405);
  expect((await get('/api/v1/models', { method: 'HEAD' })).status).toBe(200);
});

test('a reload that fails brings every problem, and one that succeeds the new generation', async () => {
  const { get, view } = await serve();
  const done = await get('/api/v1/reload', { method: 'POST' });
  expect(await done.json()).toEqual({ ok: true, generation: '1122334455667788' });
  view.setReload({ ok: false, problems: ['gate.yaml:3:1 models: is missing; add one'] });
  const failed = await get('/api/v1/reload', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(failed.status).toBe(422);
  expect(await problem(failed)).toMatchObject({
    code: 'reload_failed',
    problems: ['gate.yaml:3:1 models: is missing; add one'],
  });
  expect(view.reloads).toBe(2);
});

test('a body over the limit is refused, with its length or without', async () => {
  const { get, view } = await serve();
  const body = new Uint8Array(1024 ** 2 + 1);
  const headers = { 'content-type': 'application/json' };
  expect((await get('/api/v1/reload', { method: 'POST', headers, body })).status).toBe(413);
  const chunked = (bytes: number): RequestInit => ({
    method: 'POST',
    headers,
    body: new Blob([new Uint8Array(bytes)]).stream(),
    duplex: 'half',
  });
  expect((await get('/api/v1/reload', chunked(1024 ** 2 + 1))).status).toBe(413);
  expect(view.reloads).toBe(0);
  expect((await get('/api/v1/reload', chunked(100))).status).toBe(200);
});

test('a fault of the view is a 500 without its text, and is reported', async () => {
  const view = createFixtureView();
  const broken = {
    ...view,
    config: () => {
      throw new Error('secret internals');
    },
  };
  const { get, faults } = await serve(null, broken);
  const answer = await get('/api/v1/config');
  expect(answer.status).toBe(500);
  expect(JSON.stringify(await problem(answer))).not.toContain('secret internals');
  expect(faults[0]?.message).toBe('secret internals');
});

test('a port in use is the error of the one who opens it', async () => {
  const { port } = await serve();
  const again = createAdminServer({
    view: createFixtureView(),
    host: '127.0.0.1',
    port,
    token: null,
    clock: createManualClock(),
  });
  await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('closing does not wait for a connection that says nothing', async () => {
  const server = await createAdminServer({
    view: createFixtureView(),
    host: '127.0.0.1',
    port: 0,
    token: null,
    clock: createManualClock(),
  });
  const socket = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('GET /heal');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await server.close();
  await closed;
});
