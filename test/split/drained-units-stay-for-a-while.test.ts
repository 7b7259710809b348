// drain: units seen on a leaving version stay there for a while, and then go where the split says.

import { expect, test } from 'vitest';
import type { ManualClock } from '../../src/kernel/clock.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import type { Assignment } from '../../src/model.ts';
import type { Unit } from '../../src/split/assign.ts';
import { createDrain, createDrainMemory } from '../../src/split/drain.ts';
import { unit } from './split-plans.ts';

const HOUR = 3_600_000;
const NEW = 1;

function drain(unitsMax = 100, forMs = 24 * HOUR) {
  const clock: ManualClock = createManualClock();
  let forgotten = 0;
  const memory = createDrainMemory(unitsMax, clock.now, () => forgotten++);
  return { clock, drain: createDrain({ version: NEW, forMs, unitsMax }, memory), forgotten: () => forgotten };
}

function by(reason: Assignment['reason'], version: number, more: Partial<Assignment> = {}): Assignment {
  return { version, slot: 7, epoch: 2, propensity: 0.25, reason, rule: -1, ...more };
}

test('a unit that was seen stays, with the epoch and propensity it came with, and a new one does not', () => {
  const { clock, drain: gate } = drain();
  expect(gate.settle(unit('seen'), by('split', NEW))).toEqual(by('split', NEW));
  clock.advance(23 * HOUR);
  const after = by('split', 0, { epoch: 3, propensity: 1 });
  expect(gate.settle(unit('seen'), after)).toEqual(by('drain', NEW));
  expect(gate.settle(unit('other'), after)).toEqual(after);
});

test('it ends a fixed time after the split last gave the version, however often the unit comes', () => {
  const { clock, drain: gate } = drain();
  gate.settle(unit('u'), by('split', NEW));
  clock.advance(20 * HOUR);
  gate.settle(unit('u'), by('split', NEW));
  for (let hour = 0; hour < 24; hour++) {
    expect(gate.settle(unit('u'), by('split', 0)).reason).toBe('drain');
    clock.advance(HOUR);
  }
  clock.advance(1);
  expect(gate.settle(unit('u'), by('split', 0))).toEqual(by('split', 0));
});

test('who is no longer enrolled, or newly held out, stays too; pins and rules are obeyed at once', () => {
  const { drain: gate } = drain();
  gate.settle(unit('u'), by('split', NEW));
  expect(gate.settle(unit('u'), by('ineligible', 0)).reason).toBe('drain');
  expect(gate.settle(unit('u'), by('holdout', 0)).reason).toBe('drain');
  for (const given of [by('override', 0), by('rule', 0, { rule: 0 }), by('ineligible', 0, { rule: 1 })]) {
    expect(gate.settle(unit('u'), given)).toEqual(given);
  }
  gate.settle(unit('pinned'), by('override', NEW));
  gate.settle(unit('ruled'), by('rule', NEW, { rule: 0 }));
  expect(gate.settle(unit('pinned'), by('split', 0)).reason).toBe('split');
  expect(gate.settle(unit('ruled'), by('split', 0)).reason).toBe('split');
});

test('the memory is bounded, and counts whom it had to forget', () => {
  const { drain: gate, forgotten } = drain(10);
  for (let i = 0; i < 25; i++) gate.settle(unit(`u${i}`), by('split', NEW));
  expect(forgotten()).toBe(15);
  expect(gate.settle(unit('u0'), by('split', 0)).reason).toBe('split');
  expect(gate.settle(unit('u24'), by('split', 0)).reason).toBe('drain');
});

test('units that are not UTF-8 and read alike are not taken for one another', () => {
  const { drain: gate } = drain();
  const broken = (byte: number): Unit => ({ bytes: Buffer.from([97, byte]), text: 'a\ufffd' });
  gate.settle(broken(0xff), by('split', NEW));
  expect(gate.settle(broken(0xfe), by('split', 0)).reason).toBe('split');
  gate.settle(unit('a\ufffd'), by('split', NEW));
  expect(gate.settle(broken(0xfe), by('split', 0)).reason).toBe('split');
  expect(gate.settle(unit('a\ufffd'), by('split', 0)).reason).toBe('drain');
});
