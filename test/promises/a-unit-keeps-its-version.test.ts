// Promise 1 over processes: two gates and one that was killed and started anew give every unit the same version, whatever the
// order in their files; a version that is down or slow moves nobody. Scale: HEADGATE_UNITS (default 2000).

import { rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Caller, createCaller } from '../serve/caller.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  startServe,
  startUpstream,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';

const UNITS = Number(process.env.HEADGATE_UNITS ?? 2000);
const FORMS = ['acct', 'Zoë', '口座', 'счёт', '🙂', 'e\u0301', 'a b', '"q"', "o'"];
const units = Array.from({ length: UNITS }, (_, n) => `${FORMS[n % FORMS.length]}-${n}`);

const upstreams = new Map<string, Upstream>();
let caller: Caller;

beforeAll(async () => {
  for (const name of ['alpha', 'beta', 'gamma']) upstreams.set(name, await inferenceUpstream());
  caller = createCaller();
});
afterAll(async () => {
  caller.close();
  await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
});

const SHARES: Readonly<Record<string, number>> = { alpha: 50, beta: 30, gamma: 20 };

/** The same model, with its versions and shares in this order. */
function yaml(order: readonly string[], threads: number, firstByte = '10s'): string {
  const versions = order.map((name) => `${name}: { url: "${upstreams.get(name)?.url}" }`);
  const split = order.map((name) => `${name}: ${SHARES[name]}`);
  return [
    `listen: { host: 127.0.0.1, port: 0, drain: 1s, threads: ${threads} }`,
    'admin: { port: 0 }',
    'data: ./data',
    'models:',
    '  m:',
    `    versions: { ${versions.join(', ')} }`,
    '    champion: alpha',
    `    split: { ${split.join(', ')} }`,
    '    sticky: { header: account-id }',
    '    fallback: none',
    `    timeout: { connect: 5s, firstByte: ${firstByte}, total: 20s }`,
    '    breaker: { failures: 3, open: 200ms }',
    '',
  ].join('\n');
}

async function versionsOf(gate: ReadyGate): Promise<readonly string[]> {
  const answers = await caller.askAll(
    gate.dataUrl,
    units.map((unit) => ({ unit })),
  );
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  return answers.map(({ version }) => version);
}

test(`${UNITS} units: the same version on two processes, two threads, after kill -9, in any order of the file`, async () => {
  const first = await startServe(yaml(['alpha', 'beta', 'gamma'], 1));
  const second = await startServe(yaml(['gamma', 'alpha', 'beta'], 2));
  const expected = await versionsOf(first);

  // The shares are those of the file, within five standard deviations.
  for (const [name, share] of Object.entries(SHARES)) {
    const p = share / 100;
    const got = expected.filter((version) => version === name).length;
    expect(Math.abs(got - UNITS * p)).toBeLessThan(5 * Math.sqrt(UNITS * p * (1 - p)));
  }
  expect(await versionsOf(second)).toEqual(expected);

  first.process.kill('SIGKILL');
  await first.exited;
  const third = await startServe(yaml(['beta', 'gamma', 'alpha'], 1), { folder: first.folder });
  expect(await versionsOf(third)).toEqual(expected);
  expect(await second.stop()).toBe(0);
  expect(await third.stop()).toBe(0);
  rmSync(first.folder, { recursive: true, force: true });
});

test('a version that goes down moves nobody, and its units come back to it', async () => {
  const gate = await startServe(yaml(['alpha', 'beta', 'gamma'], 1));
  const before = await versionsOf(gate);
  const asks = units.map((unit) => ({ unit }));

  const port = upstreams.get('beta')?.port ?? 0;
  await upstreams.get('beta')?.close();
  const down = await caller.askAll(gate.dataUrl, asks);
  for (const [at, version] of before.entries()) {
    const { status, version: served, code } = down[at] ?? {};
    expect(served).toBe(version);
    if (version !== 'beta') expect(status).toBe(200);
    else
      expect([`502 upstream_unreachable`, `502 upstream_reset`, `503 no_healthy_upstream`]).toContain(
        `${status} ${code}`,
      );
  }

  upstreams.set('beta', await startUpstream((_request, response) => void response.end('{"outputs":[]}'), port));
  const unit = units[before.indexOf('beta')] ?? '';
  await waitFor(
    async () => ((await caller.ask(gate.dataUrl, { unit })).status === 200 ? true : undefined),
    'the version to be asked again',
  );
  expect(await versionsOf(gate)).toEqual(before);
  expect(await gate.stop()).toBe(0);
});

/** Stands in for `beta`: its answers are held back while it is slow. */
async function slowUpstream() {
  const held: ServerResponse[] = [];
  let isSlow = false;
  const answer = (response: ServerResponse): void => void response.end('{"outputs":[]}');
  const upstream = await startUpstream((request, response) => {
    request.resume();
    if (isSlow) held.push(response);
    else answer(response);
  });
  return {
    upstream,
    held: () => held.length,
    hold: () => {
      isSlow = true;
    },
    release: () => {
      isSlow = false;
      for (const response of held.splice(0)) answer(response);
    },
  };
}

test('a version that is slow moves nobody: its units wait for it, and the others do not notice', async () => {
  const slow = await slowUpstream();
  await upstreams.get('beta')?.close();
  upstreams.set('beta', slow.upstream);
  const gate = await startServe(yaml(['alpha', 'beta', 'gamma'], 1));
  const before = await versionsOf(gate);
  const of = (wanted: (version: string | undefined) => boolean) =>
    units.filter((_, at) => wanted(before[at])).map((unit) => ({ unit }));
  const betas = of((version) => version === 'beta');

  slow.hold();
  const waiters = createCaller();
  const waiting = waiters.askAll(gate.dataUrl, betas);
  await waitFor(async () => (slow.held() > 0 ? true : undefined), 'the slow version to be asked');
  const others = await caller.askAll(
    gate.dataUrl,
    of((version) => version !== 'beta'),
  );
  expect(others.map(({ status, version }) => `${status} ${version}`)).toEqual(
    before.filter((version) => version !== 'beta').map((version) => `200 ${version}`),
  );
  expect(slow.held()).toBeGreaterThan(0);
  slow.release();
  const late = await waiting;
  waiters.close();
  expect(new Set(late.map(({ status, version }) => `${status} ${version}`))).toEqual(new Set(['200 beta']));
  expect(await versionsOf(gate)).toEqual(before);
  expect(await gate.stop()).toBe(0);
});

test('a version that is too slow to be waited for moves nobody: its units are told so', async () => {
  const slow = await slowUpstream();
  await upstreams.get('beta')?.close();
  upstreams.set('beta', slow.upstream);
  const gate = await startServe(yaml(['alpha', 'beta', 'gamma'], 1, '500ms'));
  const before = await versionsOf(gate);
  slow.hold();
  const answers = await caller.askAll(
    gate.dataUrl,
    units.map((unit) => ({ unit })),
  );
  expect(answers.map(({ version }) => version)).toEqual(before);
  const refused = answers.filter((_, at) => before[at] === 'beta').map(({ status, code }) => `${status} ${code}`);
  expect(refused).toContain('504 upstream_timeout');
  for (const answer of refused) expect(['504 upstream_timeout', '503 no_healthy_upstream']).toContain(answer);
  slow.release();
  const unit = units[before.indexOf('beta')] ?? '';
  await waitFor(
    async () => ((await caller.ask(gate.dataUrl, { unit })).status === 200 ? true : undefined),
    'the version to be asked again',
  );
  expect(await versionsOf(gate)).toEqual(before);
  expect(await gate.stop()).toBe(0);
});
