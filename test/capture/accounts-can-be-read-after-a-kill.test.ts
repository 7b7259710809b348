// received = captured + sampledOut + dropped + pending stands in the segments themselves: whoever finds the folder of a killed
// process can say what it had, what it wrote, and what went with its memory.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Capture } from '../../src/capture/capture.ts';
import { type GatewayCounts, noDrops, sumOfDrops } from '../../src/capture/counters.ts';
import { ledgerOf } from '../../src/capture/ledger.ts';
import { closingAccount, difference, type ProcessAccount } from '../../src/capture/segments/closing.ts';
import { everyFrameOf } from '../../src/capture/segments/frame.ts';
import { remainsIn } from '../../src/capture/segments/recover.ts';
import { createSegmentFile } from '../../src/capture/segments/segment-file.ts';
import { listSegments } from '../../src/capture/segments/segment-name.ts';
import { readSpare } from '../../src/capture/segments/spare-account.ts';
import { runAccounts } from '../../src/commands/accounts.ts';
import { openCapture, rowsUnder } from './open-capture.ts';
import { capturePlan, modelPlan } from './plans.ts';
import { exchange } from './records.ts';

const NOTHING = { features: null, predictions: null };
const OF = { generation: 'g', model: modelPlan() };
const record = (i: number, bytes = 100) =>
  exchange({ decisionId: `decision-${i}`, request: [new Uint8Array(bytes).fill(65)] });

const left: Capture[] = [];
afterAll(async () => {
  for (const capture of left) await capture.close();
});

async function closing(data: string): Promise<ProcessAccount> {
  const segments = await listSegments(join(data, 'captures'));
  const account = await closingAccount(segments[0]?.replica ?? '', segments);
  if (account === undefined) throw new Error('no ledger');
  expect(difference(account.total)).toBe(0);
  for (const counts of Object.values(account.models)) expect(difference(counts)).toBe(0);
  return account;
}

/** A disk whose commits wait to be let through, one at a time. */
function gated() {
  const waiting: (() => void)[] = [];
  let open = false;
  const create: typeof createSegmentFile = async (path) => {
    const file = await createSegmentFile(path);
    return {
      ...file,
      sync: () => (open ? file.sync() : new Promise((resolve) => waiting.push(() => resolve(file.sync())))),
    };
  };
  return {
    create,
    get waits() {
      return waiting.length > 0;
    },
    free() {
      open = true;
      for (const go of waiting.splice(0)) go();
    },
    async let(count: number) {
      for (let i = 0; i < count; i++) {
        while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
        waiting.shift()?.();
      }
    },
  };
}

test('every commit tells what was received, written, left out and dropped until then', async () => {
  const { capture, data } = await openCapture({
    limits: { batchBytes: 4096, pendingBytes: 64 * 1024, segmentBytes: 8000 },
  });
  const other = { generation: 'g', model: { ...capturePlan({ sample: 0.5 }), name: 'other' } };
  for (let i = 0; i < 60; i++) {
    capture.append(record(i, i === 7 ? 100_000 : 50), i % 3 === 0 ? other : OF, NOTHING);
    if (i % 5 === 0) await capture.flush();
  }
  await capture.close();
  const names = readdirSync(join(data, 'captures')).sort();
  expect(names.length).toBeGreaterThan(2);
  let rows = 0;
  let ledgers = 0;
  let sequence = 0;
  for (const name of names) {
    const frames = [...everyFrameOf(await readFile(join(data, 'captures', name)), () => undefined)];
    // Each segment stands for itself.
    expect(frames[0]?.isLedger).toBe(true);
    for (const frame of frames) {
      if (!frame.isLedger) {
        rows += 1;
        expect(frame.sequence).toBeGreaterThan(sequence);
        ({ sequence } = frame);
        continue;
      }
      // Whoever follows the rows by their numbers passes over it.
      expect(frame.sequence).toBe(sequence);
      ledgers += 1;
      const { models, whole } = ledgerOf(frame);
      for (const { received, captured, sampledOut, dropped, pending } of models.values())
        expect(received).toBe(captured + sampledOut + sumOfDrops(dropped) + pending);
      const captured = [...models.values()].reduce((sum, one) => sum + one.captured, 0);
      if (whole) expect(captured).toBe(rows);
    }
  }
  expect(ledgers).toBeGreaterThan(10);
  const account = await closing(data);
  expect(account).toMatchObject({ end: 'closed', total: { received: 60, captured: rows, lost: 0 } });
  expect(account.total.dropped.record_too_large).toBe(1);
  const kept = JSON.parse(readFileSync(join(data, 'accounts', `${capture.replica}.json`), 'utf8'));
  expect(kept).toMatchObject({ end: 'closed', total: account.total });
});

test('what a kill took with it is counted from the last ledger, and told by the next process', async () => {
  const disk = gated();
  const { capture, data } = await openCapture({ createFile: disk.create, limits: { batchBytes: 16 * 1024 } });
  left.push(capture);
  capture.append(record(0), OF, NOTHING);
  const first = capture.flush();
  // While the first group is on its way, more come than one group holds.
  for (let i = 1; i <= 40; i++) capture.append(record(i), OF, NOTHING);
  const rest = capture.flush();
  // The head of the segment, the first group, the second; the third is written, and waits for its synchronisation.
  await disk.let(3);
  while (capture.totals().captured < 2 || !disk.waits) await new Promise((resolve) => setImmediate(resolve));
  const { captured } = capture.totals();
  const [entry] = await listSegments(join(data, 'captures'));
  const frames = [...everyFrameOf(await readFile(entry?.path ?? ''), () => undefined)];
  const ledgers = frames.flatMap(({ isLedger }, at) => (isLedger ? [at] : []));
  const behind = (ledgers.at(-1) ?? 0) - (ledgers.at(-2) ?? 0) - 1;
  expect(frames.at(-1)?.isLedger).toBe(true);
  expect(behind).toBeGreaterThan(1);
  expect(captured + behind).toBeLessThan(41);

  // As if the kill had fallen before the ledger of the third group: its rows are there.
  await truncate(entry?.path ?? '', (frames.at(-1)?.offset ?? 0) + 5);
  expect((await closing(data)).end).toBe('killed');
  const after = await openCapture({ data });
  await after.capture.close();
  const sum = `received 41 = ${captured + behind} captured + 0 sampled out + ${41 - captured - behind} lost with its memory`;
  expect(after.reports).toEqual([
    expect.stringMatching(/: this process was killed; until its last word at [-\d:.TZ]+ it received 41 = /),
    expect.stringMatching(/torn tail cut off/),
  ]);
  expect(after.reports[0]).toContain(sum);
  expect(after.reports[0]).toContain(`${capture.replica}: `);
  const total = { received: 41, captured: captured + behind, lost: 41 - captured - behind };
  expect(after.capture.ended).toMatchObject([{ end: 'killed', total }]);
  expect((await rowsUnder(data)).length).toBe(captured + behind);
  disk.free();
  await Promise.all([first, rest]);
}, 20_000);

test('what is on its way from the gateways is pending, and lost with a kill', async () => {
  const counts: { received: number; dropped: Record<keyof ReturnType<typeof noDrops>, number> } = {
    received: 12,
    dropped: { ...noDrops(), monitor_behind: 2 },
  };
  const gateways = {
    models: () => ['credit-default'],
    of: (model: string): GatewayCounts | undefined => (model === 'credit-default' ? counts : undefined),
    release: () => false,
    past: () => ({ received: 0, dropped: noDrops() }),
  };
  const { capture, data } = await openCapture({ gateways });
  left.push(capture);
  for (let i = 0; i < 7; i++) capture.append(record(i), OF, NOTHING);
  expect(capture.counts('credit-default')).toMatchObject({ received: 12, captured: 0, pending: 10 });
  await capture.flush();
  expect(capture.counts('credit-default')).toMatchObject({ received: 12, captured: 7, pending: 3 });
  expect(capture.totals()).toMatchObject({ received: 12, captured: 7, pending: 3 });
  const account = await closing(data);
  expect(account.models['credit-default']).toMatchObject({ received: 12, captured: 7, lost: 3 });
  expect(account.total.dropped.monitor_behind).toBe(2);
  // A slab that could not be read belongs to nobody, and the sum is right all the same.
  capture.lost('write_failed', 2);
  expect(capture.totals()).toMatchObject({ received: 12, pending: 1, dropped: { write_failed: 2, monitor_behind: 2 } });
  capture.append(record(99), OF, NOTHING);
  await capture.flush();
  expect((await closing(data)).total).toMatchObject({ received: 12, captured: 8, lost: 0 });
});

test('the command says whether it adds up', async () => {
  const { capture, data } = await openCapture();
  for (let i = 0; i < 9; i++) capture.append(record(i), OF, NOTHING);
  await capture.close();
  const run = async (json: boolean) => {
    let out = '';
    const stdout = { write: (text: string) => (out += text) } as unknown as NodeJS.WritableStream;
    const code = await runAccounts({ data, json, stdout, stderr: stdout });
    return { code, out };
  };
  const good = await run(false);
  expect(good.code).toBe(0);
  expect(good.out).toMatch(/credit-default: received 9 = 9 captured \+ 0 sampled out \+ 0 lost or pending/);
  expect(good.out).toContain('of 9 captured rows 9 are in its segments, 0 in the store\n');
  // A row is taken out by hand.
  const [entry] = await listSegments(join(data, 'captures'));
  const bytes = await readFile(entry?.path ?? '');
  const row = [...everyFrameOf(bytes, () => undefined)].find(({ isLedger }) => !isLedger);
  const file = await open(entry?.path ?? '', 'r+');
  await file.write('x', (row?.offset ?? 0) + 30);
  await file.close();
  const bad = await run(true);
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.out).processes[0].problems).toEqual(['8 rows are there, and 9 were captured']);
  rmSync(join(data, 'captures'), { recursive: true });
  expect((await run(false)).code).toBe(69);
});

/** A disk that is full for segments while `full`; the spare account has its room. */
function filling(): { full: boolean; readonly create: typeof createSegmentFile } {
  const state = { full: false };
  const refuse = () => Promise.reject(Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' }));
  const create: typeof createSegmentFile = async (path) => {
    const file = await createSegmentFile(path);
    return { ...file, write: (bytes, position) => (state.full ? refuse() : file.write(bytes, position)) };
  };
  return Object.assign(state, { create });
}

const accountLeft = async (data: string): Promise<ProcessAccount | undefined> => {
  const [one] = await remainsIn(join(data, 'captures'));
  return closingAccount(one?.replica ?? '', one?.segments ?? [], (await readSpare(one?.spare)).ledger);
};

test('on a full disk each account stands beside the segments, and a kill in the middle of one leaves the one before', async () => {
  const disk = filling();
  const { capture, data } = await openCapture({ createFile: disk.create });
  left.push(capture);
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) capture.append(record(sent++), OF, NOTHING);
    await capture.flush();
  };
  await send(3);
  disk.full = true;
  for (const count of [4, 5]) {
    await send(count);
    const total = { received: sent, captured: 3, lost: 0, dropped: { disk_full: sent - 3 } };
    expect(await accountLeft(data)).toMatchObject({ end: 'killed', total });
  }
  // The second slot has the latest: it is cut through.
  const path = (await remainsIn(join(data, 'captures')))[0]?.spare?.path ?? '';
  const file = await open(path, 'r+');
  await file.write('x', 4096 + 16 * 1024 + 40);
  await file.close();
  expect((await accountLeft(data))?.total).toMatchObject({ received: 7, captured: 3, dropped: { disk_full: 4 } });
  // Segments that take ledgers again have the last word, and rows behind what is beside them are counted once.
  disk.full = false;
  await send(2);
  expect((await accountLeft(data))?.total).toMatchObject({ received: 14, captured: 5, dropped: { disk_full: 9 } });
  disk.full = true;
  await send(1);
  expect((await accountLeft(data))?.total).toMatchObject({ received: 15, captured: 5, dropped: { disk_full: 10 } });
});

test('an end in order on a full disk is a last word too, also with nine hundred models', async () => {
  const disk = filling();
  const { capture, data } = await openCapture({ createFile: disk.create });
  const names = Array.from({ length: 900 }, (_, i) => `model-with-a-rather-long-name-${i}`);
  for (const name of names) capture.append(record(0), { generation: 'g', model: { ...modelPlan(), name } }, NOTHING);
  await capture.flush();
  disk.full = true;
  for (const name of names) capture.append(record(1), { generation: 'g', model: { ...modelPlan(), name } }, NOTHING);
  await capture.flush();
  const account = await accountLeft(data);
  expect(account?.total).toMatchObject({ received: 1800, captured: 900, lost: 0, dropped: { disk_full: 900 } });
  expect(account?.models[names[899] ?? '']).toMatchObject({ received: 2, captured: 1 });
  await capture.close();
  expect(await accountLeft(data)).toMatchObject({ end: 'closed', total: account?.total });
  const after = await openCapture({ data });
  await after.capture.close();
  expect(after.capture.ended).toMatchObject([{ end: 'closed', total: account?.total }]);
  expect(readdirSync(join(data, 'accounts'))).toEqual([`${capture.replica}.json`]);
});
