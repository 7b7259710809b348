import { afterEach, expect, test } from 'vitest';
import type { ModelPlan } from '../../src/config/plan.ts';
import { saltBytes, slotOf } from '../../src/split/slot.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import type { Message, RawUpstream } from './wire.ts';
import { answering, ask, OK, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream;

async function start(more: Partial<ModelPlan>): Promise<void> {
  upstream = await answering(OK);
  const versions = ['a', 'b', 'c'].map((name) => version(name, upstream.url));
  gate = await startGate(plan([model(versions, { split: [0.5, 0.3, 0.2], ...more })]));
}

afterEach(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

async function send(path: string, headers: readonly string[], body = ''): Promise<Message> {
  const answer = await ask(gate.port, request('POST', path, headers, body));
  answer.wire.destroy();
  return answer;
}

const versionOf = (message: Message): string => valuesOf(message.headers, 'headgate-version')[0] ?? '';

const UNIT = 'Zoë 東京/1';
const BYTES = Buffer.from(UNIT, 'utf8').toString('latin1');
const SOURCES: readonly (readonly [
  string,
  NonNullable<ModelPlan['sticky']>['source'],
  string,
  readonly string[],
  string,
])[] = [
  ['header', { kind: 'header', name: 'account-id' }, '/m', [`Account-ID: ${BYTES}`], ''],
  ['query', { kind: 'query', name: 'acct' }, `/m?x=1&acct=${encodeURIComponent(UNIT)}`, [], ''],
  ['cookie', { kind: 'cookie', name: 'acct' }, '/m', [`Cookie: a=1; acct=${BYTES}; b=2`], ''],
  [
    'JSON body',
    { kind: 'body', tokens: ['customer', 'id'] },
    '/m',
    [],
    Buffer.from(JSON.stringify({ customer: { id: UNIT } })).toString('latin1'),
  ],
  ['escaped JSON body', { kind: 'body', tokens: ['id'] }, '/m', [], '{"id":"Zo\\u00eb \\u6771\\u4eac\\/1"}'],
];

test.each(SOURCES)('the unit is read from the %s, as the same bytes', async (_, source, path, headers, body) => {
  await start({ sticky: { source, missing: 'reject' } });
  expect(statusOf(await send(path, headers, body))).toBe(200);
  const [record] = await gate.records(1);
  expect(record).toMatchObject({
    unit: UNIT,
    slot: slotOf(saltBytes('m'), Buffer.from(UNIT, 'utf8')),
    reason: 'split',
  });
});

test('the same unit gets the same version, on every gate; versions share units as the split says', async () => {
  await start({});
  const given = new Map<string, string>();
  for (let i = 0; i < 150; i++) given.set(`u${i}`, versionOf(await send('/m', [`account-id: u${i}`])));
  await gate.close();
  gate = await startGate(
    plan([
      model(
        ['a', 'b', 'c'].map((name) => version(name, upstream.url)),
        { split: [0.5, 0.3, 0.2] },
      ),
    ]),
  );
  for (let i = 0; i < 150; i += 3) expect(versionOf(await send('/m', [`account-id: u${i}`]))).toBe(given.get(`u${i}`));
  const share = (name: string): number => [...given.values()].filter((v) => v === name).length / 150;
  expect(share('a')).toBeGreaterThan(0.35);
  expect(share('a')).toBeLessThan(0.65);
  expect(share('c')).toBeGreaterThan(0.08);
});

test('a missing key: random by the shares, the champion, or a refusal', async () => {
  await start({});
  const seen = new Set<string>();
  for (let i = 0; i < 60; i++) seen.add(versionOf(await send('/m', [])));
  expect([...seen].sort()).toEqual(['a', 'b', 'c']);
  const records = await gate.records(60);
  expect(records.every(({ reason, slot, unit }) => reason === 'no_key' && slot === -1 && unit === '')).toBe(true);
  expect(new Set(records.map(({ propensity }) => propensity))).toEqual(new Set([0.5, 0.3, 0.2]));

  const source = { kind: 'header', name: 'account-id' } as const;
  const versions = ['a', 'b', 'c'].map((name) => version(name, upstream.url));
  gate.swap(plan([model(versions, { split: [0, 0.5, 0.5], sticky: { source, missing: 'champion' } })]));
  expect(versionOf(await send('/m', []))).toBe('a');
  expect((await gate.records(61)).at(-1)).toMatchObject({ reason: 'no_key', propensity: 1 });

  gate.swap(plan([model(versions, { sticky: { source, missing: 'reject' } })]));
  const refused = await send('/m', [], '{}');
  expect(statusOf(refused)).toBe(400);
  expect(valuesOf(refused.headers, 'headgate-error')).toEqual(['sticky_key_missing']);
  expect(refused.body.toString()).toContain('header account-id');
  expect(gate.refused('sticky_key_missing')).toBe(1);
  expect(statusOf(await send('/m', [`account-id: ${'x'.repeat(1025)}`]))).toBe(400);
  expect(statusOf(await send('/m', ['account-id:']))).toBe(400);
});

test('overrides win over rules, rules over the split, and the reason says so', async () => {
  await start({
    split: [1, 0, 0],
    overrides: new Map([['qa', 2]]),
    rules: [
      { when: { headers: { region: 'EU' }, query: {}, path: null, body: [] }, split: [0, 1, 0] },
      { when: { headers: {}, query: { beta: 'yes' }, path: '/m/x', body: [] }, split: [0, 0, 1] },
    ],
  });
  const expected: readonly (readonly [string, readonly string[], string, string])[] = [
    ['/m', ['account-id: u'], 'a', 'split'],
    ['/m', ['account-id: u', 'Region: EU'], 'b', 'rule'],
    ['/m', ['account-id: u', 'Region: eu'], 'a', 'split'],
    ['/m/x/y?beta=yes', ['account-id: u'], 'c', 'rule'],
    ['/m/xy?beta=yes', ['account-id: u'], 'a', 'split'],
    ['/m/x?beta=yes', ['account-id: u', 'Region: EU'], 'b', 'rule'],
    ['/m', ['account-id: qa', 'Region: EU'], 'c', 'override'],
  ];
  for (const [path, headers, name] of expected) expect(versionOf(await send(path, headers))).toBe(name);
  const records = await gate.records(expected.length);
  expect(records.map(({ reason }) => reason)).toEqual(expected.map(([, , , reason]) => reason));
});

test('a body that is no JSON, or has no such key, has no unit and is passed on untouched', async () => {
  await start({ sticky: { source: { kind: 'body', tokens: ['id'] }, missing: 'champion' } });
  for (const body of ['{"id":NaN}', 'not json', '{"id":\xff}', '{"other":1}', '{"id":null}', '{"id":{"a":1}}', '[]']) {
    expect(versionOf(await send('/m', [], body))).toBe('a');
    expect(upstream.requests.at(-1)?.body.toString('latin1')).toBe(body);
  }
  expect((await gate.records(7)).every(({ reason }) => reason === 'no_key')).toBe(true);
});
