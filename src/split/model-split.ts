// From a model's Plan and its allocation tables to all that decides its versions. Whoever assigns - the data path, the admin
// API, the command line - compiles the split here, so that all of them give the same answer.

import type { ModelPlan } from '../config/plan.ts';
import { SLOTS } from '../model.ts';
import type { Allocation, ModelSplit } from './assign.ts';
import type { Enrolment } from './enrolment.ts';
import { compilePlaces } from './json-scan.ts';
import { saltBytes } from './slot.ts';
import type { AllocationTable } from './tables.ts';

/**
 * @param tables owners of the slots, for the split, then for each rule's split, in order, then for the layer
 * @throws where a table is missing: the tables belong to another Plan
 */
export function modelSplit(model: ModelPlan, tables: readonly AllocationTable[]): ModelSplit {
  const tableAt = (at: number): AllocationTable => {
    const table = tables[at];
    if (table === undefined) throw new Error(`model ${model.name} has no allocation ${at}`);
    return table;
  };
  const allocationAt = (at: number): Allocation => {
    const { owners, epoch } = tableAt(at);
    return { owners: new Uint8Array(owners), epoch, propensities: null };
  };
  const source = model.sticky?.source;
  const pointers: (readonly string[])[] = source?.kind === 'body' ? [source.tokens] : [];
  const rules = model.rules.map(({ when, split }, at) => {
    const body = when.body.map(({ tokens, value }) => ({ place: pointers.push(tokens) - 1, value }));
    return {
      when: { ...when, headers: onTheWire(when.headers), body },
      allocation: allocationAt(at + 1),
      routes: split[model.champion] === 0,
    };
  });
  return {
    salt: saltBytes(model.salt),
    champion: model.champion,
    allocation: allocationAt(0),
    overrides: model.overrides,
    rules,
    enrolment: enrolmentOf(model, () => tableAt(model.rules.length + 1)),
    missing: model.sticky?.missing ?? 'random',
    places: pointers.length === 0 ? null : compilePlaces(pointers),
  };
}

/** Values as the UTF-8 bytes that a client sends, each byte a character, as raw headers have them. */
function onTheWire(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]),
  );
}

function enrolmentOf(
  { name, eligible, holdout, layer }: ModelPlan,
  layerTable: () => AllocationTable,
): Enrolment | null {
  if (eligible === 1 && holdout === 0 && layer === null) return null;
  return {
    holdoutSlots: Math.round(holdout * SLOTS),
    eligibleSlots: Math.round(eligible * SLOTS),
    layer:
      layer === null
        ? null
        : {
            salt: saltBytes(layer.name),
            owners: new Uint8Array(layerTable().owners),
            own: layer.members.indexOf(name),
          },
    chance: (1 - holdout) * eligible,
  };
}
