// What drift knows, written and read again: equal to the last bit, baselines in the making included; and whatever is not exactly a
// snapshot of this format is refused with the reason, set aside, and costs nothing but the counts.

import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { createDriftEngine } from '../../src/drift/engine.ts';
import { adoptSnapshot, releaseAdopted, snapshotPath } from '../../src/drift/state/left-snapshots.ts';
import { plainOf, textOf } from '../../src/drift/state/plain-text.ts';
import type { SavedModel } from '../../src/drift/state/saved-model.ts';
import { parseSnapshot, readSnapshot, writeSnapshot } from '../../src/drift/state/snapshot-file.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import type { Value } from '../../src/protocols/protocol.ts';
import { modelPlan, tableOf } from './plans.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-drift-state-'));
  folders.push(folder);
  return folder;
}

const HEAD = { lineage: 'h-1-a', epoch: 0, replica: 'h-1-a', birth: 'b', at: 1_700_000_000_000, closed: false };
const now = () => performance.now();

function engineWith(rows: number) {
  const clock = createManualClock(1_700_000_000_000);
  const engine = createDriftEngine({ clock });
  engine.configure(modelPlan(), null);
  const random = createSeededRandom(7);
  const see = (count: number) => {
    const request = tableOf({
      amount: Array.from({ length: count }, () => Math.exp(random() * 3)),
      card: Array.from({ length: count }, () => (random() < 0.7 ? 'visa' : 'amex')),
    });
    const response = tableOf({ score: Array.from({ length: count }, (): Value => random()) });
    engine.observe({
      ...{ model: 'credit', version: 'old', role: 'champion' as const, caller: '' },
      ...{ at: clock.wall(), request, response },
    });
  };
  for (let seen = 0; seen < rows; seen += 100) {
    see(100);
    clock.advance(500);
    engine.tick();
  }
  return { clock, engine, see };
}

function saved(engine: ReturnType<typeof engineWith>['engine']): SavedModel {
  const model = engine.save('credit');
  if (model === undefined) throw new Error('the model is not watched');
  return model;
}

test.each([300, 700, 5000])(
  'after %i rows: an engine that goes on from a snapshot knows what the first one knew',
  async (rows) => {
    const first = engineWith(rows);
    const path = join(dataFolder(), 'one.drift');
    await writeSnapshot(path, HEAD, [saved(first.engine)], now);
    const reading = await readSnapshot(path);
    if (!reading.ok) throw new Error(reading.problem);
    const second = createDriftEngine({ clock: first.clock });
    second.restore(reading.snapshot.models);
    second.configure(modelPlan(), null);
    expect(second.restored()).toEqual([]);
    expect(textOf(second.save('credit'))).toBe(textOf(saved(first.engine)));
    const whole = { distances: null, features: null, window: 'since-start' as const };
    expect(second.report('credit', whole)).toEqual({
      ...first.engine.report('credit', whole),
      resumedFrom: new Date(first.clock.wall()).toISOString(),
      // Rows are sampled anew for changes that no single column shows: they are not in a snapshot.
      joint: expect.any(Array),
    });
    // And they go on alike.
    for (const engine of [first.engine, second]) {
      engine.observe({
        ...{ model: 'credit', version: 'old', role: 'champion' as const, caller: '', response: null },
        ...{ at: first.clock.wall(), request: tableOf({ amount: [1, 2, null], card: ['visa', 'mir', 'amex'] }) },
      });
    }
    first.clock.advance(1000);
    first.engine.tick();
    second.tick();
    expect(textOf(second.save('credit'))).toBe(textOf(saved(first.engine)));
  },
);

test('a model whose baseline, tick or provisional rows have changed starts anew, and is named', () => {
  const first = engineWith(2000);
  const second = createDriftEngine({ clock: first.clock });
  second.restore([saved(first.engine), { ...saved(first.engine), name: 'gone' }]);
  second.configure(modelPlan('credit', { drift: { ...modelPlan().drift, tickMs: 2000 } }), null);
  expect(second.restored()).toEqual(['credit', 'gone']);
  expect(second.report('credit')).toMatchObject({ features: [], resumedFrom: null });
});

test('plain data comes back as it was: typed arrays, numbers that are not finite, texts of any kind', () => {
  fc.assert(
    fc.property(
      fc.record({
        a: fc.double(),
        b: fc.string({ unit: 'grapheme' }),
        c: fc.float64Array(),
        d: fc.uint32Array(),
        e: fc.array(fc.option(fc.double())),
      }),
      (value) => {
        const wanted = {
          ...value,
          a: Object.is(value.a, -0) ? 0 : value.a,
          e: value.e.map((x) => (x === null ? x : x + 0)),
        };
        expect(plainOf(textOf(wanted))).toEqual(wanted);
      },
    ),
  );
});

test('every byte that is changed, every cut, and every other format is refused with its reason', async () => {
  const path = join(dataFolder(), 'one.drift');
  await writeSnapshot(path, HEAD, [saved(engineWith(700).engine)], now);
  const bytes = readFileSync(path);
  const problemOf = (text: Buffer): string => {
    const reading = parseSnapshot(text);
    return reading.ok ? '' : reading.problem;
  };
  expect(problemOf(bytes)).toBe('');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ change;
      expect(problemOf(changed)).not.toBe('');
      expect(problemOf(bytes.subarray(0, place))).not.toBe('');
    }),
  );
  expect(problemOf(Buffer.from(bytes.toString().replace('headgate-drift/1', 'headgate-drift/9')))).toBe(
    'its format is "headgate-drift/9", and this Headgate reads "headgate-drift/1" alone',
  );
  expect(problemOf(Buffer.from('PK\u0003\u0004\n\n'))).toBe('it is no snapshot of Headgate');
});

test('a process takes over the newest that is left, once; a damaged one is set aside and told; what rested for days goes', async () => {
  const data = dataFolder();
  const model = saved(engineWith(700).engine);
  const told: string[] = [];
  const alive = new Set(['h-4-d']);
  const adopt = (replica: string) =>
    adoptSnapshot({
      ...{ data, replica, wallMs: 1_700_000_000_000 },
      isLeft: (other) => !alive.has(other),
      report: (message) => told.push(message),
    });
  expect(await adopt('h-9-z')).toBeNull();
  const put = async (replica: string, ageMs: number, damage = false) => {
    const path = snapshotPath(data, replica);
    await writeSnapshot(path, { ...HEAD, replica, lineage: replica }, [model], now);
    if (damage) writeFileSync(path, readFileSync(path).subarray(0, 500));
    utimesSync(path, 1_700_000_000 - ageMs / 1000, 1_700_000_000 - ageMs / 1000);
  };
  await put('h-1-a', 60_000);
  await put('h-2-b', 30_000, true);
  await put('h-3-c', 3 * 86_400_000);
  await put('h-4-d', 1000);
  alive.add('h-9-z');
  expect((await adopt('h-9-z'))?.head.lineage).toBe('h-1-a');
  expect(told).toEqual([
    expect.stringContaining('h-2-b.drift: the drift snapshot of the last run is not used: it is cut off'),
  ]);
  expect(readdirSync(join(data, 'drift')).sort()).toEqual(['h-2-b.refused', 'h-4-d.drift', 'h-9-z.adopted']);
  expect(await adopt('h-8-y')).toBeNull();
  // Its process dies before it has written one of its own.
  alive.delete('h-9-z');
  expect((await adopt('h-8-y'))?.head.lineage).toBe('h-1-a');
  await releaseAdopted(data, 'h-8-y');
  expect(readdirSync(join(data, 'drift')).sort()).toEqual(['h-2-b.refused', 'h-4-d.drift']);
});
