// A receiver of webhooks for tests: it keeps what came, and answers as it is told to. Alarms on a folder of their own and a clock that
// the test moves; sightings with short names.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { AlarmKind, Sighting } from '../../src/alarms/alarm.ts';
import { type Alarms, createAlarms } from '../../src/alarms/alarms.ts';
import type { AlarmFormatName, AlarmsPlan, WebhookPlan } from '../../src/config/plan.ts';
import { createManualClock, type ManualClock } from '../../src/kernel/clock.ts';
import { uuidv7 } from '../../src/kernel/ids.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { temporaryFolder } from '../capture/open-capture.ts';

export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Attempts, failed ones included. */
  readonly attempts: () => number;
  /** What to answer from now on. */
  answer(status: number, headers?: Record<string, string>): void;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let attempts = 0;
  let next = { status: 200, headers: {} as Record<string, string> };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      attempts++;
      const { url = '', headers } = request;
      if (next.status < 300) received.push({ url, headers, body: Buffer.concat(pieces).toString('utf8') });
      response.writeHead(next.status, next.headers).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    attempts: () => attempts,
    answer(status, headers = {}) {
      next = { status, headers };
    },
  };
}

export function webhookPlan(url: string, changes: Partial<WebhookPlan> = {}): WebhookPlan {
  return {
    name: 'hook',
    url,
    format: 'cloudevents' satisfies AlarmFormatName,
    models: null,
    events: [
      'drift.confirmed',
      'drift.resolved',
      'data.gap',
      'data.resumed',
      'quality.degraded',
      'quality.recovered',
      'alarm.ongoing',
    ],
    headers: {},
    secret: null,
    perHour: 3600,
    timeoutMs: 5000,
    tls: null,
    ...changes,
  };
}

export const MINUTE = 60_000;

export interface Desk {
  readonly alarms: Alarms;
  readonly clock: ManualClock;
  readonly warnings: string[];
  /** A column of a model begins or ends to drift. */
  see(feature: string, is?: 'on' | 'off', changes?: Partial<Sighting>): void;
  /** Time goes by, then what is due is sent and answered. */
  pass(ms: number): Promise<void>;
}

export interface DeskOptions {
  readonly data?: string;
  readonly clock?: ManualClock;
  readonly pace?: Partial<Omit<AlarmsPlan, 'webhooks'>>;
}

export async function openDesk(webhooks: readonly WebhookPlan[], options: DeskOptions = {}): Promise<Desk> {
  const { data = await temporaryFolder(), clock = createManualClock(), pace = {} } = options;
  const warnings: string[] = [];
  const alarms = await createAlarms({
    data,
    clock,
    random: createSeededRandom(1),
    newId: uuidv7,
    log: { info: () => undefined, warn: (_, message) => warnings.push(message) },
  });
  alarms.apply({ groupMs: 0, cooldownMs: 0, remindMs: null, ...pace, webhooks }, () => true);
  return {
    alarms,
    clock,
    warnings,
    see(feature, is = 'on', changes = {}) {
      const at = clock.wall();
      alarms.see(sighting(feature, is, { at, since: at - 5 * MINUTE, ...changes }));
    },
    async pass(ms) {
      clock.advance(ms);
      alarms.tick();
      await alarms.idle();
    },
  };
}

export function sighting(feature: string, is: 'on' | 'off', changes: Partial<Sighting> = {}): Sighting {
  return {
    kind: 'drift' satisfies AlarmKind,
    is,
    model: 'credit',
    version: 'v1',
    role: 'champion',
    side: 'request',
    feature,
    at: 0,
    since: 0,
    evidence: 21.5,
    psi: 0.31,
    cause: null,
    ...changes,
  };
}
