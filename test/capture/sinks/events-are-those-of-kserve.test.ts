// What a reader of KServe's payload logger gets: types, ids, extension attributes and bodies, read with the CloudEvents SDK, in
// both modes. Bodies are exact, whatever stands in them.

import { gzipSync } from 'node:zlib';
import { type CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import type { CaptureRow } from '../../../src/capture/row.ts';
import { capturesFolder } from '../../../src/capture/segments/folder.ts';
import { binaryHeaders, cloudEventsOf, eventJson } from '../../../src/capture/sinks/cloud-event.ts';
import { createLogReader, LOG_START } from '../../../src/capture/sinks/log-reader.ts';
import type { ExchangeRecord } from '../../../src/model.ts';
import { bodies } from '../records.ts';
import { openLog } from './log-on-disk.ts';

async function rowOf(changes: Partial<ExchangeRecord> = {}): Promise<CaptureRow> {
  const log = await openLog();
  await log.write(['d-1'], changes);
  await log.close();
  const folder = capturesFolder(log.data);
  const reader = createLogReader({ folder, replica: log.replica, from: LOG_START, report: () => undefined });
  const { records } = await reader.read(1, 1e9);
  await reader.close();
  const [first] = records;
  if (first === undefined) throw new Error('nothing was captured');
  return first.row;
}

const PLAN = { events: 'all', namespace: 'risk' } as const;
const binary = (row: CaptureRow): CloudEvent<unknown>[] =>
  cloudEventsOf(row, PLAN).map((event) => {
    const body = Buffer.from(event.data ?? '').toString('latin1');
    return HTTP.toEvent({ headers: binaryHeaders(event), body }) as CloudEvent<unknown>;
  });
function batched(row: CaptureRow): CloudEvent<unknown>[] {
  const body = `[${cloudEventsOf(row, PLAN).map(eventJson).join(',')}]`;
  return HTTP.toEvent({
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body,
  }) as CloudEvent<unknown>[];
}

describe.each([
  ['binary', binary],
  ['batched', batched],
] as const)('%s mode', (_mode, read) => {
  it('a request and a response with one id, and the attributes that KServe sets', async () => {
    const row = await rowOf({ requestHeaders: ['content-type', 'application/json', 'user-agent', 'svc/1 "x"'] });
    const [request, response, ...more] = read(row);
    expect(more).toEqual([]);
    expect(request?.toJSON()).toMatchObject({
      specversion: '1.0',
      id: 'd-1',
      source: 'urn:headgate:credit-default:logistic',
      type: 'org.kubeflow.serving.inference.request',
      datacontenttype: 'application/json',
      time: '2023-11-14T22:13:20.000Z',
      inferenceservicename: 'credit-default',
      namespace: 'risk',
      component: 'predictor',
      endpoint: 'default',
      modelversion: 'logistic',
      unit: 'acct-1',
      data: { id: 'd-1' },
    });
    expect(JSON.parse(String(request?.metadata))).toEqual({
      'content-type': ['application/json'],
      'user-agent': ['svc/1 "x"'],
    });
    expect(response?.toJSON()).toMatchObject({
      id: 'd-1',
      type: 'org.kubeflow.serving.inference.response',
      time: '2023-11-14T22:13:20.003Z',
      data: { answer: 1 },
    });
    expect(Number(response?.status)).toBe(200);
    for (const event of [request, response]) expect(event?.validate()).toBe(true);
  });

  it('challengers and shadows are told from the champion; a call without an answer has no response', async () => {
    const [canary] = read(await rowOf({ role: 'challenger', version: 1 }));
    expect(canary).toMatchObject({ endpoint: 'canary', modelversion: 'boosted' });
    const [shadow, ...none] = read(await rowOf({ role: 'shadow', status: 0, response: [] }));
    expect(shadow).toMatchObject({ endpoint: 'shadow' });
    expect(none).toEqual([]);
  });

  it('ids and units beyond ASCII arrive', async () => {
    const [request] = read(await rowOf({ unit: 'Zürich 100% ☂' }));
    expect(decodeURIComponent(String(request?.unit).replace(/%(?![0-9A-F]{2})/g, '%25'))).toBe('Zürich 100% ☂');
  });

  it('gzip is undone; what cannot be undone is sent as it came, with the name of its coding', async () => {
    const headers = ['content-type', 'application/json', 'content-encoding', 'gzip'];
    const [plain] = read(await rowOf({ requestHeaders: headers, request: [gzipSync('{"a":1}')] }));
    expect(plain?.data).toEqual({ a: 1 });
    expect(plain?.contentencoding).toBeUndefined();
    const odd = ['content-type', 'application/octet-stream', 'content-encoding', 'gzip'];
    const [broken] = read(await rowOf({ requestHeaders: odd, request: [Buffer.from('no gzip')] }));
    expect(broken?.contentencoding).toBe('gzip');
  });
});

describe('data in a batch', () => {
  it('stands there digit for digit', async () => {
    const body = '{"id": 12345678901234567890, "x": 1.10, "x": 2}';
    const [event] = cloudEventsOf(await rowOf(bodies(body, '{}')), PLAN);
    if (event === undefined) throw new Error('a request makes an event');
    expect(eventJson(event)).toContain(`"data":${body}}`);
  });

  it.each([
    ['NaN, which is no JSON', Buffer.from('{"x": NaN}'), 'application/json'],
    ['bytes that are no text', Buffer.from([0xff, 0x00, 0x80]), 'application/json'],
    ['binary tensors', Buffer.from([1, 2, 3]), 'application/octet-stream'],
  ])('is base64 for %s', async (_what, body, type) => {
    const row = await rowOf({ request: [body], requestHeaders: ['content-type', type] });
    const [event] = cloudEventsOf(row, PLAN);
    if (event === undefined) throw new Error('a request makes an event');
    expect(JSON.parse(eventJson(event))).toMatchObject({ data_base64: body.toString('base64'), datacontenttype: type });
  });
});
