// An alarm goes to a receiver that proves who it is, or to nobody: a certificate that no trusted authority signed is refused before a word of
// the message is sent, and the log, the metrics and the state of the webhook say so.

import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ClientTls } from '../../src/http/http-client.ts';
import { alarmFamilies } from '../../src/telemetry/alarm-families.ts';
import { textOf } from '../../src/telemetry/text-format.ts';
import { type Authority, createAuthority, HAS_OPENSSL } from '../serve/certificates.ts';
import { parsePrometheus } from '../telemetry/prometheus-text.ts';
import { MINUTE, openDesk, webhookPlan } from './receiver.ts';

interface SecureReceiver {
  readonly url: string;
  /** Bodies of requests, whatever was made of them. */
  readonly bodies: string[];
}

async function startSecureReceiver(authority: Authority): Promise<SecureReceiver> {
  const bodies: string[] = [];
  const server = createServer(authority.issue('receiver', 'IP:127.0.0.1').pem, async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString('utf8'));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=k`, bodies };
}

const tls = (changes: Partial<ClientTls>): ClientTls => ({
  ca: null,
  cert: null,
  key: null,
  serverName: null,
  verify: true,
  ...changes,
});

async function setUp(make: (own: Authority, other: Authority) => ClientTls | null) {
  const [own, other] = [createAuthority('of the receiver'), createAuthority('another')];
  const receiver = await startSecureReceiver(own);
  const desk = await openDesk([webhookPlan(receiver.url, { tls: make(own, other) })]);
  desk.see('amount');
  await desk.pass(1000);
  const metrics = (): Record<string, number | undefined> => {
    const text = alarmFamilies(desk.alarms.numbers).map(textOf).join('');
    const samples = [...parsePrometheus(text).values()].flatMap((family) => family.samples);
    const of = (name: string) => samples.find((one) => one.name === name && one.labels.webhook === 'hook');
    const failures = of('headgate_alarm_webhook_failures_total');
    return {
      up: of('headgate_alarm_webhook_up')?.value,
      delivered: of('headgate_alarm_webhook_delivered_total')?.value,
      waiting: of('headgate_alarm_webhook_waiting')?.value,
      ...(failures === undefined ? {} : { [String(failures.labels.reason)]: failures.value }),
    };
  };
  return { receiver, desk, metrics };
}

describe.skipIf(!HAS_OPENSSL)('a receiver', () => {
  test.each([
    ['by nobody whom Node trusts', () => null],
    ['by another authority than tls.ca', (_own: Authority, other: Authority) => tls({ ca: other.pem.cert })],
  ])('whose certificate is signed %s is told nothing, and the log and the metrics say why', async (_, make) => {
    const { receiver, desk, metrics } = await setUp(make);
    expect(receiver.bodies).toEqual([]);
    expect(metrics()).toEqual({ up: 0, delivered: 0, waiting: 1, connect: 1 });
    const [state] = desk.alarms.numbers().webhooks;
    expect(state).toMatchObject({ state: 'failing', failures: { connect: 1 }, lastFailure: { fault: 'connect' } });
    const refusals = desk.warnings.filter((text) => text.includes('was not delivered'));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(
      /\(connect\): https:\/\/127\.0\.0\.1:\d+: .*certificate.*name its authority in tls\.ca/,
    );
    expect(refusals[0]).not.toContain('key=k');
    // It is tried again, with the same end.
    await desk.pass(6 * MINUTE);
    expect(receiver.bodies).toEqual([]);
    expect(metrics()).toMatchObject({ up: 0, connect: 2 });
  });

  test('whose authority tls.ca names is told', async () => {
    const { receiver, metrics } = await setUp((own) => tls({ ca: own.pem.cert }));
    expect(receiver.bodies).toHaveLength(1);
    expect(metrics()).toEqual({ up: 1, delivered: 1, waiting: 0 });
  });

  test('that nobody is to verify is told: it is the verification that refuses the others', async () => {
    const { receiver, metrics } = await setUp(() => tls({ verify: false }));
    expect(receiver.bodies).toHaveLength(1);
    expect(metrics()).toEqual({ up: 1, delivered: 1, waiting: 0 });
  });
});
