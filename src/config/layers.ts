// Layers over all models of a Plan: who is in each, and how large their parts are. Parts that do not fit into one slot space
// are refused; nothing is scaled down.

import { SLOTS } from '../model.ts';
import type { PlacedModel } from './ambiguity.ts';
import { child } from './located.ts';
import type { LayerPlan, ModelPlan } from './plan.ts';
import type { Findings } from './problem.ts';

/** Models of one layer: an owner of a slot is one byte, and one value stands for nobody. */
const MEMBERS_MAX = 254;

/** A model as its own file tells it: the layer has a name, the other members are not known yet. */
export type WithLayerName = PlacedModel & { readonly layer: string | null };

/** @returns the Plans with their layers, in the same order */
export function withLayers(models: readonly WithLayerName[], findings: Findings): ModelPlan[] {
  const byLayer = new Map<string, WithLayerName[]>();
  for (const model of models) {
    if (model.layer === null) continue;
    const members = byLayer.get(model.layer) ?? [];
    members.push(model);
    byLayer.set(model.layer, members);
  }
  const layers = new Map([...byLayer].map(([name, members]) => [name, layerOf(name, members, findings)]));
  return models.map(({ plan, layer }) => ({ ...plan, layer: layers.get(layer ?? '') ?? null }));
}

function layerOf(name: string, members: readonly WithLayerName[], findings: Findings): LayerPlan {
  const sorted = [...members].sort((a, b) => (a.plan.name < b.plan.name ? -1 : 1));
  const slots = sorted.map(({ plan }) => Math.round(plan.eligible * SLOTS));
  const taken = slots.reduce((sum, part) => sum + part, 0);
  const last = members.at(-1);
  if (last !== undefined && taken > SLOTS) {
    const parts = sorted.map(({ plan }, i) => `${plan.name} ${(slots[i] ?? 0) / 100}%`).join(', ');
    const problem = `the parts of layer ${name} sum to ${taken / 100}% (${parts})`;
    const key = child(last.at, 'eligible') === undefined ? 'layer' : 'eligible';
    findings.atKey(last.at, key, problem, 'write `eligible` in each of its models, 100% in all at most');
  }
  if (last !== undefined && members.length > MEMBERS_MAX) {
    const problem = `layer ${name} has ${members.length} models, more than ${MEMBERS_MAX}`;
    findings.atKey(last.at, 'layer', problem, 'spread them over several layers');
  }
  return {
    name,
    members: ['', ...sorted.map(({ plan }) => plan.name)],
    shares: [SLOTS - taken, ...slots].map((part) => part / SLOTS),
  };
}
