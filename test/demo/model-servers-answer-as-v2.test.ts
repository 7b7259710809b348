// The bundled model servers, in their thread, and the callers against them: the demo without its gate.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCallers } from '../../src/commands/demo/callers.ts';
import { DEMO_MODEL, fraudProbability, type Payment } from '../../src/commands/demo/fraud-model.ts';
import { inferRequest } from '../../src/commands/demo/inference-json.ts';
import { type ModelServers, startModelServers } from '../../src/commands/demo/model-servers.ts';
import { createPaymentSource } from '../../src/commands/demo/payments.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';

const PAYMENT: Payment = {
  amount: 42.5,
  merchant_category: 'online',
  hour: 3,
  distance_km: 12.5,
  country: 'US',
  account_age_days: 400,
  payments_24h: 2,
  card_present: false,
};

let servers: ModelServers;
const url = (version: number): string => `http://127.0.0.1:${servers.ports[version]?.port}`;
const infer = (version: number, body: string) =>
  fetch(`${url(version)}/v2/models/${DEMO_MODEL}/infer`, { method: 'POST', body });

beforeAll(async () => {
  servers = await startModelServers({ seed: 1 });
});
afterAll(() => servers.stop());

describe('a model server of the demo', () => {
  it('answers each version by its own coefficients', async () => {
    const answers: number[] = [];
    for (const [index, { version }] of servers.ports.entries()) {
      const answer = await infer(index, inferRequest(PAYMENT));
      expect(answer.status).toBe(200);
      const body = (await answer.json()) as { model_version: string; outputs: { name: string; data: number[] }[] };
      expect(body.model_version).toBe(version);
      expect(body.outputs.map((output) => output.name)).toEqual(['fraud_probability', 'approved']);
      expect(body.outputs[0]?.data[0]).toBeCloseTo(fraudProbability(version, PAYMENT), 5);
      answers.push(body.outputs[0]?.data[0] ?? Number.NaN);
    }
    expect(new Set(answers).size).toBe(3);
  });

  it('is healthy, and refuses what it cannot read', async () => {
    expect((await fetch(`${url(0)}/v2/health/ready`)).status).toBe(200);
    expect((await infer(0, 'no json')).status).toBe(400);
    expect((await infer(0, 'null')).status).toBe(400);
    expect((await infer(0, '{"inputs":[]}')).status).toBe(400);
    expect((await infer(0, `{"inputs":"${'x'.repeat(70_000)}"}`)).status).toBe(413);
    expect((await fetch(`${url(0)}/other`)).status).toBe(404);
  });

  it('takes a hundredfold amount for fraud', () => {
    const inCents = { ...PAYMENT, amount: PAYMENT.amount * 100 };
    expect(fraudProbability('march', inCents)).toBeGreaterThan(3 * fraudProbability('march', PAYMENT));
  });
});

describe('callers', () => {
  it('send at their rate, count every answer, and stop only when the last one is in', async () => {
    let now = 0;
    const callers = startCallers({
      url: url(0),
      rate: 200,
      payments: createPaymentSource(createSeededRandom(1)),
      clock: { now: () => now, wall: systemClock.wall },
      inCents: () => false,
    });
    now = 500;
    await expect.poll(() => callers.counts().sent, { interval: 5 }).toBe(100);
    await callers.stop();
    expect(callers.counts()).toEqual({ sent: 100, answered: 100, failed: 0, skipped: 0 });
  });

  it('count what failed, and skip rather than pile up', async () => {
    let now = 0;
    const callers = startCallers({
      url: 'http://127.0.0.1:1',
      rate: 1000,
      payments: createPaymentSource(createSeededRandom(1)),
      clock: { now: () => now, wall: systemClock.wall },
      inCents: () => false,
    });
    now = 1000;
    await expect.poll(() => callers.counts().sent + callers.counts().skipped, { interval: 5 }).toBe(1000);
    await callers.stop();
    const { sent, failed, skipped } = callers.counts();
    expect(failed).toBe(sent);
    expect(skipped).toBe(1000 - sent);
    expect(skipped).toBeGreaterThan(0);
  });
});
