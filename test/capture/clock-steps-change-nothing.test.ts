// The wall clock may be set back or forward at any time: no record is lost, none is told twice, and what is deleted to stay within
// bounds is what was written first.

import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sumOfDrops } from '../../src/capture/counters.ts';
import { createFaultTeller } from '../../src/capture/segments/fault-teller.ts';
import { listSegments } from '../../src/capture/segments/segment-name.ts';
import { openCapture, rowsUnder } from './open-capture.ts';
import { capturePlan } from './plans.ts';
import { exchange } from './records.ts';

const NOTHING = { features: null, predictions: null };

test('records and accounts do not ask the clock', async () => {
  const jump = fc.integer({ min: -1e10, max: 1e10 });
  await fc.assert(
    fc.asyncProperty(fc.array(jump, { minLength: 5, maxLength: 20 }), async (jumps) => {
      let now = 1_700_000_000_000;
      const { capture, data } = await openCapture({ wall: () => now, limits: { segmentBytes: 2000 } });
      const of = { generation: 'g', model: capturePlan({ sample: 0.7 }) };
      for (const [i, step] of jumps.entries()) {
        now = Math.max(0, now + step);
        capture.append(exchange({ decisionId: `decision-${i}` }), of, NOTHING);
        if (i % 3 === 0) await capture.flush();
      }
      await capture.close();
      const { received, captured, sampledOut, dropped, pending } = capture.totals();
      expect(received).toBe(jumps.length);
      expect(captured + sampledOut + sumOfDrops(dropped)).toBe(received);
      expect(pending).toBe(0);
      expect((await rowsUnder(data)).length).toBe(captured);
    }),
    { numRuns: 15 },
  );
});

test('segments of a process stay in the order written, and the first go first, whatever their times say', async () => {
  const { capture, data } = await openCapture({ limits: { segmentBytes: 4000 } });
  const folder = join(data, 'captures');
  const of = { generation: 'g', model: capturePlan({}) };
  for (let i = 0; i < 20; i++) {
    capture.append(exchange({ decisionId: `decision-${i}`, request: [new Uint8Array(4000)] }), of, NOTHING);
    await capture.flush();
    // The clock is set back an hour between any two.
    for (const name of await readdir(folder))
      if (name.endsWith(`${String(i + 1).padStart(6, '0')}.capture`))
        await utimes(join(folder, name), 1e9 - i * 3600, 1e9 - i * 3600);
  }
  const serials = (await listSegments(folder)).map(({ serial }) => serial);
  expect(serials).toEqual(serials.toSorted((a, b) => a - b));
  expect(serials.length).toBeGreaterThan(10);
  capture.configure({ keepBytes: 40_000, commit: { everyMs: 50, bytes: 1024 ** 2, timeoutMs: 2000 } });
  await capture.close();
  const rows = await rowsUnder(data);
  expect(rows.length).toBeGreaterThan(3);
  expect(rows.at(-1)?.decision_id).toBe('decision-19');
  expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, i) => 21 - rows.length + i));
});

test('a disk that flaps is told of every ten seconds at most, and a clock that goes back silences nobody', () => {
  let now = 1_700_000_000_000;
  const lines: string[] = [];
  const teller = createFaultTeller(
    '/data',
    () => now,
    (line) => lines.push(line),
  );
  for (let i = 0; i < 600; i++) {
    now += 50;
    if (i % 2 === 0) teller.failed(i % 4 === 0 ? 'disk_full' : 'write_failed', 'ENOSPC', 3);
    else teller.wrote();
  }
  // Thirty seconds.
  expect(lines.length).toBeLessThanOrEqual(4);
  expect(lines[0]).toBe('/data: 3 records are dropped (disk_full): ENOSPC');
  expect(lines[1]).toMatch(/^\/data: 300 records are dropped/);
  now += 10_000;
  teller.wrote();
  expect(lines.at(-1)).toMatch(/records are written again, after \d+ more were dropped/);
  teller.failed('disk_full', 'ENOSPC', 1);
  now -= 3_600_000;
  teller.failed('disk_full', 'ENOSPC', 1);
  expect(lines.slice(-2)).toEqual([
    '/data: 1 records are dropped (disk_full): ENOSPC',
    '/data: 1 records are dropped (disk_full): ENOSPC',
  ]);
});
