// The Plans that records may still speak of. A record carries the serial of the Plan it was decided under, and a slow answer
// may end many reloads later; so old Plans stay for a while, within a bound.

import { readOptionsOf } from '../capture/read-options.ts';
import type { ModelPlan, Plan } from '../config/plan.ts';
import { protocolOf } from '../protocols/registry.ts';
import {
  type Allocations,
  type AllocationTable,
  type Histories,
  type ModelHistory,
  NO_HISTORY,
} from '../split/tables.ts';
import { type BodyReaders, createBodyReaders } from './body-readers.ts';

/** A model of one Plan, with all that reading its records needs. */
export interface KnownModel {
  readonly generation: string;
  readonly model: ModelPlan;
  /** null where nobody reads the bodies. */
  readonly readers: BodyReaders | null;
  /** Per version: scheme://host:port where it has one endpoint. */
  readonly origins: readonly (string | null)[];
}

export interface KnownPlan {
  readonly plan: Plan;
  readonly allocations: Allocations;
  readonly histories: Histories;
  readonly models: readonly KnownModel[];
}

export interface AllocatedModel {
  readonly known: KnownModel;
  readonly tables: readonly AllocationTable[];
  readonly history: ModelHistory;
}

export interface PlanShelf {
  readonly current: KnownPlan;
  put(plan: Plan, allocations: Allocations, histories: Histories): void;
  /** undefined where that Plan is forgotten, or never was. */
  find(serial: number, model: number): KnownModel | undefined;
  /** The current Plan's model of this name, with its allocation. */
  named(name: string): AllocatedModel | undefined;
}

const PLANS_MAX = 1024;
/** Models in all Plans kept: at a few KB each. */
const MODELS_MAX = 20_000;
const PLANS_MIN = 4;

export function createPlanShelf(plan: Plan, allocations: Allocations, histories: Histories): PlanShelf {
  const bySerial = new Map<number, KnownPlan>();
  let current = known(plan, allocations, histories, []);
  let models = 0;

  function put(next: KnownPlan): void {
    current = next;
    bySerial.set(next.plan.serial, next);
    models += next.models.length;
    for (const [serial, oldest] of bySerial) {
      const isOver = bySerial.size > PLANS_MAX || models > MODELS_MAX;
      if (!isOver || bySerial.size <= PLANS_MIN) break;
      bySerial.delete(serial);
      models -= oldest.models.length;
    }
  }
  put(current);

  return {
    get current() {
      return current;
    },
    put: (next, tables, histories) => put(known(next, tables, histories, current.models)),
    find: (serial, model) => bySerial.get(serial)?.models[model],
    named(name) {
      const index = current.models.findIndex(({ model }) => model.name === name);
      const found = current.models[index];
      if (found === undefined) return undefined;
      const history = current.histories[index] ?? NO_HISTORY;
      return { known: found, tables: current.allocations[index] ?? [], history };
    },
  };
}

/** @param before models of the Plan that this one follows */
function known(plan: Plan, allocations: Allocations, histories: Histories, before: readonly KnownModel[]): KnownPlan {
  const readersBefore = new Map(before.map(({ model, readers }) => [model.name, readers]));
  const models = plan.models.map((model): KnownModel => {
    const origins = model.versions.map(({ endpoints }) =>
      endpoints.length === 1 ? (endpoints[0]?.origin ?? null) : null,
    );
    return {
      generation: plan.generation,
      model,
      readers:
        model.protocol === 'raw'
          ? null
          : createBodyReaders(
              model,
              protocolOf(model.protocol),
              readOptionsOf(model),
              readersBefore.get(model.name) ?? null,
            ),
      origins,
    };
  });
  return { plan, allocations, histories, models };
}
