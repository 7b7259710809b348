import { afterEach, expect, test } from 'vitest';
import type { HealthPlan } from '../../src/config/plan.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, until, version } from './gate-fixture.ts';
import type { RawUpstream, Wire } from './wire.ts';
import { answering, ask, dial, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
const upstreams: RawUpstream[] = [];

afterEach(async () => {
  await gate.settled();
  await gate.close();
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

async function kept(made: Promise<RawUpstream>): Promise<RawUpstream> {
  const upstream = await made;
  upstreams.push(upstream);
  return upstream;
}

async function statusNow(): Promise<number> {
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  answer.wire.destroy();
  return statusOf(answer);
}

const ONCE = { attempts: 1, on: [], budget: 0 };

test('the breaker opens after its failures, lets one trial through when half open, and closes on success', async () => {
  let sick = true;
  const upstream = await kept(
    rawUpstream(async (wire, self) => {
      for (;;) {
        self.requests.push(await wire.message());
        if (sick) wire.reset();
        else wire.write(OK);
      }
    }),
  );
  gate = await startGate(
    plan([model([version('champion', upstream.url)], { retry: ONCE, breaker: { failures: 3, openMs: 150 } })]),
  );
  for (let i = 0; i < 3; i++) expect(await statusNow()).toBe(502);
  const refused = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(refused)).toBe(503);
  expect(valuesOf(refused.headers, 'headgate-error')).toEqual(['no_healthy_upstream']);
  expect(valuesOf(refused.headers, 'retry-after')).toEqual(['1']);
  refused.wire.destroy();
  expect(upstream.requests.length).toBe(3);

  // Half open: the trial fails, and the next wait is twice as long.
  await until(() => upstream.requests.length === 3, 'no call');
  let status = 503;
  const opened = Date.now();
  while (status === 503 && Date.now() - opened < 3000) status = await statusNow();
  expect(status).toBe(502);
  expect(upstream.requests.length).toBe(4);
  expect(await statusNow()).toBe(503);
  sick = false;
  while ((await statusNow()) === 503 && Date.now() - opened < 6000);
  expect(await statusNow()).toBe(200);
  const records = await gate.records(6);
  expect(records.some(({ status: s, upstreamMs }) => s === 503 && upstreamMs === 0)).toBe(true);
});

test('half open admits one call at a time', async () => {
  let serving: Wire | undefined;
  let first = true;
  const upstream = await kept(
    rawUpstream(async (wire, self) => {
      self.requests.push(await wire.message());
      if (first) {
        first = false;
        wire.reset();
      } else serving = wire;
    }),
  );
  gate = await startGate(
    plan([model([version('champion', upstream.url)], { retry: ONCE, breaker: { failures: 1, openMs: 50 } })]),
  );
  expect(await statusNow()).toBe(502);
  const trial = await dial(gate.port);
  await new Promise((resolve) => setTimeout(resolve, 60));
  trial.write(request('POST', '/m', [], '{}'));
  await until(() => serving !== undefined, 'the trial');
  expect(await statusNow()).toBe(503);
  expect(await statusNow()).toBe(503);
  serving?.write(OK);
  expect(statusOf(await trial.message())).toBe(200);
  trial.destroy();
});

test('an ejected endpoint is passed over, the others carry on', async () => {
  const bad = await kept(
    rawUpstream(async (wire, self) => {
      self.requests.push(await wire.message());
      wire.reset();
    }),
  );
  const good = await kept(answering(OK));
  gate = await startGate(
    plan([
      model([version('champion', [bad.url, good.url], { balance: 'roundRobin' })], {
        retry: ONCE,
        breaker: { failures: 2, openMs: 60_000 },
      }),
    ]),
  );
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) statuses.push(await statusNow());
  expect(statuses.filter((status) => status === 502).length).toBe(2);
  expect(bad.requests.length).toBe(2);
  expect(good.requests.length).toBe(10);
});

test('leastBusy gives the next call to the endpoint with the fewest', async () => {
  const slow: Wire[] = [];
  const busy = await kept(
    rawUpstream(async (wire, self) => {
      self.requests.push(await wire.message());
      slow.push(wire);
    }),
  );
  const quick = await kept(answering(OK));
  gate = await startGate(plan([model([version('champion', [busy.url, quick.url])])]));
  const stuck = await dial(gate.port);
  // Ties are broken in turn: one of the first two calls is the one that stays.
  for (let i = 0; i < 2 && slow.length === 0; i++) {
    stuck.write(request('POST', '/m', [], '{}'));
    await until(() => slow.length > 0 || stuck.buffer.length > 0, 'a call');
    if (slow.length === 0) await stuck.message();
  }
  expect(slow.length).toBe(1);
  for (let i = 0; i < 10; i++) expect(await statusNow()).toBe(200);
  expect(busy.requests.length).toBe(1);
  slow[0]?.write(OK);
  await stuck.message();
  stuck.destroy();
});

test('health checks take an endpoint out and put it back, on connections of their own', async () => {
  let healthy = true;
  let checks = 0;
  const upstream = await kept(
    answering(({ startLine }) => {
      if (!startLine.includes('/ready')) return OK;
      checks++;
      return healthy ? OK : 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n';
    }),
  );
  const health: HealthPlan = { path: '/ready', intervalMs: 15, timeoutMs: 100, healthyAfter: 2, unhealthyAfter: 2 };
  gate = await startGate(plan([model([version('champion', upstream.url, { health })], { retry: ONCE })]));
  await until(() => checks > 1, 'checks');
  expect(await statusNow()).toBe(200);
  healthy = false;
  const before = checks;
  await until(() => checks >= before + 4, 'bad checks');
  expect(await statusNow()).toBe(503);
  healthy = true;
  const then = checks;
  await until(() => checks >= then + 4, 'good checks');
  expect(await statusNow()).toBe(200);
  expect(upstream.requests.filter(({ startLine }) => startLine.startsWith('GET /ready ')).length).toBe(checks);
});

test('a health check that hangs counts as a bad one', async () => {
  const upstream = await kept(
    rawUpstream(async (wire) => {
      for (;;) {
        const { startLine } = await wire.message();
        if (!startLine.includes('/ready')) wire.write(OK);
      }
    }),
  );
  const health: HealthPlan = { path: '/ready', intervalMs: 10, timeoutMs: 30, healthyAfter: 1, unhealthyAfter: 2 };
  gate = await startGate(plan([model([version('champion', upstream.url, { health })], { retry: ONCE })]));
  let status = 200;
  const began = Date.now();
  while (status === 200 && Date.now() - began < 3000) status = await statusNow();
  expect(status).toBe(503);
});

test('a challenger that fails before its answer is covered by the champion; both are recorded', async () => {
  const champion = await kept(answering(OK));
  const challenger = await kept(
    rawUpstream(async (wire) => {
      await wire.message();
      wire.reset();
    }),
  );
  gate = await startGate(
    plan([
      model([version('champion', champion.url), version('challenger', challenger.url)], { split: [0, 1], retry: ONCE }),
    ]),
  );
  const answer = await ask(gate.port, request('POST', '/m', ['account-id: a'], '{"x":1}'));
  expect(statusOf(answer)).toBe(200);
  expect(valuesOf(answer.headers, 'headgate-version')).toEqual(['champion']);
  expect(champion.requests[0]?.body.toString()).toBe('{"x":1}');
  answer.wire.destroy();
  const [failed, covered] = await gate.records(2);
  expect(failed).toMatchObject({ version: 1, assigned: 1, role: 'challenger', reason: 'split', status: 502 });
  expect(covered).toMatchObject({
    version: 0,
    assigned: 1,
    role: 'champion',
    reason: 'fallback',
    status: 200,
    failure: -1,
    attempts: 1,
  });
  expect(failed?.decisionId).toBe(covered?.decisionId);
  expect(failed?.callSpanId).not.toBe(covered?.callSpanId);
  expect(gate.counter('challenger', 'challenger', 'fallbacks')).toBe(1);
});

test.each([
  ['an invalid head', 'HTTP/1.1 200 OK\r\nX A: b\r\n\r\n'],
  ['nothing at all', ''],
])('a challenger that answers with %s is covered too', async (_, bytes) => {
  const champion = await kept(answering(OK));
  const challenger = await kept(
    rawUpstream(async (wire) => {
      await wire.message();
      wire.write(bytes);
      wire.end();
    }),
  );
  gate = await startGate(
    plan([
      model([version('champion', champion.url), version('challenger', challenger.url)], { split: [0, 1], retry: ONCE }),
    ]),
  );
  expect(await statusNow()).toBe(200);
});

test('an answer of the challenger is an answer, whatever its status; and without fallback its failure is told', async () => {
  const champion = await kept(answering(OK));
  const challenger = await kept(answering('HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops'));
  const versions = [version('champion', champion.url), version('challenger', challenger.url)];
  gate = await startGate(plan([model(versions, { split: [0, 1], retry: ONCE })]));
  expect(await statusNow()).toBe(500);
  await gate.settled();
  await gate.close();
  const dead = await kept(rawUpstream((wire) => wire.reset()));
  gate = await startGate(
    plan([
      model([version('champion', champion.url), version('challenger', dead.url)], {
        split: [0, 1],
        retry: ONCE,
        fallback: false,
      }),
    ]),
  );
  expect(await statusNow()).toBe(502);
  expect(champion.requests.length).toBe(0);
});
