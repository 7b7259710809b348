// After a kill -9, every record that was reported as written is there, and the next start repairs what was left.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, copyFile, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import type { Capture } from '../../src/capture/capture.ts';
import { type Damage, framesOf } from '../../src/capture/segments/frame.ts';
import { birthOf, isAlive } from '../../src/capture/segments/process-life.ts';
import { createSpareAccount } from '../../src/capture/segments/spare-account.ts';
import { openCapture, rowsUnder, temporaryFolder } from './open-capture.ts';
import { modelPlan } from './plans.ts';
import { exchange } from './records.ts';

const OF = { generation: 'g', model: modelPlan() };
const NOTHING = { features: null, predictions: null };
const CHILD = new URL('append-until-killed.ts', import.meta.url).pathname;

async function segments(data: string): Promise<string[]> {
  return (await readdir(join(data, 'captures'))).sort();
}

const left: Capture[] = [];
afterAll(async () => {
  for (const capture of left) await capture.close();
});

/** A folder with one segment that its process never closed, holding `count` records. */
async function abandoned(count: number): Promise<{ data: string; path: string }> {
  const { capture, data } = await openCapture();
  left.push(capture);
  for (let i = 0; i < count; i++) capture.append(exchange({ decisionId: `decision-${i}` }), OF, NOTHING);
  await capture.flush();
  const [name] = await segments(data);
  return { data, path: join(data, 'captures', name ?? '') };
}

test('a process killed while it writes has lost no record that it had counted as captured', async () => {
  const data = await temporaryFolder();
  const child = spawn(process.execPath, [CHILD, data], { stdio: ['ignore', 'pipe', 'inherit'] });
  let written = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    written = Number(line);
    if (written >= 3000) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');

  const { capture, reports } = await openCapture({
    data,
    process: { host: 'test-host', pid: process.pid, startedAt: Date.now(), isAlive },
  });
  await capture.close();
  const names = await segments(data);
  expect(names.length).toBeGreaterThan(2);
  expect(names.filter((name) => name.endsWith('.open'))).toEqual([]);
  const damage: Damage[] = [];
  const rows = await rowsUnder(data, damage);
  expect(damage).toEqual([]);
  expect(rows.length).toBeGreaterThanOrEqual(written);
  expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, i) => i + 1));
  expect(reports[0]).toMatch(
    /this process was killed; until its last word at [-\d:.TZ]+ it received \d+ = \d+ captured/,
  );
  for (const line of reports.slice(1)) expect(line).toMatch(/torn tail cut off/);
}, 30_000);

test('a torn tail is cut at the last whole record, wherever the cut fell', async () => {
  for (const torn of [1, 19, 20, 21, 300]) {
    const { data, path } = await abandoned(5);
    // Behind the last record stands the ledger of its group: it is cut off as a whole, and the record in the middle.
    const last = [...framesOf(await readFile(path), () => undefined)].at(-1);
    await truncate(path, (last?.offset ?? 0) + (last?.length ?? 0) - torn);
    const { capture, reports } = await openCapture({ data });
    await capture.close();
    expect((await rowsUnder(data)).map((row) => row.decision_id)).toEqual([0, 1, 2, 3].map((i) => `decision-${i}`));
    expect(reports).toEqual([
      expect.stringMatching(
        /was killed; until its last word at [-\d:.TZ]+ it received 5 = 4 captured \+ 0 sampled out \+ 1 lost with its memory/,
      ),
      expect.stringMatching(/4 records kept, \d+ bytes of a torn tail cut off/),
    ]);
  }
});

test('zeros behind the last record, as a file system may leave them, are cut off', async () => {
  const { data, path } = await abandoned(3);
  await appendFile(path, new Uint8Array(4096));
  const { capture, reports } = await openCapture({ data });
  await capture.close();
  const damage: Damage[] = [];
  expect((await rowsUnder(data, damage)).length).toBe(3);
  expect(damage).toEqual([]);
  expect(reports).toEqual([
    expect.stringMatching(/this process was killed; until its last word at [-\d:.TZ]+ it received 3 = 3 captured/),
    expect.stringMatching(/3 records kept, 4096 bytes/),
  ]);
});

test('damage between records costs the record it hit, and no later one', async () => {
  const { data, path } = await abandoned(5);
  const bytes = await readFile(path);
  const at = bytes.indexOf('decision-2');
  bytes[at] = 0x58;
  await writeFile(path, bytes);
  const { capture, reports } = await openCapture({ data });
  await capture.close();
  const damage: Damage[] = [];
  expect((await rowsUnder(data, damage)).map((row) => row.sequence)).toEqual([1, 2, 4, 5]);
  expect(damage).toEqual([expect.objectContaining({ torn: false })]);
  expect(reports).toEqual([
    expect.stringMatching(/this process was killed; until its last word at [-\d:.TZ]+ it received 5 = 5 captured/),
    expect.stringMatching(/damaged and will be skipped/),
  ]);
});

test('a process that dies beside a living one is settled by it, within a minute', async () => {
  const { data, path } = await abandoned(3);
  let now = Date.now();
  let lives = true;
  const process = { host: 'test-host', pid: 1, startedAt: 1, isAlive: () => lives };
  const { capture, reports } = await openCapture({ data, process, wall: () => now });
  const passes = async (ms: number): Promise<readonly string[]> => {
    now += ms;
    await capture.flush();
    await capture.find('none');
    return segments(data);
  };
  const closed = path.split('/').at(-1)?.replace('.open', '.capture');
  expect(await passes(61_000)).not.toContain(closed);
  lives = false;
  expect(await passes(59_000)).not.toContain(closed);
  expect(await passes(1_000)).toContain(closed);
  expect(capture.ended).toMatchObject([{ end: 'killed', total: { received: 3, captured: 3 } }]);
  expect(reports).toEqual([expect.stringMatching(/this process was killed; .* received 3 = 3 captured/)]);
  await capture.close();
});

test('another process that has the number of the dead one by now does not keep it from being settled', async () => {
  const { data, path } = await abandoned(3);
  const other = spawn('sleep', ['600'], { stdio: 'ignore' });
  const pid = other.pid ?? 0;
  try {
    // As the process that is alive now had it, and as one had it that was there before it, which may have had no room for a spare account.
    const named = async (name: string, birth: string | null): Promise<void> => {
      const replica = `test-host-${pid}-${name}`;
      const copy = join(data, 'captures', `${replica}.000001.open`);
      await copyFile(path, copy);
      await utimes(copy, new Date(Date.now() - 172_800_000), new Date(Date.now() - 172_800_000));
      if (birth === null) return;
      const spare = createSpareAccount(join(data, 'captures'), replica, birth);
      await spare.prepare(0);
      await spare.close();
    };
    await named('same', birthOf(pid));
    await named(
      'earlier',
      birthOf(pid).replace(/\d+$/, (ticks) => String(Number(ticks) - 1)),
    );
    await named('unknown', null);
    const next = await openCapture({ data, process: { host: 'test-host', pid: 1, startedAt: 1, isAlive } });
    await next.capture.close();
    const states = (await segments(data)).filter((name) => name.includes(`-${pid}-`));
    expect(states).toEqual(
      ['earlier.000001.capture', 'same.000001.open', 'unknown.000001.capture'].map((end) => `test-host-${pid}-${end}`),
    );
    expect(next.capture.ended.map(({ replica }) => replica.split('-').at(-1)).sort()).toEqual(['earlier', 'unknown']);
  } finally {
    other.kill('SIGKILL');
  }
});

test('a segment that a living process writes is left alone', async () => {
  const { data, path } = await abandoned(3);
  const living = { host: 'test-host', pid: process.pid + 1, startedAt: 1, isAlive: () => true };
  const foreign = { host: 'another-host', pid: process.pid, startedAt: 1, isAlive: () => false };
  for (const process of [living, foreign]) {
    const { capture } = await openCapture({ data, process });
    await capture.close();
    expect(await segments(data)).toEqual([path.split('/').at(-1)]);
  }
  const { capture } = await openCapture({ data, process: foreign, wall: () => Date.now() + 3_600_000 });
  await capture.close();
  expect(await segments(data)).toEqual([path.split('/').at(-1)?.replace('.open', '.capture')]);
});
