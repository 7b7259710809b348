// `headgate replay` from end to end: calls captured by a gate, sent again to other model servers, their answers compared with those
// on record; from segments, with a condition, at a rate, told from live traffic by a header.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCaller } from '../serve/caller.ts';
import { settled } from '../serve/scrape.ts';
import {
  inferenceUpstream,
  startServe,
  startUpstream,
  temporaryFolder,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;
const CALLS = 120;
const upstreams: Upstream[] = [];
const seen: { readonly replay: string; readonly shadow: string; readonly body: string }[] = [];
let folder = '';

/** Answers 0.5 like the one on record, but for every tenth call: the other side of one half. */
async function almostTheSame(): Promise<Upstream> {
  let calls = 0;
  return startUpstream((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString();
    });
    request.on('end', () => {
      calls += 1;
      const { 'headgate-replay': replay = '', 'headgate-shadow': shadow = '' } = request.headers;
      seen.push({ replay: String(replay), shadow: String(shadow), body });
      const data = [calls % 10 === 0 ? 0.25 : 0.5000001];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ outputs: [{ name: 'predict', shape: [1, 1], datatype: 'FP64', data }] }));
    });
  });
}

beforeAll(async () => {
  const [champion, other] = [await inferenceUpstream(0.5), await almostTheSame()];
  upstreams.push(champion, other);
  folder = temporaryFolder();
  const gate = await startServe(
    `listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ${join(folder, 'data')}
models: { m: { champion: one, versions: { one: { url: "${champion.url}" }, two: { url: "${other.url}" } } } }
`,
    { folder },
  );
  const caller = createCaller(4);
  await caller.askAll(gate.dataUrl, Array(CALLS).fill({}));
  caller.close();
  await settled(gate, CALLS);
  await gate.stop();
});
afterAll(async () => {
  for (const upstream of upstreams) await upstream.close();
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function begin(...words: string[]) {
  const file = join(folder, 'headgate.yaml');
  const child = spawn(process.execPath, [CLI, 'replay', '-c', file, '--model', 'm', ...words]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString();
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  return { child, ended };
}

const replay = (...words: string[]): Promise<Ended> => begin(...words).ended;

test('answers are compared: agreement within the tolerance, flips, differences, latency', async () => {
  const from = performance.now();
  const { code, stdout, stderr } = await replay('--to', 'two', '--rate', '200', '--as-shadow', '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(performance.now() - from).toBeGreaterThan((CALLS - 1) * 5);
  expect(JSON.parse(stdout)).toMatchObject({
    model: 'm',
    to: 'two',
    sent: CALLS,
    answered: CALLS,
    statusEqual: CALLS,
    compared: CALLS,
    agreed: CALLS - CALLS / 10,
    flipped: CALLS / 10,
    errors: {},
    skipped: {},
    numbers: { count: CALLS, maxAbsolute: 0.25 },
    latencyMs: {
      recorded: { p50: expect.any(Number) },
      replayed: { p50: expect.any(Number), p99: expect.any(Number) },
    },
  });
  expect(seen.length).toBe(CALLS);
  expect(seen.every((one) => one.replay === 'm' && one.shadow === 'two' && one.body.includes('amount'))).toBe(true);
});

test('a URL, a condition, a limit, and a report for people', async () => {
  const [champion] = upstreams;
  const { code, stdout } = await replay(
    '--to',
    champion?.url ?? '',
    '--where',
    'status = 200',
    '--limit',
    '30',
    '--rate',
    '500',
  );
  expect(code).toBe(0);
  expect(stdout).toContain('agreement    30 of 30 (100.00%)');
  expect(stdout).toContain('flips        0 of 30 (0.00%)');
  const none = await replay('--to', 'one', '--where', 'status = 500');
  expect(none.code).not.toBe(0);
  const wrong = await replay('--to', 'one', '--where', 'nothing = 1');
  expect(wrong.stderr).toMatch(/nothing/);
});

test('a version that is down is told as such; one that is not there is a typing error', async () => {
  const down = await replay('--to', 'http://127.0.0.1:1', '--limit', '5', '--json');
  expect(JSON.parse(down.stdout)).toMatchObject({ sent: 5, answered: 0, errors: { ECONNREFUSED: 5 } });
  const unknown = await replay('--to', 'three');
  expect(unknown.code).toBe(64);
  expect(unknown.stderr).toContain('there are one, two');
});

test('Ctrl-C ends it with the report of what was sent so far', async () => {
  const before = seen.length;
  const running = begin('--to', 'two', '--rate', '20', '--json');
  await waitFor(async () => (seen.length >= before + 5 ? true : undefined), 'some calls');
  running.child.kill('SIGINT');
  const { code, stdout } = await running.ended;
  expect(code).toBe(130);
  const report = JSON.parse(stdout) as { readonly sent: number };
  expect(report).toMatchObject({ found: CALLS, ended: 'interrupted', errors: {} });
  expect(report.sent).toBe(seen.length - before);
  expect(report.sent).toBeLessThan(CALLS);
});

test.each([
  ['--from', 'yesterday', 'It is a day like'],
  ['--until', '2026-02-30T12:00', 'It is a day like'],
  ['--rate', '0', 'It is a number above 0'],
  ['--limit', '0', 'It is a whole number from 1 on'],
  ['--tolerance', '2', 'It is a number from 0 up to 1'],
])('%s %s is a typing error', async (option, value, told) => {
  const { code, stderr } = await replay('--to', 'two', option, value);
  expect(code).toBe(64);
  expect(stderr).toContain(told);
});
