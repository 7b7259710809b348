// `headgate serve` and the allocation lock: it refuses to guess, at the start and at a reload, unless told to plan by itself.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { headgate } from '../cli/headgate.ts';
import { type Caller, createCaller } from './caller.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  spawnServe,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from './served-gate.ts';

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

const yaml = (split: string): string => `listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
models:
  m:
    versions: { old: { url: "${upstream.url}" }, new: { url: "${upstream.url}" }, next: { url: "${upstream.url}" } }
    champion: old
    sticky: { header: account-id }
    split: { ${split} }
    capture: { bodies: none }
`;

const UNITS = Array.from({ length: 300 }, (_, at) => `acct-${at}`);

async function versionsOf(gate: ReadyGate): Promise<readonly string[]> {
  const answers = await caller.askAll(
    gate.dataUrl,
    UNITS.map((unit) => ({ unit })),
  );
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  return answers.map(({ version }) => version);
}

interface Config {
  readonly generation: string;
  readonly serial: number;
  readonly lastReload: { readonly ok: boolean; readonly problems: readonly string[] };
  readonly reloads: { readonly succeeded: number; readonly failed: number };
}

async function reloaded(gate: ReadyGate, wanted: (config: Config) => boolean): Promise<Config> {
  return waitFor(async () => {
    const config = (await (await fetch(`${gate.adminUrl}/api/v1/config`)).json()) as Config;
    return wanted(config) ? config : undefined;
  }, 'the reload');
}

function whoMoved(before: readonly string[], after: readonly string[]): readonly string[] {
  return [...new Set(before.flatMap((version, at) => (version === after[at] ? [] : [`${version} -> ${after[at]}`])))];
}

test('a stale lock is a failed reload; the planned one moves only those it must; a lock that is gone moves nobody', async () => {
  const folder = temporaryFolder();
  const [file, lock] = [join(folder, 'headgate.yaml'), join(folder, 'allocations.lock.json')];
  writeFileSync(file, yaml('old: 80, new: 20'));
  const gate = await startServe(yaml('old: 80, new: 20'), { folder });
  const first = await versionsOf(gate);
  const start = await reloaded(gate, () => true);

  // From no lock to the first one: a reload, and nobody moves.
  expect((await headgate(['plan', '-c', file])).code).toBe(0);
  const locked = await reloaded(gate, ({ serial }) => serial > start.serial);
  expect(locked.generation).not.toBe(start.generation);
  expect(await versionsOf(gate)).toEqual(first);

  writeFileSync(file, yaml('old: 60, new: 20, next: 20'));
  const stale = await reloaded(gate, ({ reloads }) => reloads.failed > 0);
  expect(stale.generation).toBe(locked.generation);
  expect(stale.lastReload.problems.join('\n')).toMatch(
    /allocations\.lock\.json:4:5 models\.m: the lock is stale: the split is/,
  );
  expect(await versionsOf(gate)).toEqual(first);

  expect((await headgate(['plan', '-c', file])).code).toBe(0);
  await reloaded(gate, ({ serial }) => serial > locked.serial);
  const planned = await versionsOf(gate);
  expect(whoMoved(first, planned)).toEqual(['old -> next']);
  for (const [at, unit] of UNITS.slice(0, 40).entries()) {
    const answer = await fetch(`${gate.adminUrl}/api/v1/explain?model=m&unit=${unit}`);
    expect(await answer.json()).toMatchObject({
      ...{ version: planned[at], epoch: 2, reason: 'split' },
      earlier: [{ epoch: 1, version: first[at], reason: 'split' }],
    });
  }

  renameSync(lock, `${lock}.away`);
  const gone = await reloaded(
    gate,
    ({ lastReload }) => !lastReload.ok && lastReload.problems[0]?.includes('gone') === true,
  );
  expect(gone.serial).toBe(locked.serial + 1);
  expect(await versionsOf(gate)).toEqual(planned);
  renameSync(`${lock}.away`, lock);
  await reloaded(gate, ({ lastReload }) => lastReload.ok);
  expect(await versionsOf(gate)).toEqual(planned);

  expect(await gate.stop()).toBe(0);
  // And after a restart, with the same two files.
  const again = await startServe(readFileSync(file, 'utf8'), { folder });
  expect(await versionsOf(again)).toEqual(planned);
  expect(await again.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

test('serve refuses a stale lock, and with --plan brings it up to date, at the start and at a reload', async () => {
  const folder = temporaryFolder();
  const [file, lock] = [join(folder, 'headgate.yaml'), join(folder, 'allocations.lock.json')];
  writeFileSync(file, yaml('old: 80, new: 20'));
  await headgate(['plan', '-c', file]);
  const refused = spawnServe(yaml('old: 70, new: 30'), { folder });
  expect(await refused.exited).toBe(78);
  expect(refused.output()).toMatch(/allocations\.lock\.json:4:5 models\.m: the lock is stale: .*run `headgate plan`/);

  const gate = await startServe(yaml('old: 70, new: 30'), { folder, words: ['--plan'] });
  const epochOf = (): number =>
    (JSON.parse(readFileSync(lock, 'utf8')) as { models: { m: { epoch: number } } }).models.m.epoch;
  expect(epochOf()).toBe(2);
  const first = await versionsOf(gate);
  writeFileSync(file, yaml('old: 50, new: 30, next: 20'));
  await waitFor(async () => (epochOf() === 3 ? true : undefined), 'the lock to be written');
  const moved = await waitFor(async () => {
    const versions = await versionsOf(gate);
    return versions.includes('next') ? versions : undefined;
  }, 'the reload');
  expect(whoMoved(first, moved)).toEqual(['old -> next']);
  expect(await gate.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

test('without a lock, serve --plan writes the first one', async () => {
  const gate = await startServe(yaml('old: 80, new: 20'), { words: ['--plan'] });
  expect(JSON.parse(readFileSync(join(gate.folder, 'allocations.lock.json'), 'utf8'))).toMatchObject({
    models: { m: { epoch: 1, splits: { split: { shares: { old: 0.8, new: 0.2 } } } } },
  });
  expect(await gate.stop()).toBe(0);
});
