// The admin side's picture of models, put together from the rooms: the catalog's facts, the counters' traffic, capture's
// accounts, drift and comparison. Pure reading; it is asked about once a second, never on the path of a record.

import type {
  DriftView,
  ExplainView,
  ModelDetail,
  ModelSummary,
  ShadowView,
  SplitView,
  TrafficView,
  Unassigned,
} from '../admin/view.ts';
import type { Capture } from '../capture/capture.ts';
import { type ModelFacts, modelFacts } from '../catalog/facts.ts';
import { partsOf } from '../catalog/parts.ts';
import type { Comparer } from '../compare/comparer.ts';
import type { ModelPlan } from '../config/plan.ts';
import type { DriftEngine } from '../drift/engine.ts';
import type { AskedReport } from '../drift/report.ts';
import { type Role, SHADOW_DROPS, SLOTS } from '../model.ts';
import { type AskedAttributes, asOnTheWire, createExplainer, type Explainer, noAssignment } from '../split/explain.ts';
import type { AllocationTable } from '../split/tables.ts';
import { SERIES } from '../telemetry/layout.ts';
import type { Sums } from '../telemetry/sums.ts';
import type { Traffic } from '../telemetry/traffic.ts';
import type { PlanShelf } from './plan-shelf.ts';
import type { UnreadableCounts } from './unreadable.ts';

export interface ViewSources {
  readonly shelf: PlanShelf;
  readonly traffic: Traffic;
  readonly sums: Sums;
  readonly capture: Capture;
  readonly drift: DriftEngine;
  readonly comparer: Comparer;
  readonly unreadable: UnreadableCounts;
}

export interface ModelViews {
  models(): readonly ModelSummary[];
  model(name: string): ModelDetail | undefined;
  split(name: string): SplitView | undefined;
  shadows(name: string): readonly ShadowView[] | undefined;
  drift(name: string, asked?: AskedReport): DriftView | undefined;
  explain(model: string, unit: string, attributes: AskedAttributes): ExplainView | Unassigned | undefined;
}

export function createModelViews(sources: ViewSources): ModelViews {
  const { shelf, traffic, sums, capture, drift, comparer, unreadable } = sources;

  /** Compiled when first asked for; they go with the Plan whose tables they are made from. */
  const explainers = new WeakMap<readonly AllocationTable[], Explainer>();

  function planOf(name: string): ModelPlan | undefined {
    return shelf.named(name)?.known.model;
  }

  function trafficOf(facts: ModelFacts): TrafficView[] {
    const numbersOf = (version: string, role: Role) => traffic.of(facts.name, version, role);
    const parts = partsOf(facts, (version, role) => (numbersOf(version, role)?.total ?? 0) > 0);
    return parts.map((part) => ({ ...part, ...NO_TRAFFIC, ...numbersOf(part.version, part.role) }));
  }

  function summaryOf(facts: ModelFacts): ModelSummary {
    const { name, owner, description, protocol, champion } = facts;
    const watched = drift.summary(name) ?? { status: 'unknown', worst: null };
    return { name, owner, description, protocol, champion, traffic: trafficOf(facts), drift: watched };
  }

  function shadowOf(
    name: string,
    { version, share }: { readonly version: string; readonly share: number },
  ): ShadowView {
    const compared = comparer.report(name).find((one) => one.version === version);
    const cells = sums.find(name, version, 'shadow')?.cells;
    const drops = SHADOW_DROPS.map((reason, i) => [reason, cells?.[SERIES.at.shadowDrops + i] ?? 0] as const);
    return {
      version,
      share,
      ...(compared ?? NOT_COMPARED),
      sent: traffic.of(name, version, 'shadow')?.total ?? 0,
      dropped: Object.fromEntries(drops),
    };
  }

  return {
    models: () => shelf.current.models.map(({ model }) => summaryOf(modelFacts(model))),
    model(name) {
      const plan = planOf(name);
      if (plan === undefined) return undefined;
      const facts = modelFacts(plan);
      const { received, captured, sampledOut, pending, dropped: reasons } = capture.counts(name);
      const dropped = Object.values(reasons).reduce((sum, count) => sum + count, 0);
      const counts = { received, captured, sampledOut, dropped, pending, unreadable: unreadable.count(name) };
      const { versions, sticky, mirrors } = facts;
      return { ...summaryOf(facts), versions, sticky, mirrors, capture: { ...facts.capture, ...counts } };
    },
    split(name) {
      const found = shelf.named(name);
      const table = found?.tables[0];
      if (found === undefined || table === undefined) return undefined;
      const { model } = found.known;
      const owned = new Array<number>(model.versions.length).fill(0);
      for (const owner of new Uint8Array(table.owners)) owned[owner] = (owned[owner] ?? 0) + 1;
      const versions = model.versions.map(({ name: version }, i) => ({
        version,
        share: model.split[i] ?? 0,
        slots: owned[i] ?? 0,
      }));
      return { model: name, salt: model.salt, slots: SLOTS, versions };
    },
    shadows(name) {
      const plan = planOf(name);
      return plan === undefined ? undefined : modelFacts(plan).mirrors.map((mirror) => shadowOf(name, mirror));
    },
    drift: (name, asked) => (planOf(name) === undefined ? undefined : drift.report(name, asked)),
    explain(name, unit, attributes) {
      const found = shelf.named(name);
      if (found === undefined) return undefined;
      const { model, generation } = found.known;
      const bytes = Buffer.from(unit, 'utf8');
      const obstacle = noAssignment(model, bytes);
      if (obstacle !== null) return { obstacle };
      const explainer = kept(explainers, found.tables, () => createExplainer(model, found.tables, found.history));
      const path = attributes.path === '' ? (model.match.paths[0] ?? '') || '/' : attributes.path;
      const asked = asOnTheWire(explainer, { ...attributes, path });
      return { ...explainer.explain({ bytes, text: unit }, asked), generation };
    },
  };
}

function kept<Key extends object, Value>(store: WeakMap<Key, Value>, key: Key, make: () => Value): Value {
  const found = store.get(key) ?? make();
  store.set(key, found);
  return found;
}

const NO_TRAFFIC = {
  total: 0,
  errors: 0,
  perSecond: 0,
  errorsPerSecond: 0,
  latencyMs: { p50: null, p90: null, p99: null },
  history: [],
};

const NOT_COMPARED = {
  compared: 0,
  unpaired: 0,
  statusEqual: 0,
  predictionsCompared: 0,
  predictionsEqual: 0,
  meanAbsoluteDifference: null,
  latencyDifferenceMs: null,
};
