// Promise 1 over a fleet: eight gates with one lock, each with another order of the file, give every unit the same version; one
// that was killed and started anew does too. Scale: HEADGATE_UNITS (default 300).

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCK_NAME } from '../../src/split/lock.ts';
import { headgate } from '../cli/headgate.ts';
import { type Caller, createCaller } from '../serve/caller.ts';
import { inferenceUpstream, type ReadyGate, startServe, temporaryFolder, type Upstream } from '../serve/served-gate.ts';

const GATES = 8;
const UNITS = Number(process.env.HEADGATE_UNITS ?? 300);
const FORMS = ['acct', 'Zoë', '口座', 'счёт', '🙂', 'e\u0301', 'a b', "o'"];
const units = Array.from({ length: UNITS }, (_, n) => `${FORMS[n % FORMS.length]}-${n}`);

let upstream: Upstream;
let caller: Caller;
beforeAll(async () => {
  upstream = await inferenceUpstream();
  caller = createCaller();
});
afterAll(async () => {
  caller.close();
  await upstream.close();
});

/** @param turn by how many places the lists are turned */
function yaml(shares: Readonly<Record<string, number>>, turn: number): string {
  const all = ['alpha', 'beta', 'gamma', 'delta'];
  const turned = all.map((_, at) => all[(at + turn) % all.length] ?? '');
  return [
    'listen: { host: 127.0.0.1, port: 0, drain: 1s }',
    'admin: { port: 0 }',
    'models:',
    '  m:',
    `    versions: { ${turned.map((name) => `${name}: { url: "${upstream.url}" }`).join(', ')} }`,
    '    champion: alpha',
    `    split: { ${turned.map((name) => `${name}: ${shares[name] ?? 0}`).join(', ')} }`,
    '    sticky: { header: account-id }',
    '    timeout: { connect: 10s, firstByte: 20s, total: 30s }',
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

test(`${GATES} gates and a restart agree on ${UNITS} units`, { timeout: 180_000 }, async () => {
  const root = temporaryFolder();
  // A lock with a past: what it says now could not be computed from the shares alone.
  const planned = join(root, 'headgate.yaml');
  const last = { alpha: 40, beta: 30, gamma: 10, delta: 20 };
  for (const shares of [{ alpha: 80, beta: 20 }, { alpha: 50, beta: 20, gamma: 30 }, last]) {
    writeFileSync(planned, yaml(shares, 0));
    expect((await headgate(['plan', '-c', planned])).code).toBe(0);
  }
  const start = (at: number): Promise<ReadyGate> => {
    const folder = join(root, String(at));
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(root, LOCK_NAME), join(folder, LOCK_NAME));
    return startServe(yaml(last, at), { folder });
  };
  const gates: ReadyGate[] = [];
  for (let at = 0; at < GATES; at++) gates.push(await start(at));
  const [first] = gates;
  if (first === undefined) throw new Error('there are gates');
  const expected = await versionsOf(first);
  expect(new Set(expected).size).toBe(4);
  for (const gate of gates.slice(1)) expect(await versionsOf(gate)).toEqual(expected);

  first.process.kill('SIGKILL');
  await first.exited;
  const again = await start(0);
  expect(await versionsOf(again)).toEqual(expected);
  await Promise.all([again, ...gates.slice(1)].map((gate) => gate.stop()));
  rmSync(root, { recursive: true });
});
