import { request } from 'node:http';
import { expect, test } from 'vitest';
import { serve } from './served.ts';

/** fetch sets Host and Origin itself; this does not. */
function raw(
  port: number,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
  host = '127.0.0.1',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ host, port, path, method, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    call.on('error', reject).end();
  });
}

const CLOSED = [
  '/metrics',
  '/openapi.json',
  '/api/v1/models',
  '/api/v1/config',
  '/api/v1/live',
  '/api/v1/decisions/known',
];

test.each(CLOSED)('%s asks for the token where one is set', async (path) => {
  const { get } = await serve('s3cret');
  const without = await get(path);
  expect(without.status).toBe(401);
  expect(without.headers.get('www-authenticate')).toBe('Bearer realm="headgate"');
  for (const authorization of [
    'Bearer wrong',
    'Bearer s3cretx',
    'Bearer ',
    's3cret',
    'Basic s3cret',
    'Bearer s3cret x',
  ]) {
    expect((await get(path, { headers: { authorization } })).status, authorization).toBe(401);
  }
  expect((await get(path, { headers: { authorization: 'Bearer s3cret' } })).status).toBe(200);
  expect((await get(path, { headers: { authorization: 'bearer s3cret' } })).status).toBe(200);
});

test('a reload without the token does not happen', async () => {
  const { get, view } = await serve('s3cret');
  expect((await get('/api/v1/reload', { method: 'POST' })).status).toBe(401);
  expect(view.reloads).toBe(0);
});

test.each(['/healthz', '/readyz', '/', '/console/console.js'])(
  '%s is open: a probe and an empty page hold nothing',
  async (path) => {
    const { get } = await serve('s3cret');
    expect((await get(path)).status).toBe(200);
  },
);

test('a name that is not of this machine is refused on loopback, against DNS rebinding', async () => {
  const { port } = await serve();
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil']) {
    expect(await raw(port, '/api/v1/models', { host }), host).toBe(421);
  }
  for (const host of ['localhost', `LOCALHOST:${port}`, '127.0.0.1', `[::1]:${port}`]) {
    expect(await raw(port, '/api/v1/models', { host }), host).toBe(200);
  }
});

test.each(['127.0.0.2', 'LOCALHOST', '0.0.0.0'])(
  'however the address is written, names are looked at where there is no token: %s',
  async (address) => {
    const { port } = await serve(null, undefined, address);
    const at = address === '127.0.0.2' ? address : undefined;
    for (const host of ['evil.example', `evil.example:${port}`, '0.0.0.1']) {
      expect(await raw(port, '/api/v1/models', { host }, 'GET', at), host).toBe(421);
    }
    for (const host of [`${address}:${port}`, 'localhost', '127.0.0.2']) {
      expect(await raw(port, '/api/v1/models', { host }, 'GET', at), host).toBe(200);
    }
  },
);

test('with a token any name will do: whoever rebinds has none', async () => {
  const { port } = await serve('s3cret');
  expect(await raw(port, '/metrics', { host: 'gate.internal', authorization: 'Bearer s3cret' })).toBe(200);
});

test('a page of another site cannot reload', async () => {
  const { port, view } = await serve();
  const host = `localhost:${port}`;
  const post = (headers: Record<string, string>) => raw(port, '/api/v1/reload', { host, ...headers }, 'POST');
  expect(await post({ origin: 'https://evil.example' })).toBe(403);
  expect(await post({ origin: 'null' })).toBe(403);
  expect(await post({ origin: `http://localhost:${port + 1}` })).toBe(403);
  expect(await post({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await post({ 'sec-fetch-site': 'same-site' })).toBe(403);
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain;application/json',
  ]) {
    expect(await post({ 'content-type': type }), type).toBe(415);
  }
  expect(view.reloads).toBe(0);
  expect(await post({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toBe(200);
  expect(await post({})).toBe(200);
  expect(view.reloads).toBe(2);
});

test('every answer forbids framing, sniffing and foreign code; answers with data are not kept', async () => {
  const { get } = await serve();
  for (const path of ['/', '/api/v1/models', '/nothing']) {
    const { headers } = await get(path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  }
  expect((await get('/api/v1/models')).headers.get('cache-control')).toBe('no-store');
});
