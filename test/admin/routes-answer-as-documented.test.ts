import { expect, test } from 'vitest';
import { createApp } from '../../src/admin/app.ts';
import type { DriftView } from '../../src/admin/view.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { documentOf, validator } from './document.ts';
import { createFixtureView } from './fixture-view.ts';
import { serve } from './served.ts';

type Step = readonly [template: string, path: string, status: number, method?: string, body?: unknown];

const ALARM = '0190b0a0-0000-7000-8000-000000000001';

const WALK: readonly Step[] = [
  ['/healthz', '/healthz', 200],
  ['/readyz', '/readyz', 200],
  ['/api/v1/models', '/api/v1/models', 200],
  ['/api/v1/models/{model}', '/api/v1/models/credit-default', 200],
  ['/api/v1/models/{model}', '/api/v1/models/nobody', 404],
  ['/api/v1/models/{model}/split', '/api/v1/models/credit-default/split', 200],
  ['/api/v1/models/{model}/split', '/api/v1/models/nobody/split', 404],
  ['/api/v1/models/{model}/shadows', '/api/v1/models/credit-default/shadows', 200],
  ['/api/v1/models/{model}/shadows', '/api/v1/models/nobody/shadows', 404],
  ['/api/v1/models/{model}/drift', '/api/v1/models/credit-default/drift', 200],
  ['/api/v1/models/{model}/drift', '/api/v1/models/nobody/drift', 404],
  ['/api/v1/models/{model}/drift', '/api/v1/models/credit-default/drift?distances=all,tfdv', 200],
  ['/api/v1/models/{model}/drift', '/api/v1/models/credit-default/drift?distances=mahalanobis', 400],
  ['/api/v1/models/{model}/quality', '/api/v1/models/credit-default/quality', 200],
  ['/api/v1/models/{model}/quality', '/api/v1/models/nobody/quality', 404],
  ['/api/v1/explain', '/api/v1/explain?model=credit-default&unit=acct-1', 200],
  ['/api/v1/explain', '/api/v1/explain?model=nobody&unit=acct-1', 404],
  ['/api/v1/explain', '/api/v1/explain?model=credit-default', 400],
  ['/api/v1/explain', '/api/v1/explain?model=card-fraud&unit=acct-1', 422],
  ['/api/v1/decisions/{id}', '/api/v1/decisions/known', 200],
  ['/api/v1/decisions/{id}', '/api/v1/decisions/unknown', 404],
  ['/api/v1/decisions/{id}', '/api/v1/decisions/busy', 503],
  ['/api/v1/captures', '/api/v1/captures', 200],
  ['/api/v1/sinks', '/api/v1/sinks', 200],
  ['/api/v1/alarms', '/api/v1/alarms', 200],
  ['/api/v1/alarms', '/api/v1/alarms?model=credit-default&state=open', 200],
  ['/api/v1/alarms', '/api/v1/alarms?state=loud', 400],
  ['/api/v1/alarms/{id}/acknowledge', `/api/v1/alarms/${ALARM}/acknowledge`, 200, 'POST', { by: 'ann' }],
  ['/api/v1/alarms/{id}/acknowledge', `/api/v1/alarms/${ALARM}/acknowledge`, 200, 'POST'],
  ['/api/v1/alarms/{id}/acknowledge', '/api/v1/alarms/none/acknowledge', 404, 'POST', {}],
  ['/api/v1/alarms/{id}/snooze', `/api/v1/alarms/${ALARM}/snooze`, 200, 'POST', { for: '4h', note: 'known' }],
  ['/api/v1/alarms/{id}/snooze', `/api/v1/alarms/${ALARM}/snooze`, 400, 'POST', { for: 'a while' }],
  ['/api/v1/alarms/{id}/resolve', `/api/v1/alarms/${ALARM}/resolve`, 200, 'POST', {}],
  ['/api/v1/config', '/api/v1/config', 200],
  ['/api/v1/live', '/api/v1/live', 200],
  ['/api/v1/live', '/api/v1/live?model=card-fraud', 200],
  ['/api/v1/reload', '/api/v1/reload', 200, 'POST'],
  ['/api/v1/outcomes', '/api/v1/outcomes', 200, 'POST', { outcomes: [{}, {}] }],
  ['/api/v1/outcomes', '/api/v1/outcomes', 400, 'POST', { outcomes: [] }],
  ['/api/v1/outcomes', '/api/v1/outcomes', 400, 'POST', 'no object'],
  ['/api/v1/outcomes', '/api/v1/outcomes', 422, 'POST', { outcomes: ['bad'] }],
  ['/api/v1/outcomes', '/api/v1/outcomes', 507, 'POST', { outcomes: ['full'] }],
  ['/openapi.json', '/openapi.json', 200],
];

test.each(WALK.map((step) => [step[1], step] as const))('%s answers in the shape of the document', async (_, step) => {
  const [template, path, status, method = 'GET', body] = step;
  const { get } = await serve();
  const document = await documentOf(get);
  const operation = document.paths[template]?.[method.toLowerCase()];
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await get(path, { method, ...sent });
  expect(answer.status).toBe(status);
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
  expect(type).toBe(status < 400 ? 'application/json' : 'application/problem+json');
  const schema = operation?.responses[status]?.content?.[type]?.schema;
  if (schema === undefined) throw new Error(`${template} does not document ${status} as ${type}`);
  validator(document, schema).parse(await answer.json());
});

test('the validator does refuse an answer of another shape', async () => {
  const { get } = await serve();
  const document = await documentOf(get);
  const schema = document.paths['/api/v1/config']?.get?.responses[200]?.content?.['application/json']?.schema ?? {};
  expect(validator(document, schema).safeParse({ generation: 7 }).success).toBe(false);
});

test('every served route is in the document, and every documented one is walked here', async () => {
  const { get } = await serve();
  const document = await documentOf(get);
  const app = createApp({
    view: createFixtureView(),
    clock: createManualClock(),
    token: null,
    host: 'localhost',
    report: () => {},
  });
  const served = app.routes
    .filter(
      ({ method, path }) => method !== 'ALL' && !path.includes('*') && path !== '/' && !path.startsWith('/console/'),
    )
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  const documented = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...new Set(served)].sort()).toEqual(documented.sort());
  const walked = new Set([...WALK.map(([template]) => template), '/metrics']);
  expect(Object.keys(document.paths).filter((path) => !walked.has(path))).toEqual([]);
});

test('the document is OpenAPI 3.1 with a summary and described answers throughout', async () => {
  const { get } = await serve('secret');
  const document = await documentOf((path) => get(path, { headers: { authorization: 'Bearer secret' } }));
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toMatchObject({ title: 'Headgate admin API' });
  const references = JSON.stringify(document).match(/#\/components\/schemas\/\w+/g) ?? [];
  for (const reference of references)
    expect(document.components.schemas).toHaveProperty(reference.split('/').at(-1) ?? '');
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item)) {
      expect(operation).toHaveProperty('summary');
      expect(Object.values(operation.responses).every(({ description }) => description !== '')).toBe(true);
      for (const [, name] of path.matchAll(/\{(\w+)\}/g))
        expect(JSON.stringify(operation)).toContain(`"name":"${name}","in":"path"`);
    }
  }
  expect(document.paths['/healthz']?.get?.security).toEqual([]);
});

test('metrics are passed on as the exposition wrote them', async () => {
  const { get } = await serve();
  const answer = await get('/metrics');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await answer.text()).toBe('up 1\n');
});

test('what rules look at reaches the explanation', async () => {
  const { get } = await serve();
  const reason = async (query: string) => {
    const answer = await get(`/api/v1/explain?model=credit-default&unit=u${query}`);
    return ((await answer.json()) as { reason: string }).reason;
  };
  expect(await reason('')).toBe('split');
  expect(await reason('&header=Region:EU')).toBe('rule');
  expect(await reason('&header=x:1&header=region:EU')).toBe('rule');
  expect(await reason('&query=tier:gold')).toBe('rule');
  expect(await reason('&path=/eu')).toBe('rule');
  expect((await get('/api/v1/explain?model=credit-default&unit=u&header=nocolon')).status).toBe(400);
});

test('drift shows the columns and distances that were asked for', async () => {
  const { get } = await serve();
  const columns = async (query: string) => {
    const answer = await get(`/api/v1/models/credit-default/drift?${query}`);
    const { features } = (await answer.json()) as DriftView;
    return new Set(
      features.map(({ feature, distances }) => `${feature} ${distances?.map(({ name }) => name) ?? 'none'}`),
    );
  };
  expect(await columns('feature=BILL_AMT1')).toEqual(new Set(['BILL_AMT1 none']));
  expect(await columns('feature=BILL_AMT1&feature=prediction&distances=ks')).toEqual(
    new Set(['BILL_AMT1 ks', 'prediction ks']),
  );
});
