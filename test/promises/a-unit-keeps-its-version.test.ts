// Promise 1 over processes: two gates and one that was killed and started anew give every unit the same version, whatever the
// order in their files; a version that is down moves nobody. Scale: HEADGATE_UNITS (default 2000).

import { rmSync } from 'node:fs';
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
function yaml(order: readonly string[], threads: number): string {
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
    '    timeout: { connect: 5s, firstByte: 10s, total: 20s }',
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
