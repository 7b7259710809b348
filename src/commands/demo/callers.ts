// The services that ask for decisions: sends simulated payments through the gate over real HTTP, on kept-alive connections,
// at a steady rate whatever the answers do (open loop). Counts what came back.

import { Agent, request } from 'node:http';
import type { Clock } from '../../kernel/clock.ts';
import { DEMO_MODEL } from './fraud-model.ts';
import { inferRequest } from './inference-json.ts';
import type { PaymentSource, SimulatedPayment } from './payments.ts';

export interface CallersOptions {
  readonly url: string;
  /** Decisions per second. */
  readonly rate: number;
  readonly payments: PaymentSource;
  readonly clock: Clock;
  /** Asked once per payment. */
  readonly inCents: () => boolean;
}

export interface CallerCounts {
  readonly sent: number;
  readonly answered: number;
  /** Answers above 399, and calls that broke. */
  readonly failed: number;
  /** Not sent, since too many calls were under way. */
  readonly skipped: number;
}

export interface Callers {
  counts(): CallerCounts;
  stop(): Promise<void>;
}

const STEP_MS = 10;
const CALLS_MAX = 512;
const CALL_MS_MAX = 5000;

export function startCallers(options: CallersOptions): Callers {
  const { clock, rate } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const counts = { sent: 0, answered: 0, failed: 0, skipped: 0 };
  let inFlight = 0;
  let emptied: (() => void) | null = null;

  const finished = (ok: boolean): void => {
    inFlight -= 1;
    counts.answered += ok ? 1 : 0;
    counts.failed += ok ? 0 : 1;
    if (inFlight === 0) emptied?.();
  };

  const startedAt = clock.now();
  let due = 0;
  const timer = setInterval(() => {
    const target = Math.floor(((clock.now() - startedAt) * rate) / 1000);
    for (; due < target; due++) {
      const payment = options.payments.next(options.inCents());
      if (inFlight >= CALLS_MAX) {
        counts.skipped += 1;
        continue;
      }
      counts.sent += 1;
      inFlight += 1;
      send(options.url, agent, payment, finished);
    }
  }, STEP_MS);

  return {
    counts: () => ({ ...counts }),
    async stop() {
      clearInterval(timer);
      if (inFlight > 0) await new Promise<void>((resolve) => (emptied = resolve));
      agent.destroy();
    },
  };
}

function send(
  base: string,
  agent: Agent,
  { account, payment }: SimulatedPayment,
  finished: (ok: boolean) => void,
): void {
  let ended = false;
  const end = (ok: boolean): void => {
    if (ended) return;
    ended = true;
    finished(ok);
  };
  const body = inferRequest(payment);
  const call = request(new URL(`/v2/models/${DEMO_MODEL}/infer`, base), {
    method: 'POST',
    agent,
    timeout: CALL_MS_MAX,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'account-id': account },
  });
  call.on('response', (answer) => {
    const ok = (answer.statusCode ?? 500) < 400;
    answer.resume();
    answer.on('end', () => end(ok));
    answer.on('close', () => end(false));
  });
  call.on('timeout', () => call.destroy());
  call.on('error', () => end(false));
  call.end(body);
}
