// What of the record can be sent again, and what cannot: bodies that were left out, cut off, masked or withheld are no requests any
// more. And every way in which calls are chosen, paced, marked and ended early.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCapture } from '../../src/capture/capture.ts';
import { isAlive } from '../../src/capture/segments/process-life.ts';
import { EXIT } from '../../src/commands/exit-codes.ts';
import { type ReplayOptions, runReplay } from '../../src/commands/replay/replay.ts';
import type { CapturePlan } from '../../src/config/plan.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import { capturePlan } from '../capture/plans.ts';
import { bodies, exchange } from '../capture/records.ts';
import { startUpstream, temporaryFolder, type Upstream, waitFor } from '../serve/served-gate.ts';

const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-03-01T12:00:00Z');
const REQUEST = '{"inputs":[{"name":"amount","shape":[1,1],"datatype":"FP64","data":[12.5]}],"secret":"s3","token":7}';
const ANSWER = '{"outputs":[{"name":"predict","shape":[1,1],"datatype":"FP64","data":[0.5]}]}';

interface Seen {
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

let target: Upstream;
let seen: Seen[] = [];
/** Called with each request before it is answered. */
let onRequest: () => void = () => undefined;

beforeAll(async () => {
  target = await startUpstream((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces).toString() });
      onRequest();
      response.setHeader('content-type', 'application/json');
      response.end(ANSWER);
    });
  });
});
afterAll(() => target.close());

interface Written extends Partial<ExchangeRecord> {
  readonly capture?: Partial<CapturePlan>;
}

/** A data folder with these calls, a day apart, and a configuration beside it. @param capture as it stands in the file today */
async function recorded(calls: readonly Written[], capture = ''): Promise<string> {
  const folder = temporaryFolder();
  const log = await createCapture({
    data: join(folder, 'data'),
    process: { host: 'test-host', pid: process.pid, startedAt: FIRST, isAlive },
    wall: Date.now,
    now: () => performance.now(),
    report: () => undefined,
  });
  for (const [place, { capture: plan = {}, ...changes }] of calls.entries()) {
    const of = { generation: 'aaaabbbbccccdddd', model: capturePlan(plan) };
    const at = FIRST + place * DAY_MS;
    const record = exchange({ ...bodies(REQUEST, ANSWER), at, decisionId: `d-${place}`, ...changes });
    log.append(record, of, { features: null, predictions: null });
  }
  await log.close();
  const file = join(folder, 'headgate.yaml');
  const versions = `{ logistic: { url: "${target.url}" }, boosted: { url: ["${target.url}/a", "${target.url}/b"] } }`;
  writeFileSync(
    file,
    `data: ${join(folder, 'data')}\nmodels: { credit-default: { champion: logistic, versions: ${versions}${capture} } }\n`,
  );
  return file;
}

interface Replayed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: Readonly<Record<string, unknown>>;
}

async function replay(config: string, changes: Partial<ReplayOptions> = {}, isTTY = false): Promise<Replayed> {
  seen = [];
  const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY })];
  const code = await runReplay({
    config,
    model: 'credit-default',
    to: 'logistic',
    from: null,
    until: null,
    where: null,
    rate: 1000,
    concurrency: 8,
    limit: 1000,
    tolerance: 1e-6,
    asShadow: false,
    json: true,
    env: { KEY: '0123456789abcdef' },
    stdout,
    stderr,
    signal: new AbortController().signal,
    ...changes,
  });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  const out = text(stdout);
  const report = out.startsWith('{') ? (JSON.parse(out) as Record<string, unknown>) : {};
  return { code, stdout: out, stderr: text(stderr), report };
}

const calls = (count: number): Written[] => Array.from({ length: count }, () => ({}));

test('bodies that are not on record, not whole, or not what was sent are left out, each with its reason', async () => {
  const long = Buffer.from(REQUEST).subarray(0, 20);
  const file = await recorded(
    [
      {},
      { capture: { bodies: 'features' } },
      { capture: { bodies: 'none' } },
      { request: [long], truncated: true },
      { capture: { redact: [['secret']] } },
      { capture: { hash: { key: 'k'.repeat(32), pointers: [['token']], headers: [] } } },
      // Nobody can say what to take out of it.
      { ...bodies('{"secret": no JSON', ANSWER), capture: { redact: [['secret']] } },
    ],
    `, capture: { redact: [/secret], hash: [/token], hashKey: "\${KEY}" }`,
  );
  const { code, report, stderr } = await replay(file);
  expect(stderr).toContain(
    '2 requests are not what was sent any more: capture.redact or capture.hash of credit-default',
  );
  expect(stderr).toContain('2 calls were recorded without their bodies');
  expect(report).toMatchObject({
    found: 7,
    sent: 1,
    skipped: { no_body: 2, truncated: 1, redacted: 2, withheld: 1 },
    agreement: 1,
  });
  expect(code).toBe(EXIT.ok);
  expect(seen.map(({ body }) => body)).toEqual([REQUEST]);
});

test('where nothing can be sent the exit code and the words say so', async () => {
  const file = await recorded([{ capture: { bodies: 'features' } }, { capture: { bodies: 'features' } }]);
  const { code, report, stderr } = await replay(file);
  expect(code).toBe(EXIT.data);
  expect(report).toMatchObject({ sent: 0, skipped: { no_body: 2 }, agreement: null });
  expect(stderr).toContain('2 calls were recorded without their bodies: only capture.bodies: full can be sent again');
  const none = await replay(file, { where: 'false' });
  expect(none.code).toBe(EXIT.data);
  expect(none.stderr).toContain('no call on record is asked for');
});

test('an answer that is not whole on record is not compared', async () => {
  const file = await recorded([{}, { response: [Buffer.from(ANSWER).subarray(0, 30)], truncated: true }]);
  const { report } = await replay(file);
  expect(report).toMatchObject({ sent: 2, answered: 2, statusEqual: 2, compared: 1, agreed: 1, skipped: {} });
});

test('time, condition, limit: the oldest calls asked for, in their order; what is beyond is told', async () => {
  const file = await recorded(calls(10));
  const ids = (): unknown[] => seen.map(({ headers }) => headers['headgate-decision']);
  await replay(file, { from: '2026-03-03T12:00:00.000Z', until: '2026-03-06T12:00:00.000Z' });
  expect(ids()).toEqual(['d-2', 'd-3', 'd-4']);
  await replay(file, { where: "decision_id IN ('d-1', 'd-7') -- a remark" });
  expect(ids()).toEqual(['d-1', 'd-7']);
  const { report, stderr } = await replay(file, { limit: 4, concurrency: 1 });
  expect(ids()).toEqual(['d-0', 'd-1', 'd-2', 'd-3']);
  expect(report).toMatchObject({ found: 10, sent: 4, skipped: { over_limit: 6 } });
  expect(stderr).toContain('6 calls are beyond --limit');
  const wrong = await replay(file, { where: 'true) OR (nothing = 1' });
  expect(wrong.code).toBe(EXIT.data);
  expect(wrong.stderr).toMatch(/^error: .*nothing/);
});

test('marks, targets and paths: a version has its endpoints in turn, a URL its own path or that of the request', async () => {
  const file = await recorded(calls(4));
  await replay(file, { to: 'boosted', asShadow: true, concurrency: 1 });
  expect(seen.map(({ url }) => url)).toEqual(['/a', '/b', '/a', '/b']);
  for (const { headers } of seen)
    expect(headers).toMatchObject({ 'headgate-replay': 'credit-default', 'headgate-shadow': 'boosted' });
  await replay(file, { to: `${target.url}/v2/models/other/infer?trace=1`, limit: 1 });
  expect(seen[0]?.url).toBe('/v2/models/other/infer?trace=1');
  expect(seen[0]?.headers['headgate-shadow']).toBeUndefined();
  await replay(file, { to: target.url, limit: 1, asShadow: true });
  expect(seen[0]).toMatchObject({
    url: '/v2/models/credit-default/infer',
    body: REQUEST,
    headers: { 'content-type': 'application/json', 'headgate-shadow': 'replay' },
  });
  const secret = await replay(file, { to: 'http://user:pass@127.0.0.1:1/' });
  expect(secret.code).toBe(EXIT.usage);
  expect(secret.stderr).toBe('error: --to takes no credentials; make it a version of the model, with auth\n');
});

test('a target that is not there is given up on, and told', async () => {
  const file = await recorded(calls(200));
  const { code, report, stdout } = await replay(file, { to: 'http://127.0.0.1:1', json: true, concurrency: 1 });
  expect(code).toBe(EXIT.unavailable);
  expect(report).toMatchObject({ found: 200, sent: 50, answered: 0, errors: { ECONNREFUSED: 50 }, ended: 'no_answer' });
  expect(stdout).not.toContain('password');
  const told = await replay(file, { to: 'http://127.0.0.1:1', json: false });
  expect(told.stdout).toMatch(/no answer {4}ECONNREFUSED \d+/);
  expect(told.stdout).toContain('the first calls had no answer, and no others were sent');
});

test('an interruption ends it: what is under way is waited for, and reported', async () => {
  const file = await recorded(calls(100));
  const halt = new AbortController();
  onRequest = () => {
    if (seen.length === 10) halt.abort();
  };
  const { code, report } = await replay(file, { signal: halt.signal, concurrency: 4, rate: 200 });
  onRequest = () => undefined;
  expect(code).toBe(EXIT.interrupted);
  expect(report).toMatchObject({ found: 100, ended: 'interrupted', errors: {} });
  expect(report.sent).toBe(seen.length);
  expect(report.answered).toBe(seen.length);
  expect(seen.length).toBeLessThan(20);
});

test('a terminal is shown a bar of what is done of all; nothing else is', async () => {
  const file = await recorded(calls(100));
  const shown = replay(file, { rate: 80 }, true);
  await waitFor(async () => (seen.length === 100 ? true : undefined), 'all calls');
  const { stderr } = await shown;
  expect(stderr).toMatch(/replaying, \d+ of 100 #+\.+ \d+%/);
  // It goes when it is done.
  expect(stderr.endsWith('\r\x1b[2K')).toBe(true);
  expect((await replay(file, { rate: 80, limit: 50 })).stderr).toBe('50 calls are beyond --limit\n');
});
