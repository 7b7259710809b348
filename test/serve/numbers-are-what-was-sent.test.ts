// Telemetry from end to end: after known traffic, /metrics holds exactly what was sent; traces continue the caller's.

import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCollector } from '../telemetry/otlp-collector.ts';
import { type Ask, BODY, createCaller } from './caller.ts';
import { isAccountedFor, settled } from './scrape.ts';
import { startServe, startUpstream, type Upstream, waitFor } from './served-gate.ts';

const ANSWER = JSON.stringify({ outputs: [{ name: 'p', shape: [1], datatype: 'FP64', data: [0.5] }] });
/** Longer than what is held: it is streamed, and no shadow can have it. */
const LONG = JSON.stringify({ inputs: [], padding: 'x'.repeat(300 * 1024) });

/** Breaks where the request says so by `x-break: <name>`, and answers with the status in `x-status`. */
const seen: { readonly by: string; readonly traceparent: string; readonly decision: string }[] = [];
const upstreamOf = (name: string): Promise<Upstream> =>
  startUpstream((request, response) => {
    const { traceparent = '', 'headgate-decision': decision = '', 'x-status': status = '200' } = request.headers;
    request.resume();
    request.on('end', () => {
      seen.push({ by: name, traceparent: String(traceparent), decision: String(decision) });
      if (request.headers['x-break'] === name) request.socket.destroy();
      else response.writeHead(Number(status), { 'content-type': 'application/json' }).end(ANSWER);
    });
  });

const upstreams: Upstream[] = [];
beforeAll(async () => {
  for (const name of ['champ', 'chall', 'watch']) upstreams.push(await upstreamOf(name));
});
afterAll(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.close()));
});

const yaml = (telemetry: string, sample = '100%'): string => {
  const [champ, chall, watch] = upstreams.map(({ url }) => url);
  return [
    'listen: { host: 127.0.0.1, port: 0, drain: 1s }',
    'admin: { port: 0 }',
    'data: ./data',
    telemetry,
    'defaults: { timeout: { connect: 5s, firstByte: 10s, total: 20s }, breaker: { failures: 10000 } }',
    'models:',
    '  m:',
    `    versions: { champ: { url: "${champ}" }, chall: { url: "${chall}" }, watch: { url: "${watch}" } }`,
    '    champion: champ',
    '    sticky: { header: account-id }',
    '    overrides: { chosen: chall }',
    '    mirror: { watch: { share: 100%, timeout: 20s } }',
    `    capture: { sample: ${sample} }`,
    '  strict:',
    `    versions: { champ: { url: "${champ}" } }`,
    '    sticky: { header: account-id, missing: reject }',
    '',
  ].join('\n');
};

const times = (count: number, what: Ask): Ask[] => Array.from({ length: count }, () => what);

test.each([
  ['1', '100%'],
  ['2', '50%'],
])('the numbers of /metrics are those of the traffic (%s thread(s), %s captured)', async (threads, sample) => {
  const gate = await startServe(yaml('', sample).replace('drain: 1s', `drain: 1s, threads: ${threads}`));
  const caller = createCaller();
  const [N, M, FALLBACKS, SICK, BROKEN, SHADOWS_BROKEN, STREAMED] = [120, 60, 15, 7, 4, 5, 8];
  const unit = 'somebody';
  const answers = await caller.askAll(gate.dataUrl, [
    ...times(N, { unit }),
    ...times(M, { unit: 'chosen' }),
    ...times(FALLBACKS, { unit: 'chosen', headers: { 'x-break': 'chall' } }),
    ...times(SICK, { unit, headers: { 'x-status': '500' } }),
    ...times(BROKEN, { unit, headers: { 'x-break': 'champ' } }),
    ...times(SHADOWS_BROKEN, { unit, headers: { 'x-break': 'watch' } }),
    ...times(STREAMED, { unit, body: LONG }),
    ...times(9, { model: 'nobody' }),
    ...times(5, { model: 'strict' }),
  ]);
  const got = (status: number): number => answers.filter((answer) => answer.status === status).length;
  expect(got(200)).toBe(N + M + FALLBACKS + SHADOWS_BROKEN + STREAMED);
  expect([got(500), got(502), got(404), got(400)]).toEqual([SICK, BROKEN, 9, 5]);
  for (let i = 0; i < 6; i++) expect(await malformed(Number(new URL(gate.dataUrl).port))).toMatch(/^HTTP\/1\.1 400 /);
  // Health of a model is not a decision.
  expect((await fetch(`${gate.dataUrl}/v2/models/m/ready`)).status).toBe(200);

  const primaries = N + M + SICK + BROKEN + SHADOWS_BROKEN + STREAMED + 2 * FALLBACKS;
  const shadows = N + M + FALLBACKS + SICK + BROKEN + SHADOWS_BROKEN;
  const numbers = await settled(gate, primaries + shadows);
  const model = 'm';
  const [champ, chall, watch] = [
    { model, version: 'champ', role: 'champion' },
    { model, version: 'chall', role: 'challenger' },
    { model, version: 'watch', role: 'shadow' },
  ];
  const champions = N + SICK + BROKEN + SHADOWS_BROKEN + STREAMED;
  const expected: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
    ['headgate_decisions_total', { ...champ, reason: 'split' }, champions],
    ['headgate_decisions_total', { ...champ, reason: 'fallback' }, FALLBACKS],
    ['headgate_decisions_total', { ...chall, reason: 'override' }, M + FALLBACKS],
    ['headgate_decisions_total', { ...watch }, shadows],
    ['headgate_decisions_total', {}, primaries + shadows],
    ['headgate_responses_total', { ...champ, status: '2xx' }, N + SHADOWS_BROKEN + STREAMED + FALLBACKS],
    ['headgate_responses_total', { ...champ, status: '5xx' }, SICK + BROKEN],
    ['headgate_responses_total', { ...chall, status: '2xx' }, M],
    ['headgate_responses_total', { ...watch, status: '2xx' }, N + M + FALLBACKS + BROKEN],
    ['headgate_responses_total', { ...watch, status: '5xx' }, SICK],
    ['headgate_responses_total', { ...watch, status: 'none' }, SHADOWS_BROKEN],
    ['headgate_fallbacks_total', {}, FALLBACKS],
    ['headgate_fallbacks_total', chall, FALLBACKS],
    ['headgate_failures_total', { ...champ, code: 'upstream_reset', source: 'upstream' }, BROKEN],
    ['headgate_failures_total', { ...chall, code: 'upstream_reset' }, FALLBACKS],
    ['headgate_failures_total', { ...watch, code: 'upstream_reset' }, SHADOWS_BROKEN],
    ['headgate_failures_total', {}, BROKEN + FALLBACKS + SHADOWS_BROKEN],
    ['headgate_shadows_dropped_total', { ...watch, reason: 'body_too_large' }, STREAMED],
    ['headgate_shadows_dropped_total', {}, STREAMED],
    ['headgate_refused_total', { code: 'no_model' }, 9],
    ['headgate_refused_total', { code: 'sticky_key_missing' }, 5],
    ['headgate_refused_total', { code: 'bad_request' }, 6],
    ['headgate_refused_total', {}, 20],
    ['headgate_decision_duration_seconds_count', champ, champions + FALLBACKS],
    ['headgate_decision_duration_seconds_count', watch, shadows],
    ['headgate_request_bytes_total', { ...champ }, bytesOf(champions - STREAMED + FALLBACKS) + STREAMED * LONG.length],
    ['headgate_response_bytes_total', { ...chall }, M * ANSWER.length],
    ['headgate_received_total', {}, primaries + shadows],
    ['headgate_capture_dropped_total', {}, 0],
    ['headgate_inflight', {}, 0],
    ['headgate_shadow_bytes', {}, 0],
  ];
  const wrong = expected.filter(([name, labels, value]) => numbers(name, labels) !== value);
  expect(wrong.map(([name, labels, value]) => [name, labels, value, numbers(name, labels)])).toEqual([]);
  expect(isAccountedFor(numbers)).toBe(true);
  const sampledOut = numbers('headgate_capture_sampled_out_total');
  if (sample === '100%') expect(sampledOut).toBe(0);
  else expect(sampledOut / (primaries + shadows)).toBeGreaterThan(0.3);
  caller.close();
  expect(await gate.stop()).toBe(0);
});

test('spans continue the trace of the caller, and the upstream continues that of the gate', async () => {
  const collector = await startCollector();
  const gate = await startServe(yaml(`telemetry: { traces: { endpoint: "${collector.url}", sample: 0% } }`));
  const caller = createCaller();
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const parent = 'b7ad6b7169203331';
  seen.length = 0;
  const traced = await caller.ask(gate.dataUrl, {
    unit: 'chosen',
    headers: { traceparent: `00-${traceId}-${parent}-01`, tracestate: 'vendor=1' },
  });
  // The caller's word counts: not sampled there, not sampled here.
  await caller.ask(gate.dataUrl, { headers: { traceparent: `00-${'1'.repeat(32)}-${parent}-00` } });
  await settled(gate, 4);
  await waitFor(async () => (collector.spans.length >= 3 ? true : undefined), 'the spans');
  caller.close();
  expect(await gate.stop()).toBe(0);

  const { spans } = collector;
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  const server = spans.find((span) => span.parentSpanId === parent);
  const clients = spans.filter((span) => span.parentSpanId === server?.spanId);
  expect(server?.attributes).toMatchObject({ 'headgate.decision': traced.decision });
  expect(clients.length).toBe(2);
  // Each upstream, the shadow's too, was told of its own call.
  for (const by of ['chall', 'watch']) {
    const call = seen.find((one) => one.by === by && one.decision === traced.decision);
    const [, told, spanId, flags] = call?.traceparent.split('-') ?? [];
    expect([told, flags]).toEqual([traceId, '01']);
    expect(clients.map((span) => span.spanId)).toContain(spanId);
  }
  await collector.close();
});

const bytesOf = (count: number): number => count * Buffer.byteLength(BODY);

/** What a client reads that does not speak HTTP. */
function malformed(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('this is not HTTP\r\n\r\n'));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}
