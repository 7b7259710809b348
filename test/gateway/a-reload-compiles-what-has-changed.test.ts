// A gateway thread is sent, unpacks and compiles only the models that a reload changes, however many there are; the others keep
// their routes, their connections and their counters.

import { expect, test } from 'vitest';
import { planDelivery } from '../../src/commands/supervise/plan-delivery.ts';
import type { ModelPlan, Plan } from '../../src/config/plan.ts';
import { createPlanAssembly } from '../../src/gateway/plan-assembly.ts';
import { createRoutes, type Routes } from '../../src/gateway/routes.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createDeadlineWatch } from '../../src/kernel/deadlines.ts';
import type { Allocations } from '../../src/split/tables.ts';
import { createMeters } from '../../src/telemetry/meters.ts';
import { allocations, model, plan, version } from './gate-fixture.ts';

const MODELS = 400;

function named(index: number, more: Partial<ModelPlan> = {}): ModelPlan {
  const versions = [version('old', 'http://127.0.0.1:1'), version('new', 'http://127.0.0.1:2')];
  const mirrors = [{ version: 1, share: 1, timeoutMs: 1000, callsMax: 10, bytesMax: 1_000_000 }];
  const match = { paths: [`/m${index}`], methods: null, host: null, headers: {} };
  return model(versions, { name: `m${index}`, salt: `m${index}`, match, mirrors, ...more });
}

const many = (): ModelPlan[] => Array.from({ length: MODELS }, (_, index) => named(index));

/** Two threads: what the supervisor knows, and a gateway's routes behind a message port. */
function start(first: Plan) {
  const clock = createManualClock();
  const routes = createRoutes({
    clock,
    watch: createDeadlineWatch(clock, 10),
    meters: createMeters(0, () => {}),
    fastLane: true,
    report(problem) {
      throw problem;
    },
  });
  let before = { plan: first, allocations: allocations(first) };
  const setup = structuredClone(before);
  const assembly = createPlanAssembly(setup.plan, setup.allocations);
  routes.swap(setup.plan, setup.allocations);
  return {
    routes,
    /** @returns how many models were sent */
    reload(next: Plan, tables: Allocations): number {
      const delivery = planDelivery(before, { plan: next, allocations: tables });
      const sent = structuredClone(delivery);
      for (const each of sent.changed) routes.prepare(each.model, each.tables);
      assembly.add(sent.changed);
      const assembled = assembly.plan(sent.frame, sent.order);
      expect(assembled.plan).toEqual(next);
      routes.swap(assembled.plan, assembled.allocations);
      before = { plan: next, allocations: tables };
      return delivery.changed.length;
    },
    tables: () => before.allocations,
  };
}

const find = (routes: Routes, index: number) => routes.table.find('POST', `/m${index}`, '', []);

test(`one of ${MODELS} models changed: one is sent and compiled, and the others keep what they have`, async () => {
  const gate = start(plan(many()));
  const { routes } = gate;
  expect(routes.compiled).toBe(MODELS);
  const kept = find(routes, 8);
  const endpoints = new Set(routes.endpoints);

  const models = many();
  models[7] = named(7, { timeout: { connectMs: 250, firstByteMs: 1000, totalMs: 10_000 } });
  const next = plan(models);
  expect(gate.reload(next, gate.tables())).toBe(1);
  expect(routes.compiled).toBe(MODELS + 1);
  expect(find(routes, 7)?.plan.timeout.firstByteMs).toBe(1000);
  expect(find(routes, 8)).toMatchObject({ index: 8, serial: next.serial });
  expect(find(routes, 8)?.versions).toBe(kept?.versions);
  expect(find(routes, 8)?.mirrors).toBe(kept?.mirrors);
  // The changed model would connect as before: its connections stay as well.
  expect(routes.endpoints.filter((one) => !endpoints.has(one))).toEqual([]);
  await routes.close();
});

test('models that come, go, change places or get another allocation are where the Plan has them', async () => {
  const gate = start(plan(many()));
  const { routes } = gate;
  const order = [3, 1, 0, 2];
  const moved = plan([named(500), ...order.map((index) => named(index))]);
  const tables = [allocations(moved)[0] ?? [], ...order.map((index) => gate.tables()[index] ?? [])];
  expect(gate.reload(moved, tables)).toBe(1);
  expect([500, ...order].map((index) => find(routes, index)?.plan.name)).toEqual(['m500', 'm3', 'm1', 'm0', 'm2']);
  expect([500, ...order].map((index) => find(routes, index)?.index)).toEqual([0, 1, 2, 3, 4]);
  expect(find(routes, 4)).toBeUndefined();
  expect(routes.endpoints).toHaveLength(5 * 3);

  const again = [...tables];
  again[2] = allocations(plan([named(1)]), 9)[0] ?? [];
  expect(gate.reload(plan([...moved.models]), again)).toBe(1);
  expect(find(routes, 1)?.split.allocation.epoch).toBe(9);
  expect(routes.compiled).toBe(MODELS + 2);
  await routes.close();
});
