// TLS towards upstreams: private authorities, wrong ones, names, client certificates; and what a failed handshake says.

import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Authority, createAuthority, HAS_OPENSSL, type Pair } from './certificates.ts';
import { settled } from './scrape.ts';
import { type ReadyGate, startServe, startUpstream, type Upstream } from './served-gate.ts';

interface SecureUpstream {
  readonly port: number;
  /** Server names asked for, and the names of client certificates seen. */
  readonly asked: { readonly serverName: unknown; readonly client: string }[];
  close(): Promise<void>;
}

async function secureUpstream(options: ServerOptions): Promise<SecureUpstream> {
  const asked: SecureUpstream['asked'] = [];
  const server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket & { readonly servername: unknown };
    asked.push({ serverName: socket.servername, client: String(socket.getPeerCertificate().subject?.CN ?? '') });
    request.resume();
    request.on('end', () => response.end('{"outputs":[]}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What one call to a model gets: held bodies and streamed ones go by different transports. */
async function call(gate: ReadyGate, model: string, body = '{"inputs":[]}') {
  const response = await fetch(`${gate.dataUrl}/v2/models/${model}/infer`, { method: 'POST', body });
  const text = await response.text();
  return {
    status: response.status,
    code: response.headers.get('headgate-error'),
    detail: response.status === 200 ? '' : String((JSON.parse(text) as { detail: unknown }).detail),
  };
}

const SERVED = { status: 200, code: null, detail: '' };
/** Longer than what is held. */
const LONG = 'x'.repeat(300 * 1024);

describe.skipIf(!HAS_OPENSSL)('TLS towards upstreams', () => {
  let authority: Authority;
  let other: Authority;
  let client: Pair;
  let plain: SecureUpstream;
  let named: SecureUpstream;
  let strict: SecureUpstream;
  let clear: Upstream;
  let gate: ReadyGate;

  beforeAll(async () => {
    authority = createAuthority('upstream authority');
    other = createAuthority('another authority');
    client = authority.issue('the gate', 'DNS:gate.test');
    plain = await secureUpstream(authority.issue('upstream', 'IP:127.0.0.1').pem);
    named = await secureUpstream(authority.issue('upstream', 'DNS:models.test').pem);
    strict = await secureUpstream({
      ...authority.issue('upstream', 'IP:127.0.0.1').pem,
      ca: authority.pem.cert,
      requestCert: true,
      rejectUnauthorized: true,
      // With TLS 1.3 the refusal comes after the handshake, and the reset that follows it may overtake it.
      maxVersion: 'TLSv1.2',
    });
    clear = await startUpstream((_request, response) => void response.end());
    const versions: Readonly<Record<string, string>> = {
      trusted: `url: "https://127.0.0.1:${plain.port}", tls: { ca: ${authority.cert} }`,
      untrusted: `url: "https://127.0.0.1:${plain.port}", tls: { ca: ${other.cert} }`,
      system: `url: "https://127.0.0.1:${plain.port}"`,
      unverified: `url: "https://127.0.0.1:${plain.port}", tls: { verify: false }`,
      'wrong-name': `url: "https://127.0.0.1:${named.port}", tls: { ca: ${authority.cert} }`,
      'right-name': `url: "https://127.0.0.1:${named.port}", tls: { ca: ${authority.cert}, serverName: models.test }`,
      known: `url: "https://127.0.0.1:${strict.port}", tls: { ca: ${authority.cert}, cert: ${client.cert}, key: ${client.key} }`,
      unknown: `url: "https://127.0.0.1:${strict.port}", tls: { ca: ${authority.cert} }`,
      clear: `url: "https://127.0.0.1:${clear.port}", tls: { ca: ${authority.cert} }`,
    };
    const models = Object.entries(versions).map(
      ([name, version]) => `  ${name}: { versions: { one: { ${version} } } }`,
    );
    gate = await startServe(
      `listen: { host: 127.0.0.1, port: 0, drain: 1s }\nadmin: { port: 0 }\ndata: ./data\ndefaults: { timeout: { connect: 5s, firstByte: 10s, total: 20s } }\nmodels:\n${models.join('\n')}\n`,
    );
  });
  afterAll(async () => {
    expect(await gate.stop()).toBe(0);
    await Promise.all([plain, named, strict, clear].map((upstream) => upstream.close()));
  });

  for (const [kind, body] of [
    ['held', '{"inputs":[]}'],
    ['streamed', LONG],
  ] as const) {
    describe(`a ${kind} body`, () => {
      test('a private authority is trusted where it is named', async () => {
        expect(await call(gate, 'trusted', body)).toEqual(SERVED);
      });

      test('an authority that did not sign: 502, and the certificate is the reason', async () => {
        for (const name of ['untrusted', 'system']) {
          const { status, code, detail } = await call(gate, name, body);
          expect({ status, code }).toEqual({ status: 502, code: 'upstream_unreachable' });
          expect(detail).toMatch(/authority has signed the certificate .*tls\.ca \((UNABLE_TO|SELF_SIGNED)/);
        }
      });

      test('verify: false takes any certificate', async () => {
        expect(await call(gate, 'unverified', body)).toEqual(SERVED);
      });

      test('the name in the certificate must fit: the host, or serverName', async () => {
        const wrong = await call(gate, 'wrong-name', body);
        expect(wrong).toMatchObject({ status: 502, code: 'upstream_unreachable' });
        expect(wrong.detail).toMatch(/certificate .* another name.*tls\.serverName.*\(ERR_TLS_CERT_ALTNAME_INVALID\)/);
        expect(await call(gate, 'right-name', body)).toEqual(SERVED);
        expect(named.asked.at(-1)?.serverName).toBe('models.test');
      });

      test('a client certificate is sent where one is named; without it the handshake is refused', async () => {
        expect(await call(gate, 'known', body)).toEqual(SERVED);
        expect(strict.asked.at(-1)?.client).toBe('the gate');
        const { status, code, detail } = await call(gate, 'unknown', body);
        expect(detail).toMatch(/client certificate/);
        expect({ status, code }).toEqual({ status: 502, code: 'upstream_unreachable' });
      });

      test('an upstream that does not speak TLS', async () => {
        const { status, code, detail } = await call(gate, 'clear', body);
        expect({ status, code }).toEqual({ status: 502, code: 'upstream_unreachable' });
        expect(detail).toMatch(/TLS/);
      });
    });
  }

  test('failed handshakes count against the version, and are no fault of the gate', async () => {
    const numbers = await settled(gate);
    const code = 'upstream_unreachable';
    expect(numbers('headgate_failures_total', { model: 'untrusted', code, source: 'upstream' })).toBe(2);
    expect(numbers('headgate_failures_total', { code: 'internal' })).toBe(0);
  });
});
