// TLS towards clients: HTTPS on the data port, certificates that are renewed under way, client certificates.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Authority, createAuthority, HAS_OPENSSL, type Pair } from './certificates.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from './served-gate.ts';

/** The status of one call on a connection of its own. Rejects where the connection cannot be made. */
function ask(gate: ReadyGate, tls: ConnectionOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const call = request(`${gate.dataUrl}/v2/models/m/infer`, { method: 'POST', agent, ...tls }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode));
    });
    call.on('error', reject);
    call.end('{"inputs":[]}');
  });
}

/** The error code of a call that must fail. */
const refusal = (gate: ReadyGate, tls: ConnectionOptions): Promise<string> =>
  ask(gate, tls).then(
    (status) => `answered ${status}`,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );

describe.skipIf(!HAS_OPENSSL)('TLS towards clients', () => {
  let authority: Authority;
  let other: Authority;
  let client: Pair;
  let upstream: Upstream;

  beforeAll(async () => {
    authority = createAuthority('gate authority');
    other = createAuthority('another authority');
    client = authority.issue('a client', 'DNS:client.test');
    upstream = await inferenceUpstream();
  });
  afterAll(() => upstream.close());

  /** A gate whose certificate lies in its folder, as `gate.pem` and `gate-key.pem`. */
  async function gateWith(pair: Pair, more = ''): Promise<ReadyGate & { renew(next: Pair): void }> {
    const folder = temporaryFolder();
    const renew = (next: Pair): void => {
      for (const [name, text] of [
        ['gate.pem', next.pem.cert],
        ['gate-key.pem', next.pem.key],
      ] as const) {
        writeFileSync(join(folder, `${name}~`), text);
        renameSync(join(folder, `${name}~`), join(folder, name));
      }
    };
    renew(pair);
    const gate = await startServe(
      `listen: { host: 127.0.0.1, port: 0, drain: 1s, tls: { cert: gate.pem, key: gate-key.pem${more} } }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { one: { url: "${upstream.url}" } } } }\n`,
      { folder },
    );
    return { ...gate, renew };
  }

  test('the data port speaks HTTPS; a client that speaks plain HTTP is turned away, and harms nobody', async () => {
    const gate = await gateWith(authority.issue('gate', 'IP:127.0.0.1'));
    expect(gate.dataUrl).toMatch(/^https:/);
    expect(await ask(gate, { ca: authority.pem.cert })).toBe(200);
    expect(await refusal(gate, { ca: other.pem.cert })).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED/);

    const plain = await plainExchange(Number(new URL(gate.dataUrl).port));
    expect(plain).toBe('');
    expect(await ask(gate, { ca: authority.pem.cert })).toBe(200);
    expect(gate.output()).not.toContain('"level":"error"');
    expect(await gate.stop()).toBe(0);
  });

  test('a renewed certificate: new connections see it, old ones go on', async () => {
    const gate = await gateWith(authority.issue('first', 'IP:127.0.0.1'));
    const old = await dial(gate, authority);
    expect(old.subject).toBe('first');
    expect(await old.ask()).toContain('200 OK');

    gate.renew(authority.issue('second', 'IP:127.0.0.1'));
    await waitFor(async () => {
      const fresh = await dial(gate, authority);
      fresh.socket.destroy();
      return fresh.subject === 'second' ? true : undefined;
    }, 'the second certificate');

    // Three more on the connection from before.
    for (let i = 0; i < 3; i++) expect(await old.ask()).toContain('200 OK');
    old.socket.destroy();
    expect(gate.output()).not.toContain('a fault of Headgate');
    expect(await gate.stop()).toBe(0);
  });

  test('a certificate that does not go with its key keeps the one before', async () => {
    const gate = await gateWith(authority.issue('first', 'IP:127.0.0.1'));
    writeFileSync(join(gate.folder, 'gate.pem'), authority.issue('stranger', 'IP:127.0.0.1').pem.cert);
    await waitFor(
      async () => (gate.output().includes('the certificate and the key cannot be used together') ? true : undefined),
      'the failed reload',
    );
    const { subject, socket } = await dial(gate, authority);
    socket.destroy();
    expect(subject).toBe('first');
    expect(await gate.stop()).toBe(0);
  });

  test('client certificates: a must by default, a wish where `clients: request`', async () => {
    const stranger = other.issue('a stranger', 'DNS:stranger.test');
    const ca = authority.pem.cert;
    const mine = { ca, cert: client.pem.cert, key: client.pem.key };
    const theirs = { ca, cert: stranger.pem.cert, key: stranger.pem.key };

    const strict = await gateWith(authority.issue('gate', 'IP:127.0.0.1'), `, clientCa: ${authority.cert}`);
    expect(await ask(strict, mine)).toBe(200);
    expect(await refusal(strict, { ca })).toMatch(/ECONNRESET|CERTIFICATE_REQUIRED|socket hang up/);
    expect(await refusal(strict, theirs)).toMatch(/ECONNRESET|UNKNOWN_CA|ALERT|socket hang up/);
    expect(await ask(strict, mine)).toBe(200);
    expect(await strict.stop()).toBe(0);

    const lenient = await gateWith(
      authority.issue('gate', 'IP:127.0.0.1'),
      `, clientCa: ${authority.cert}, clients: request`,
    );
    for (const tls of [mine, { ca }, theirs]) expect(await ask(lenient, tls)).toBe(200);
    expect(await lenient.stop()).toBe(0);
  });

  test('whether clients need a certificate is no matter of a reload: neither less nor more is asked than is said', async () => {
    const ca = authority.pem.cert;
    const mine = { ca, cert: client.pem.cert, key: client.pem.key };
    const asked = `, clientCa: ${authority.cert}`;
    for (const [before, after, anybody] of [
      ['', asked, true],
      [asked, '', false],
      [asked, `${asked}, clients: request`, false],
      [`${asked}, clients: request`, asked, true],
    ] as const) {
      const gate = await gateWith(authority.issue('gate', 'IP:127.0.0.1'), before);
      const text = readFileSync(gate.file, 'utf8');
      writeFileSync(gate.file, text.replace(`gate-key.pem${before} }`, `gate-key.pem${after} }`));
      const answer = await fetch(`${gate.adminUrl}/api/v1/reload`, { method: 'POST' });
      expect(answer.status).toBe(422);
      expect(((await answer.json()) as { problems: string[] }).problems).toEqual([
        expect.stringMatching(/^listen\.tls\.clientCa .* listen\.tls\.clients: changed, .*restart/),
      ]);
      expect(await ask(gate, mine)).toBe(200);
      if (anybody) expect(await ask(gate, { ca })).toBe(200);
      else expect(await refusal(gate, { ca })).toMatch(/ECONNRESET|CERTIFICATE_REQUIRED|socket hang up/);
      expect(await gate.stop()).toBe(0);
    }
  });

  test('SIGTERM under TLS: the answer under way is finished, its connection closed after it said so', async () => {
    const gate = await gateWith(authority.issue('gate', 'IP:127.0.0.1'));
    const held = await dial(gate, authority);
    expect(await held.ask()).toContain('200 OK');
    const code = gate.stop();
    await waitFor(async () => (/"msg":"stopping/.test(gate.output()) ? true : undefined), 'the signal to arrive');
    expect((await held.ask()).toLowerCase()).toContain('connection: close');
    expect(await code).toBe(0);
  });
});

interface Dialled {
  readonly socket: TLSSocket;
  /** Common name of the gate's certificate. */
  readonly subject: string;
  /** One request; the head of its answer. */
  ask(): Promise<string>;
}

/** A connection that is kept. */
async function dial(gate: ReadyGate, authority: Authority): Promise<Dialled> {
  const socket = connect({ port: Number(new URL(gate.dataUrl).port), host: '127.0.0.1', ca: authority.pem.cert });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  let broken: Error | undefined;
  socket.on('error', (error) => {
    broken = error;
  });
  return {
    socket,
    subject: String(socket.getPeerCertificate().subject.CN),
    async ask() {
      text = '';
      socket.write('POST /v2/models/m/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
      return waitFor(async () => {
        if (broken !== undefined) throw broken;
        return text.endsWith('}]}') || text.endsWith('0\r\n\r\n') ? text : undefined;
      }, 'an answer');
    },
  };
}

/** What a plain-text client reads until its connection is closed. */
function plainExchange(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectPlain(port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}
