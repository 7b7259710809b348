// Promise 1: what is not the split moves nobody. A reload that changes addresses, mirrors, health checks or another model, and a
// restart with more threads: every unit keeps its version, with a lock and without. Scale: HEADGATE_UNITS (default 300).

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPlan } from '../../src/commands/plan.ts';
import { type Caller, createCaller } from '../serve/caller.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';

const UNITS = Number(process.env.HEADGATE_UNITS ?? 300);
const units = Array.from({ length: UNITS }, (_, n) => `${['acct', 'Zoë', '口座', 'e\u0301'][n % 4]}-${n}`);

let upstreams: readonly Upstream[];
let caller: Caller;
beforeAll(async () => {
  upstreams = [await inferenceUpstream(), await inferenceUpstream()];
  caller = createCaller();
});
afterAll(async () => {
  caller.close();
  await Promise.all(upstreams.map((upstream) => upstream.close()));
});

interface Edit {
  /** Which upstream stands behind every version. */
  readonly address?: number;
  readonly threads?: number;
  readonly health?: string;
  readonly mirror?: string;
  readonly other?: string;
}

function yaml({ address = 0, threads = 1, health = '', mirror = '', other = 'a: 80, b: 20' }: Edit): string {
  const url = upstreams[address]?.url;
  const version = (name: string): string => `${name}: { url: "${url}"${health} }`;
  return `listen: { host: 127.0.0.1, port: 0, drain: 1s, threads: ${threads} }
admin: { port: 0 }
models:
  m:
    versions: { ${['alpha', 'beta', 'gamma'].map(version).join(', ')} }
    champion: alpha
    sticky: { header: account-id }
    split: { alpha: 50, beta: 30, gamma: 20 }
    holdout: 10%
    capture: { bodies: none }
${mirror}  n:
    match: { path: /other }
    versions: { ${['a', 'b', 'c'].map(version).join(', ')} }
    champion: a
    sticky: { header: account-id }
    split: { ${other} }
`;
}

const EDITS: readonly (readonly [string, Edit])[] = [
  ['addresses', { address: 1 }],
  ['mirrors', { address: 1, mirror: '    mirror: { gamma: 100% }\n' }],
  ['health checks', { health: ', health: { path: /v2/health/ready, interval: 100ms }' }],
  ['another model', { other: 'a: 1, c: 1' }],
];

async function versionsOf(gate: ReadyGate): Promise<readonly string[]> {
  const answers = await caller.askAll(
    gate.dataUrl,
    units.map((unit) => ({ unit })),
  );
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  return answers.map(({ version }) => version);
}

async function serialOf(gate: ReadyGate): Promise<number> {
  const config = (await (await fetch(`${gate.adminUrl}/api/v1/config`)).json()) as { serial: number };
  return config.serial;
}

/** A lock of the future, from the clock of some other machine: serve goes by no clock. */
async function plan(file: string, day: number): Promise<void> {
  const quiet = { write: () => true };
  const options = { renames: new Map(), dryRun: false, json: false, env: {}, stdout: quiet, stderr: quiet };
  // A later plan refuses a lock of its own future, so the clock goes on.
  expect(await runPlan(file, { ...options, now: `2999-01-0${day}T00:00:00.000Z` })).toBe(0);
}

test.each([
  ['with a lock', true],
  ['without one', false],
])('%s: addresses, mirrors, health checks, another model, threads', { timeout: 120_000 }, async (_, locked) => {
  const folder = temporaryFolder();
  const file = join(folder, 'headgate.yaml');
  writeFileSync(file, yaml({}));
  if (locked) await plan(file, 1);
  const gate = await startServe(yaml({}), { folder });
  const before = await versionsOf(gate);
  expect(new Set(before)).toEqual(new Set(['alpha', 'beta', 'gamma']));
  for (const [what, edit] of EDITS) {
    const serial = await serialOf(gate);
    writeFileSync(file, yaml(edit));
    // The other model's split is a change of the lock: its epoch begins, and m's units stay.
    if (locked && edit.other !== undefined) await plan(file, 2);
    await waitFor(async () => ((await serialOf(gate)) > serial ? true : undefined), `the reload of ${what}`);
    expect(await versionsOf(gate), what).toEqual(before);
  }
  expect(await gate.stop()).toBe(0);
  const last = EDITS.at(-1)?.[1] ?? {};
  const again = await startServe(yaml({ ...last, threads: 2 }), { folder });
  expect(await versionsOf(again)).toEqual(before);
  expect(await again.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});
