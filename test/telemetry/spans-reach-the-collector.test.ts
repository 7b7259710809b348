import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { failureIndex } from '../../src/errors.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import { createTraces, type TracesOptions } from '../../src/telemetry/traces.ts';
import { type Collector, startCollector } from './otlp-collector.ts';
import { NAMES, record } from './records.ts';

const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;
const names = { ...NAMES, origin: 'http://10.0.0.7:9102' };

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

async function exported(records: readonly ExchangeRecord[], options: Partial<TracesOptions> = {}) {
  const problems: string[] = [];
  const traces = await createTraces({
    endpoint: collector.url,
    headers: { 'x-tenant': 'risk' },
    serviceName: 'headgate-test',
    version: '1.2.3',
    replica: 'replica-1',
    problem: (what) => problems.push(what),
    ...options,
  });
  for (const each of records) traces.record(each, names);
  await traces.close();
  return { spans: collector.spans, counts: traces.counts, problems };
}

test('a decision is a server span under its caller with a client span for the upstream call under it', async () => {
  const { spans, counts } = await exported([record()]);
  const [server, client] = spans;
  expect(server).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: '00f067aa0ba902b7',
    parentSpanId: 'b7ad6b7169203331',
    name: 'POST credit-default',
    kind: SERVER,
    startMs: 1_700_000_000_000,
    endMs: 1_700_000_000_012.5,
    statusCode: 0,
    resource: { 'service.name': 'headgate-test', 'service.version': '1.2.3', 'service.instance.id': 'replica-1' },
    attributes: {
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'url.path': '/v2/models/credit-default/infer',
      'client.address': '127.0.0.1',
      'headgate.model': 'credit-default',
      'headgate.version': 'boosted',
      'headgate.role': 'challenger',
      'headgate.reason': 'split',
      'headgate.slot': 1234,
    },
  });
  expect(client).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: '53995c3f42cd8ad8',
    parentSpanId: '00f067aa0ba902b7',
    kind: CLIENT,
    startMs: 1_700_000_000_002.25,
    endMs: 1_700_000_000_012.5,
    attributes: { 'server.address': '10.0.0.7', 'server.port': 9102 },
  });
  expect(counts).toEqual({ exported: 2, failed: 0, dropped: 0 });
  expect(collector.headers[0]).toMatchObject({ 'content-type': 'application/x-protobuf', 'x-tenant': 'risk' });
  expect(JSON.stringify(spans)).not.toMatch(/hunter2|acct-secret/);
});

test('a trace that starts here has no parent', async () => {
  const { spans } = await exported([record({ parentSpanId: '' })]);
  expect(spans[0]).toMatchObject({ kind: SERVER, parentSpanId: '', traceId: '0af7651916cd43dd8448eb211c80319c' });
});

test('a shadow is a client span under the decision it copied', async () => {
  const { spans } = await exported([record({ role: 'shadow', status: 500 })]);
  expect(spans).toHaveLength(1);
  expect(spans[0]).toMatchObject({ kind: CLIENT, parentSpanId: '00f067aa0ba902b7', statusCode: ERROR });
  expect(spans[0]?.attributes).toMatchObject({ 'headgate.role': 'shadow', 'error.type': '500' });
});

test('a failed challenger and the champion that answered for it are two client spans under one server span', async () => {
  const failed = record({
    status: 502,
    failure: failureIndex('upstream_reset'),
    spanId: '',
    parentSpanId: '00f067aa0ba902b7',
    callSpanId: 'aaaaaaaaaaaaaaa1',
  });
  const { spans } = await exported([failed, record({ reason: 'fallback', role: 'champion' })]);
  expect(spans.map((span) => span.kind).sort()).toEqual([SERVER, CLIENT, CLIENT]);
  const [first] = spans;
  expect(first).toMatchObject({
    kind: CLIENT,
    parentSpanId: '00f067aa0ba902b7',
    statusCode: ERROR,
    attributes: { 'error.type': 'upstream_reset' },
  });
});

test("the client's own mistakes are no errors of the server", async () => {
  const { spans } = await exported([
    record({ status: 499, failure: failureIndex('client_gone') }),
    record({ status: 422 }),
    record({ status: 504, failure: failureIndex('upstream_timeout') }),
  ]);
  const servers = spans.filter((span) => span.kind === SERVER);
  expect(servers.map((span) => span.statusCode)).toEqual([0, 0, ERROR]);
  expect(spans.filter((span) => span.kind === CLIENT).map((span) => span.statusCode)).toEqual([ERROR, ERROR, ERROR]);
});

test('what is not sampled, or never called an upstream, makes no such span', async () => {
  const { spans } = await exported([record({ sampled: false }), record({ attempts: 0, method: 'BREW' })]);
  expect(spans).toHaveLength(1);
  expect(spans[0]).toMatchObject({ kind: SERVER, attributes: { 'http.request.method': '_OTHER' } });
});

test('a collector that refuses costs the spans, which are counted and told once', async () => {
  collector.status = 400;
  const { counts, problems } = await exported(Array.from({ length: 600 }, () => record()));
  expect(counts).toEqual({ exported: 0, failed: 1200, dropped: 0 });
  expect(problems).toHaveLength(1);
});

test('a flood is bounded: what does not fit is dropped and counted', async () => {
  const { counts } = await exported(Array.from({ length: 20_000 }, () => record()));
  expect(counts.exported + counts.failed).toBeLessThanOrEqual(8192);
  expect(counts.dropped).toBeGreaterThan(15_000);
  await vi.waitFor(() => expect(collector.spans).toHaveLength(counts.exported));
});

test('an endpoint that is no URL is an error at the start', async () => {
  await expect(exported([], { endpoint: 'collector:4318' })).rejects.toThrow();
});
