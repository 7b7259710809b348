// What `explain` says of an epoch that is over is what it said while the epoch lasted: shares, rules, holdout, enrolment, and
// the part of a layer that the model had then.

import { expect, test } from 'vitest';
import { createAllocator } from '../../src/commands/supervise/allocations.ts';
import { createExplainer, type Explainer } from '../../src/split/explain.ts';
import { EMPTY_LOCK, type Lock, PAST_MAX } from '../../src/split/lock.ts';
import { planLock } from '../../src/split/plan-lock.ts';
import { subjectsOf } from '../../src/split/splits-of.ts';
import { planOf, versions } from './plans.ts';
import { NOTHING, unit } from './split-plans.ts';

const UNITS = Array.from({ length: 400 }, (_, at) => `acct-${at}`);
const ROUTED = { ...NOTHING, rawHeaders: ['region', 'EU'] };

interface Step {
  readonly lock: Lock;
  explainer(model: string): Explainer;
}

/** Plans one after the other, a day each. @param days the models of each day */
function lived(days: readonly (readonly string[])[], renames = new Map<string, string>()): readonly Step[] {
  let lock = EMPTY_LOCK;
  return days.map((models, day) => {
    const plan = planOf(...models);
    const at = new Date(Date.UTC(2026, 0, 1 + day)).toISOString();
    lock = planLock(lock, subjectsOf(plan), renames, at).lock;
    const { allocations, histories } = createAllocator().allocate(plan, lock);
    return {
      lock,
      explainer(name) {
        const index = plan.models.findIndex((model) => model.name === name);
        const model = plan.models[index];
        if (model === undefined) throw new Error(`day ${day} has no model ${name}`);
        return createExplainer(model, allocations[index] ?? [], histories[index]);
      },
    };
  });
}

/** @returns how many answers were compared, by reason */
function holds(steps: readonly Step[], model: string, attributes = NOTHING): Record<string, number> {
  const seen: Record<string, number> = {};
  const explainers = steps.map((step) => step.explainer(model));
  const last = explainers.at(-1);
  for (const text of UNITS) {
    const then = new Map<number, ReturnType<Explainer['explain']>>();
    for (const explainer of explainers) {
      const answer = explainer.explain(unit(text), attributes);
      then.set(answer.epoch, answer);
    }
    const now = last?.explain(unit(text), attributes);
    expect(now?.earlier).toHaveLength(then.size - 1);
    for (const { epoch, version, reason, slot, from } of now?.earlier ?? []) {
      const answer = then.get(epoch);
      seen[reason] = (seen[reason] ?? 0) + 1;
      expect({ version, reason, slot, from }).toEqual({
        version: answer?.version,
        reason: answer?.reason,
        slot: answer?.slot,
        from: answer?.since,
      });
    }
  }
  return seen;
}

const model = (name: string, next: number, more = ''): string =>
  `${name}: { ${versions('old', 'next')}, split: { old: ${100 - next}, next: ${next} }${more} }`;
const part = (eligible: string, layer = 'checkout'): string => `, layer: ${layer}, eligible: ${eligible}`;

test('in a layer: ramps of the model, and of others, which it does not notice', () => {
  const steps = lived([
    [model('m', 50, part('20%')), model('n', 50, part('30%'))],
    [model('m', 50, part('20%')), model('n', 50, part('50%'))],
    [model('m', 80, part('20%')), model('n', 50, part('50%'))],
    [model('m', 80, part('40%, holdout: 10%')), model('n', 50, part('50%'))],
    [model('m', 80, part('40%, holdout: 10%')), model('n', 50, part('10%'))],
    [model('m', 80, part('90%, holdout: 10%')), model('n', 50, part('10%'))],
    [model('m', 20, part('5%')), model('n', 50, part('10%')), model('o', 50, part('80%'))],
  ]);
  const seen = holds(steps, 'm');
  expect(seen.split).toBeGreaterThan(300);
  expect(seen.ineligible).toBeGreaterThan(300);
  expect(seen.holdout).toBeGreaterThan(30);
  expect(seen.unknown).toBeUndefined();
  expect(holds(steps, 'n')).not.toHaveProperty('unknown');
});

test('into a layer, to another one, and out of it', () => {
  const steps = lived([
    [model('m', 50), model('n', 50, part('30%'))],
    [model('m', 50, part('20%')), model('n', 50, part('30%'))],
    [model('m', 50, part('60%', 'other')), model('n', 50, part('30%')), model('o', 50, part('40%', 'other'))],
    [model('m', 50, ', eligible: 70%'), model('n', 50, part('30%')), model('o', 50, part('40%', 'other'))],
    [model('m', 60), model('n', 50, part('30%')), model('o', 50, part('40%', 'other'))],
  ]);
  const seen = holds(steps, 'm');
  expect(seen.ineligible).toBeGreaterThan(400);
  expect(seen.unknown).toBeUndefined();
});

test('a rule that routes takes every unit, then as now; another one asks who takes part', () => {
  const rule = (next: number): string =>
    `, holdout: 40%, rules: [{ when: { header: { region: EU } }, split: { old: ${100 - next}, next: ${next} } }]`;
  const routed = holds(lived([[model('m', 50, rule(100))], [model('m', 60, rule(100))]]), 'm', ROUTED);
  expect(routed).toEqual({ rule: UNITS.length });
  const seen = holds(lived([[model('m', 50, rule(30))], [model('m', 50, rule(70))]]), 'm', ROUTED);
  expect(seen.rule).toBeGreaterThan(200);
  expect(seen.holdout).toBeGreaterThan(100);
});

test('the champion and the pins of then, and nothing of units that were taken from another key', () => {
  const of = (champion: string, more = '', key = 'account-id'): string =>
    model('m', 50, `, holdout: 50%${more}`)
      .replace('champion: old', `champion: ${champion}`)
      .replace('account-id', key);
  const pins = ', overrides: { acct-1: next, acct-2: old }';
  const seen = holds(lived([[of('old', pins)], [of('next', pins)], [of('next')]]), 'm');
  expect(seen).toMatchObject({ override: 4 });
  expect(seen.holdout).toBeGreaterThan(300);
  const steps = lived([[of('old', '', 'card')], [of('old')], [of('next')]]);
  const { earlier } = steps[2]?.explainer('m').explain(unit('acct-1'), NOTHING) ?? {};
  expect(earlier?.map(({ reason }) => reason === 'other_key')).toEqual([false, true]);
});

test('a layer that is gone, or a model that had another name in it, is not guessed at', () => {
  const gone = lived([[model('m', 50, part('20%'))], [model('m', 50)]]);
  const renamed = lived(
    [[model('m', 50, part('20%'))], [model('n', 50, `${part('20%')}, salt: m`)]],
    new Map([['m', 'n']]),
  );
  for (const [steps, name] of [
    [gone, 'm'],
    [renamed, 'n'],
  ] as const) {
    const { earlier } = steps[1]?.explainer(name).explain(unit('acct-1'), NOTHING) ?? {};
    expect(earlier).toMatchObject([{ epoch: 1, version: null, reason: 'unknown' }]);
  }
});

test('with every epoch that a lock remembers, a unit takes well under a millisecond', () => {
  const days = Array.from({ length: PAST_MAX + 3 }, (_, day) => [
    model('m', 1 + day * 4, part(`${5 + day}%`)),
    model('n', 50, part('50%')),
  ]);
  const explainer = lived(days).at(-1)?.explainer('m');
  const ask = (from: number, to: number): number => {
    const { user, system } = process.cpuUsage();
    for (let at = from; at < to; at++) {
      expect(explainer?.explain(unit(`u-${at}`), NOTHING).earlier.length).toBe(PAST_MAX);
    }
    const used = process.cpuUsage({ user, system });
    return (used.user + used.system) / 1000;
  };
  ask(0, 50);
  expect(ask(50, 2050) / 2000).toBeLessThan(1);
});
