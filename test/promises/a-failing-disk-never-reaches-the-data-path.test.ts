// Disks that are full, read-only or gone, with real causes: a small tmpfs, a folder that nobody may write to, a folder that is
// deleted. Answers go on; each record is written or counted; under `acked` the client hears of it, and only there.
// Mounting needs root: where it is not permitted those tests are skipped, and say so.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CapturesView } from '../../src/admin/view.ts';
import { runAccounts } from '../../src/commands/accounts.ts';
import { type Asked, createCaller } from '../serve/caller.ts';
import { captured } from '../serve/captured.ts';
import { isAccountedFor, scrape, settled } from '../serve/scrape.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  spawnServe,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';

/** Where these run on every change, root is there: what cannot be tested is a fault. */
const mustRun = process.env.CI !== undefined && process.env.CI !== 'false';

const folder = temporaryFolder();
const small = join(folder, 'small');
const canMount = mountSmall('256k');
if (!canMount)
  process.stderr.write('SKIPPED: mounting a tmpfs is not permitted here; full and read-only disks are not tested\n');
const canFreeze = frozen(folder, true) && frozen(folder, false);
if (!canFreeze)
  process.stderr.write('SKIPPED: chattr +i is not permitted here; a folder made read-only later is not tested\n');

test('in CI, full and read-only disks are really tested', () => {
  if (mustRun) expect({ canMount, canFreeze }).toEqual({ canMount: true, canFreeze: true });
});

let upstream: Upstream;
beforeAll(async () => {
  upstream = await inferenceUpstream();
});
afterAll(async () => {
  await upstream.close();
  if (canMount) execFileSync('umount', ['-l', small]);
  rmSync(folder, { recursive: true, force: true });
});

function mountSmall(size: string): boolean {
  mkdirSync(small, { recursive: true });
  return runs('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', small]);
}

/** No name in the folder may be made, removed or changed. */
function frozen(path: string, on: boolean): boolean {
  return runs('chattr', [on ? '+i' : '-i', path]);
}

function runs(command: string, words: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const yaml = (data: string, capture = '', keep = '1GiB'): string => `
listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ${data}
captures: { keep: ${keep} }
models:
  m: { versions: { one: { url: "${upstream.url}" } }, capture: { ${capture} }, timeout: { connect: 5s, firstByte: 10s, total: 20s } }
`;

async function asked(gate: ReadyGate, count: number, body?: string): Promise<Asked[]> {
  const caller = createCaller(8);
  const answers = await caller.askAll(gate.dataUrl, Array(count).fill(body === undefined ? {} : { body }));
  caller.close();
  return answers;
}

const LONG = JSON.stringify({ inputs: [{ name: 'a', shape: [1], datatype: 'BYTES', data: ['x'.repeat(3000)] }] });

test.skipIf(!canMount)(
  'a full disk: answers go on, what is lost is counted, writing goes on when there is room',
  async () => {
    const data = join(small, 'full');
    const gate = await startServe(yaml(data));
    let sent = 0;
    await waitFor(async () => {
      const answers = await asked(gate, 50, LONG);
      sent += answers.length;
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      return (await scrape(gate))('headgate_capture_dropped_total', { reason: 'disk_full' }) > 100 ? true : undefined;
    }, 'a full disk');
    const full = await settled(gate, sent);
    expect(isAccountedFor(full)).toBe(true);
    // Some groups fit and others do not, many times a second: told as one.
    expect(gate.output().match(/records are dropped \(disk_full\)/g)?.length).toBe(1);
    execFileSync('mount', ['-o', 'remount,size=32m', small]);
    const before = full('headgate_capture_captured_total');
    const after = await waitFor(async () => {
      await asked(gate, 20);
      const numbers = await settled(gate);
      return numbers('headgate_capture_captured_total') > before + 40 ? numbers : undefined;
    }, 'records that are written again');
    const { rows, damage } = await captured(data);
    expect(damage).toEqual([]);
    expect(rows.length).toBe(after('headgate_capture_captured_total'));
    expect(await gate.stop()).toBe(0);
    rmSync(data, { recursive: true });
  },
);

test.skipIf(!canMount)(
  'killed while the disk is full: every exchange is in the account, and the next gate tells it',
  async () => {
    execFileSync('mount', ['-o', 'remount,size=256k', small]);
    const data = join(small, 'killed');
    const gate = await startServe(yaml(data));
    let sent = 0;
    await waitFor(async () => {
      sent += (await asked(gate, 50, LONG)).length;
      return (await scrape(gate))('headgate_capture_dropped_total', { reason: 'disk_full' }) > 300 ? true : undefined;
    }, 'a full disk');
    await settled(gate, sent);
    const { total } = (await (await fetch(`${gate.adminUrl}/api/v1/captures`)).json()) as CapturesView;
    expect(total).toMatchObject({ received: sent, pending: 0 });
    gate.process.kill('SIGKILL');
    await gate.exited;
    const { pending: _, ...expected } = { ...total, lost: 0 };
    const json = async (): Promise<unknown> => {
      let text = '';
      const stdout = { write: (piece: string) => (text += piece) } as unknown as NodeJS.WritableStream;
      expect(await runAccounts({ data, json: true, stdout, stderr: process.stderr })).toBe(0);
      return JSON.parse(text).processes;
    };
    expect(await json()).toMatchObject([{ end: 'killed', total: expected }]);
    execFileSync('mount', ['-o', 'remount,size=32m', small]);
    const next = await startServe(yaml(data));
    const told = await waitFor(async () => {
      const view = (await (await fetch(`${next.adminUrl}/api/v1/captures`)).json()) as CapturesView;
      return view.ended[0];
    }, 'the account of the one before');
    expect(told).toMatchObject({ end: 'killed', ...expected });
    expect(await next.stop()).toBe(0);
    expect(await json()).toMatchObject([{ end: 'killed', total: expected }]);
    // What stood in for the segments is gone with the process that needed it.
    expect(readdirSync(join(data, 'accounts')).filter((name) => !name.endsWith('.json'))).toEqual([]);
    rmSync(data, { recursive: true });
  },
);

test.skipIf(!canMount)('a full disk under acked: 503 that says why, and 200 again when there is room', async () => {
  execFileSync('mount', ['-o', 'remount,size=256k', small]);
  const data = join(small, 'acked');
  const gate = await startServe(yaml(data, 'durability: acked'));
  const answers: Asked[] = [];
  await waitFor(async () => {
    answers.push(...(await asked(gate, 50, LONG)));
    return answers.filter(({ status }) => status === 503).length > 20 ? true : undefined;
  }, 'refusals');
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.filter(({ status, code }) => status !== 503 || code !== 'capture_unavailable')).toEqual([]);
  const ids = new Set((await captured(data)).rows.map((row) => row.decision_id));
  expect(answers.filter(({ status, decision }) => status === 200 && !ids.has(decision))).toEqual([]);
  expect(refused.filter(({ decision }) => ids.has(decision))).toEqual([]);
  execFileSync('mount', ['-o', 'remount,size=32m', small]);
  expect((await asked(gate, 20)).filter(({ status }) => status !== 200)).toEqual([]);
  expect(await gate.stop()).toBe(0);
  rmSync(data, { recursive: true });
});

test.skipIf(!canMount)('a folder on a read-only disk: the gate does not start, and says which and why', async () => {
  mkdirSync(join(small, 'ro'), { recursive: true });
  execFileSync('mount', ['-o', 'remount,ro', small]);
  try {
    const served = spawnServe(yaml(join(small, 'ro')));
    expect(await served.exited).toBe(69);
    expect(served.output()).toMatch(/captures cannot be written there: EROFS.*let this user write to the folder/);
    rmSync(served.folder, { recursive: true });
  } finally {
    execFileSync('mount', ['-o', 'remount,rw', small]);
  }
});

test.skipIf(!canFreeze)(
  'a folder in which nothing can be made any more: dropped and counted, and written again after',
  async () => {
    const data = join(folder, 'frozen');
    // A segment is an eighth of what is kept: it is full with the first group.
    const gate = await startServe(yaml(data, '', '8KiB'));
    await asked(gate, 100);
    await settled(gate, 100);
    frozen(join(data, 'captures'), true);
    try {
      const numbers = await waitFor(async () => {
        expect((await asked(gate, 40)).filter(({ status }) => status !== 200)).toEqual([]);
        const now = await settled(gate);
        return now('headgate_capture_dropped_total', { reason: 'write_failed' }) > 40 ? now : undefined;
      }, 'records that cannot be written');
      expect(isAccountedFor(numbers)).toBe(true);
      expect(gate.output()).toMatch(/records are dropped \(write_failed\): (EPERM|EACCES)/);
    } finally {
      frozen(join(data, 'captures'), false);
    }
    const before = (await settled(gate))('headgate_capture_captured_total');
    await asked(gate, 30);
    const after = await settled(gate);
    expect(after('headgate_capture_captured_total')).toBe(before + 30);
    expect(await gate.stop()).toBe(0);
  },
);

test('a folder that is deleted under a running gate is made again, and what fell in between is counted', async () => {
  const data = join(folder, 'deleted');
  const gate = await startServe(yaml(data));
  await asked(gate, 60);
  const before = await settled(gate, 60);
  expect(before('headgate_capture_captured_total')).toBe(60);
  rmSync(join(data, 'captures'), { recursive: true });
  expect((await asked(gate, 60)).filter(({ status }) => status !== 200)).toEqual([]);
  const after = await settled(gate, 120);
  const dropped = after('headgate_capture_dropped_total', { reason: 'write_failed' });
  expect(dropped).toBeGreaterThan(0);
  expect(dropped).toBeLessThanOrEqual(60);
  await asked(gate, 10);
  await settled(gate, 130);
  expect(await gate.stop()).toBe(0);
  expect(gate.output()).toMatch(/deleted while it was being written/);
  expect((await captured(data)).rows.length).toBe(70 - dropped);
  expect(readdirSync(join(data, 'captures')).filter((name) => name.endsWith('.open'))).toEqual([]);
});

test('a file in the place of the folder, later: dropped and counted, and the gate goes on', async () => {
  const data = join(folder, 'file');
  const gate = await startServe(yaml(data));
  await asked(gate, 20);
  await settled(gate, 20);
  rmSync(join(data, 'captures'), { recursive: true });
  execFileSync('touch', [join(data, 'captures')]);
  expect((await asked(gate, 40)).filter(({ status }) => status !== 200)).toEqual([]);
  const numbers = await settled(gate, 60);
  expect(numbers('headgate_capture_dropped_total', { reason: 'write_failed' })).toBe(40);
  rmSync(join(data, 'captures'));
  await asked(gate, 10);
  expect((await settled(gate, 70))('headgate_capture_captured_total')).toBe(30);
  expect(await gate.stop()).toBe(0);
  expect((await captured(data)).rows.length).toBe(10);
});
