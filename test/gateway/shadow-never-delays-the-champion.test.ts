import { afterEach, expect, test } from 'vitest';
import { FAILURES } from '../../src/errors.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, until, version } from './gate-fixture.ts';
import type { Message, RawUpstream, Wire } from './wire.ts';
import { answering, ask, dial, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
const upstreams: RawUpstream[] = [];

afterEach(async () => {
  await gate.close();
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

async function kept(made: Promise<RawUpstream>): Promise<RawUpstream> {
  const upstream = await made;
  upstreams.push(upstream);
  return upstream;
}

interface Bounds {
  readonly share?: number;
  readonly timeoutMs?: number;
  readonly callsMax?: number;
  readonly bytesMax?: number;
}

async function start(
  shadowUrl: string,
  bounds: Bounds = {},
  listen = {},
  champion = answering(OK),
): Promise<RawUpstream> {
  const primary = await kept(champion);
  const mirror = { version: 1, share: 1, timeoutMs: 100, callsMax: 8, bytesMax: 1_000_000, ...bounds };
  gate = await startGate(
    plan(
      [
        model([version('champion', primary.url), version('shadow', shadowUrl)], {
          mirrors: [mirror],
          breaker: { failures: 1e6, openMs: 1 },
        }),
      ],
      listen,
    ),
  );
  return primary;
}

/** Ask so many times on one connection. @returns the answers and how long each took, in ms */
async function ride(
  count: number,
  body = '{"x":1}',
  port = gate.port,
): Promise<{ answers: Message[]; times: number[] }> {
  const client = await dial(port);
  const answers: Message[] = [];
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    client.write(request('POST', '/m', [], body));
    answers.push(await client.message());
    times.push(performance.now() - began);
  }
  client.destroy();
  return { answers, times };
}

const FLOOD = Buffer.alloc(256 * 1024, 'f');
const SICK: readonly (readonly [string, (wire: Wire) => void | Promise<void>])[] = [
  ['hangs', () => {}],
  ['resets', (wire) => wire.reset()],
  ['talks nonsense', (wire) => void wire.write('no HTTP at all\r\n\r\n')],
  [
    'crawls',
    async (wire) => {
      await wire.head();
      wire.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const crawl = setInterval(() => (wire.ended === 'no' ? wire.write('.') : clearInterval(crawl)), 5);
    },
  ],
  [
    'floods',
    async (wire) => {
      await wire.head();
      wire.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const pump = (): void => {
        while (wire.ended === 'no' && wire.write(`40000\r\n${FLOOD.toString('latin1')}\r\n`));
      };
      wire.socket.on('drain', pump);
      pump();
    },
  ],
];

/** How long a shadow that hangs may hang: far longer than the machine ever keeps a call waiting. */
const HANGS_MS = 2000;
const CALLS = Number(process.env.HEADGATE_TEST_SHADOWED_CALLS ?? 60);

test.each(SICK)('a shadow that %s changes no answer, and every copy is accounted for', async (_, serve) => {
  const shadow = await kept(rawUpstream(serve));
  await start(shadow.url, { callsMax: 4 }, { bodyBytesMax: 1_000_000 });
  const { answers } = await ride(CALLS);
  for (const answer of answers) {
    expect(answer.startLine).toBe('HTTP/1.1 200 OK');
    expect(answer.body.toString()).toBe('ok');
    expect(valuesOf(answer.headers, 'headgate-version')).toEqual(['champion']);
  }
  await gate.settled();
  const dropped = Object.values(gate.shadowDrops('shadow')).reduce((sum, count) => sum + count, 0);
  const records = await gate.records(2 * CALLS - dropped);
  const shadows = records.filter(({ role }) => role === 'shadow');
  expect(shadows.length + dropped).toBe(CALLS);
  expect(records.length).toBe(2 * CALLS - dropped);
  expect(shadows.every(({ failure }) => failure >= 0)).toBe(true);
  expect(
    Math.max(...shadow.wires.map((__, i, all) => all.slice(0, i + 1).filter(({ ended }) => ended === 'no').length), 0),
  ).toBeLessThanOrEqual(4);
});

test('a shadow that refuses connections is recorded as unreachable', async () => {
  const gone = await rawUpstream(() => {});
  await gone.close();
  await start(gone.url, { timeoutMs: 5000 });
  await ride(5);
  await gate.settled();
  const shadows = (await gate.records(10)).filter(({ role }) => role === 'shadow');
  expect(shadows.map(({ status, failure }) => [status, FAILURES[failure]?.code])).toEqual(
    Array(5).fill([0, 'upstream_unreachable']),
  );
});

function quantile(times: readonly number[], q: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length * q)] ?? 0;
}

test('a shadow that hangs leaves the latency of the champion where it was', async () => {
  const windows = 10;
  const shadow = await kept(rawUpstream(() => {}));
  const hanging = { callsMax: 100_000, timeoutMs: HANGS_MS };
  await start(shadow.url, { ...hanging, share: 0 });
  const alone = gate;
  await start(shadow.url, hanging, { drainMs: 50 });
  const times: Record<'alone' | 'watched', number[][]> = { alone: [], watched: [] };
  for (const port of [alone.port, gate.port]) await ride(CALLS, '{}', port);
  // In turn, so that whatever else the machine does meets both alike.
  for (let i = 0; i < windows; i++) {
    times.alone.push((await ride(CALLS / 2, '{}', alone.port)).times);
    times.watched.push((await ride(CALLS / 2, '{}', gate.port)).times);
  }
  expect(gate.counter('shadow', 'shadow', 'inflight')).toBeGreaterThan(0);
  expect(gate.shadowDrops('shadow')).toEqual({});
  await alone.close();
  const typical = (all: readonly number[][]) =>
    quantile(
      all.map((window) => quantile(window, 0.5)),
      0.5,
    );
  expect(typical(times.watched)).toBeLessThan(typical(times.alone) * 2 + 1);
  // A champion that waited for even one in a hundred of its shadows would be two seconds late there.
  expect(quantile(times.watched.flat(), 0.99)).toBeLessThan(quantile(times.alone.flat(), 0.99) + HANGS_MS / 4);
  // And not one call has waited for its shadow to end.
  expect(Math.max(...times.watched.flat())).toBeLessThan(HANGS_MS);
});

test('calls over the bound are dropped and counted, exactly', async () => {
  const shadow = await kept(rawUpstream(() => {}));
  await start(shadow.url, { callsMax: 3, timeoutMs: 5000 }, { drainMs: 100 });
  await ride(10);
  expect(gate.shadowDrops('shadow')).toEqual({ too_many_calls: 7 });
  expect(gate.counter('shadow', 'shadow', 'inflight')).toBe(3);
});

test('bytes over the bound are dropped and counted, exactly', async () => {
  const shadow = await kept(rawUpstream(() => {}));
  await start(shadow.url, { callsMax: 100, bytesMax: 2500, timeoutMs: 5000 }, { drainMs: 100 });
  await ride(10, 'x'.repeat(1000));
  expect(gate.shadowDrops('shadow')).toEqual({ too_many_bytes: 8 });
  expect(gate.gateCounter('shadowBytes')).toBe(2000);
});

test('a streamed body is not copied, and counted: too large, or never complete', async () => {
  const shadow = await kept(answering(OK));
  await start(shadow.url, {}, { bodyBytesHeld: 1000 });
  await ride(1, 'x'.repeat(1001));
  const chunked = await ask(
    gate.port,
    `POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`,
  );
  expect(statusOf(chunked)).toBe(200);
  chunked.wire.destroy();
  const leaving = await dial(gate.port);
  leaving.write('POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
  await until(() => gate.counter('champion', 'champion', 'inflight') === 1, 'the call');
  leaving.destroy();
  await gate.settled();
  expect(gate.shadowDrops('shadow')).toEqual({ body_too_large: 2, request_incomplete: 1 });
  expect(shadow.requests.length).toBe(0);
});

test('a slow body that could be held is copied once it is whole', async () => {
  const shadow = await kept(answering(OK));
  await start(shadow.url);
  const client = await dial(gate.port);
  client.write('POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  await until(() => gate.counter('champion', 'champion', 'inflight') === 1, 'the call');
  client.write('def');
  expect(statusOf(await client.message())).toBe(200);
  await gate.settled();
  expect(shadow.requests.map(({ body }) => body.toString())).toEqual(['abcdef']);
  client.destroy();
});

test('the copy is the request itself, but for its mark and its span', async () => {
  const shadow = await kept(answering(OK));
  const primary = await start(shadow.url);
  const trace = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await ask(
    gate.port,
    request(
      'POST',
      '/m?q=%20',
      ['X-B: 1', 'x-b: caf\xe9', 'Content-Type: a/b', 'Authorization: Bearer t', 'tracestate: a=1', trace],
      'body\x00\xff',
    ),
  );
  answer.wire.destroy();
  await until(() => shadow.requests.length === 1, 'the shadow');
  const [a, b] = [primary.requests[0], shadow.requests[0]];
  const common = (message: Message | undefined): string[] =>
    (message?.headers ?? []).filter(
      (_, i, all) => !['host', 'traceparent', 'headgate-shadow'].includes(all[i - (i % 2)]?.toLowerCase() ?? ''),
    );
  expect(b?.startLine).toBe(a?.startLine);
  expect(b?.body.equals(a?.body ?? Buffer.alloc(0))).toBe(true);
  expect(common(b)).toEqual(common(a));
  expect(valuesOf(b?.headers ?? [], 'headgate-shadow')).toEqual(['shadow']);
  expect(valuesOf(a?.headers ?? [], 'headgate-shadow')).toEqual([]);
  const spans = [a, b].map((message) => valuesOf(message?.headers ?? [], 'traceparent')[0] ?? '');
  expect(spans[0]?.slice(0, 36)).toBe(spans[1]?.slice(0, 36));
  expect(spans[0]).not.toBe(spans[1]);
  const records = await gate.records(2);
  expect(new Set(records.map(({ decisionId }) => decisionId)).size).toBe(1);
  expect(records.map(({ role }) => role).sort()).toEqual(['champion', 'shadow']);
});

test('the share of the mirror follows the decision id, so that a replay can tell', async () => {
  const shadow = await kept(answering(OK));
  await start(shadow.url, { share: 0.25, callsMax: 10_000 });
  const client = await dial(gate.port);
  const mirrored = async (): Promise<string[]> => {
    const before = shadow.requests.length;
    for (let i = 0; i < 200; i++) {
      client.write(request('POST', '/m', [`headgate-decision: d${i}`], '{}'));
      await client.message();
    }
    await gate.settled();
    return shadow.requests.slice(before).map(({ headers }) => valuesOf(headers, 'headgate-decision')[0] ?? '');
  };
  const first = await mirrored();
  expect(first.length).toBeGreaterThan(25);
  expect(first.length).toBeLessThan(75);
  expect((await mirrored()).sort()).toEqual([...first].sort());
  client.destroy();
});

test('a gate that stops does not wait for shadows that hang, and loses none of their records', async () => {
  const shadow = await kept(rawUpstream(() => {}));
  await start(shadow.url, { timeoutMs: 60_000 }, { drainMs: 150 });
  await ride(3);
  const began = Date.now();
  await gate.close();
  expect(Date.now() - began).toBeLessThan(3000);
  const records = await gate.records(6);
  expect(records.filter(({ role }) => role === 'shadow').map(({ failure }) => FAILURES[failure]?.code)).toEqual([
    'draining',
    'draining',
    'draining',
  ]);
  await gate.settled();
  gate = await startGate(plan([]));
});
