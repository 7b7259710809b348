// Replicas that each see a part of the traffic, merged from their snapshots: in any order and with duplicates to the byte the same, and
// to the byte what one gate would have counted that saw it all.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runSnapshotDrift } from '../../src/commands/drift/snapshots.ts';
import { parseBaseline } from '../../src/drift/baseline/baseline.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { createDriftEngine, type DriftEngine } from '../../src/drift/engine.ts';
import { mergeSnapshots } from '../../src/drift/state/merge-snapshots.ts';
import { plainOf, textOf } from '../../src/drift/state/plain-text.ts';
import type { SavedModel } from '../../src/drift/state/saved-model.ts';
import { type Snapshot, writeSnapshot } from '../../src/drift/state/snapshot-file.ts';
import { modelPlan, tableOf } from './plans.ts';

const START = 1_700_000_000_000;
const BASELINE = (() => {
  const amount = Array.from({ length: 500 }, (_, i) => i % 97);
  const card = Array.from({ length: 500 }, (_, i) => ['visa', 'amex', 'mir'][i % 3] ?? '');
  const read = parseBaseline(writeBaseline('credit', { request: tableOf({ amount, card }) }));
  if (!read.ok) throw new Error(read.problems.join());
  return read.baseline;
})();

interface Gate {
  readonly engine: DriftEngine;
  wall: number;
}

function gate(baseline: typeof BASELINE | null = BASELINE): Gate {
  const made: { wall: number; engine: DriftEngine | null } = { wall: START, engine: null };
  const engine = createDriftEngine({ clock: { now: () => made.wall, wall: () => made.wall } });
  engine.configure(modelPlan('credit', { drift: { ...modelPlan().drift, provisionalRows: 10 } }), baseline);
  return Object.assign(made, { engine });
}

function see(one: Gate, amount: number | null, card: string, late: number): void {
  const request = tableOf({ amount: [amount], card: [card] });
  const of = { model: 'credit', version: 'old', role: 'champion' as const, caller: '' };
  one.engine.observe({ ...of, at: one.wall - late * 1000, request, response: null });
}

function snapshot({ engine, wall }: Gate, lineage: string, epoch = 0): Snapshot {
  const saved = plainOf(textOf(engine.save('credit'))) as SavedModel;
  return { head: { lineage, epoch, replica: lineage, birth: '', at: wall, closed: false }, models: [saved] };
}

/** Cells alone: verdicts are each replica's own. */
function counts(snapshots: readonly Snapshot[]): string {
  return textOf(mergeSnapshots(snapshots).map(({ groups }) => groups.map(({ windows }) => windows.save())));
}

const call = fc.record({
  replica: fc.nat(2),
  amount: fc.option(fc.integer({ min: -5, max: 105 })),
  card: fc.constantFrom('visa', 'amex', 'mir', 'new'),
  late: fc.nat(4),
  stepMs: fc.constantFrom(0, 100, 1000, 7000, 200_000, 5_000_000),
});

test('any calls over any replicas, merged in any order with duplicates', () => {
  fc.assert(
    fc.property(
      fc.array(call, { minLength: 1, maxLength: 60 }),
      fc.array(fc.nat(5), { maxLength: 6 }),
      (calls, order) => {
        const replicas = [gate(), gate(), gate()];
        const whole = gate();
        const early: Snapshot[] = [];
        for (const [i, { replica, amount, card, late, stepMs }] of calls.entries()) {
          for (const one of [...replicas, whole]) one.wall += stepMs;
          for (const one of [replicas[replica] ?? whole, whole]) see(one, amount, card, late);
          if (i === calls.length >> 1) early.push(...replicas.map((one, index) => snapshot(one, `r${index}`)));
        }
        const all = replicas.map((one, index) => snapshot(one, `r${index}`, 1));
        const one = counts(all);
        expect(counts([...all].reverse())).toBe(one);
        // Earlier snapshots of a lineage, and the same ones again, change nothing.
        const more = order.map((index) => [...all, ...early][index]).filter((found) => found !== undefined);
        expect(counts([...more, ...all, ...more])).toBe(one);
        expect(one).toBe(counts([snapshot(whole, 'whole')]));
      },
    ),
    { numRuns: 200 },
  );
});

test('columns with first rows of their own as a baseline cannot be added: the others are named', () => {
  const replicas = [gate(null), gate(null)];
  for (const [index, one] of replicas.entries()) {
    for (let i = 0; i < 20; i++) see(one, i * (index + 1), 'visa', 0);
  }
  const [merged] = mergeSnapshots(replicas.map((one, index) => snapshot(one, `r${index}`)));
  expect(merged?.leftOut).toEqual(['r1: amount']);
  expect(merged?.lineages).toEqual(['r0', 'r1']);
});

test('the command adds them up, says of how many, and refuses what is no snapshot', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-merge-'));
  const paths: string[] = [];
  for (const [index, one] of [gate(), gate()].entries()) {
    for (let i = 0; i < 30; i++) see(one, i, 'visa', 0);
    one.wall += 1000;
    one.engine.tick();
    const path = join(folder, `r${index}.drift`);
    const { head, models } = snapshot(one, `r${index}`);
    await writeSnapshot(path, head, models, () => 0);
    paths.push(path);
  }
  let [out, err] = ['', ''];
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  };
  const options = { ...io, like: [], check: false, model: null, window: 'since-start' as const, nowMs: START };
  expect(await runSnapshotDrift({ ...options, paths, json: true })).toBe(0);
  const [view] = (JSON.parse(out) as { models: { features: { rows: number }[]; lineages: string[] }[] }).models;
  expect(view?.features.map(({ rows }) => rows)).toEqual([60, 60]);
  out = '';
  expect(await runSnapshotDrift({ ...options, paths, json: false })).toBe(0);
  expect(out).toContain('added up from 2 replicas: r0, r1');
  const foreign = join(folder, 'x.drift');
  writeFileSync(foreign, 'hello\nworld\n');
  expect(await runSnapshotDrift({ ...options, paths: [foreign], json: false })).not.toBe(0);
  expect(err).toBe(`${foreign}: this drift snapshot cannot be used: it is no snapshot of Headgate.\n`);
  rmSync(folder, { recursive: true });
});
