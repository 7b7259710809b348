// Random edits of several models that share a layer - enrolment, holdouts, shares, champions, names, who is in the layer - through
// the lock: does a unit of a model move that was not edited, does one leave that more enrolment should keep, does one move without
// an epoch, and is the share of units that a plan tells the share that moves? Every unit of every model is looked at after each.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAllocator } from '../../src/commands/supervise/allocations.ts';
import { loadPlan } from '../../src/config/load.ts';
import type { Plan } from '../../src/config/plan.ts';
import type { Random } from '../../src/kernel/random.ts';
import { assign } from '../../src/split/assign.ts';
import { EMPTY_LOCK, type Lock } from '../../src/split/lock.ts';
import { modelSplit } from '../../src/split/model-split.ts';
import { planLock } from '../../src/split/plan-lock.ts';
import { SPLIT } from '../../src/split/split-keys.ts';
import { subjectsOf } from '../../src/split/splits-of.ts';

const KINDS = ['enrol', 'holdout', 'shares', 'champion', 'layer', 'rename'] as const;
type Kind = (typeof KINDS)[number];

export interface EnrolmentResult {
  readonly edits: Record<Kind, number>;
  /** Units that got another version, over all models and edits. */
  moved: number;
  /** Units of models that were not edited, and moved all the same. */
  bystanders: number;
  /** Units that took part, did no longer though more are enrolled, or came in though fewer are. */
  againstEnrolment: number;
  /** Units that moved by a change of a model's name that keeps its salt. */
  byName: number;
  /** Edits that moved units without a change that the plan tells. */
  untold: number;
  /** Largest distance of a share that a plan tells from the share of these units, in standard errors. */
  worstTold: number;
}

interface Edited {
  readonly name: string;
  readonly salt: string;
  readonly champion: string;
  readonly a: number;
  /** Percent. */
  readonly eligible: number;
  readonly holdout: number;
  readonly layered: boolean;
}

/** The gate's answers for every unit of one model. */
interface Given {
  readonly versions: readonly string[];
  readonly takes: readonly boolean[];
}

/** Percent of the layer that all models together may have: the rest is nobody's, as section 5 of docs/assignment.md asks. */
const LAYER_MAX = 95;

export function simulateEnrolment(options: {
  readonly units: number;
  readonly edits: number;
  readonly random: Random;
}): EnrolmentResult {
  const { units, edits, random } = options;
  const result: EnrolmentResult = {
    edits: Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>,
    ...{ moved: 0, bystanders: 0, againstEnrolment: 0, byName: 0, untold: 0, worstTold: 0 },
  };
  const all = Array.from({ length: units }, (_, at) => ({ bytes: Buffer.from(`unit-${at}`), text: `unit-${at}` }));
  const below = (max: number): number => 1 + Math.floor(random() * max);
  let models: readonly Edited[] = ['m', 'n', 'o'].map((name, at) => ({
    ...{ name, salt: name, champion: 'a', a: 50, eligible: 20, holdout: 0, layered: at > 0 },
  }));
  let plan = planOf(models);
  let lock = planLock(EMPTY_LOCK, subjectsOf(plan), new Map(), AT).lock;
  let given = answers(plan, lock);

  function answers(of: Plan, by: Lock): Given[] {
    const { allocations } = createAllocator().allocate(of, by);
    return of.models.map((model, at) => {
      const split = modelSplit(model, allocations[at] ?? []);
      const found = all.map((unit) => assign(split, unit, { rawHeaders: [], target: '/', body: [] }, random));
      return {
        versions: found.map((answer) => model.versions[answer?.version ?? 0]?.name ?? ''),
        takes: found.map((answer) => answer?.reason === 'split'),
      };
    });
  }

  function edit(model: Edited, kind: Kind): Edited {
    const others = models.filter(({ name, layered }) => layered && name !== model.name);
    const free = LAYER_MAX - others.reduce((sum, { eligible }) => sum + eligible, 0);
    if (kind === 'enrol') return { ...model, eligible: below(model.layered ? free : 99) };
    if (kind === 'holdout') return { ...model, holdout: below(30) - 1 };
    if (kind === 'shares') return { ...model, a: below(99) };
    if (kind === 'champion') return { ...model, champion: model.champion === 'a' ? 'b' : 'a' };
    if (kind === 'rename') return { ...model, name: `${model.salt}${Math.floor(random() * 1e6)}` };
    return model.layered ? { ...model, layered: false } : { ...model, layered: true, eligible: below(free) };
  }

  for (let step = 0; step < edits; step++) {
    const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'enrol';
    const at = Math.floor(random() * models.length);
    const before = models[at] as Edited;
    const after = edit(before, kind);
    result.edits[kind]++;
    models = models.with(at, after);
    plan = planOf(models);
    const renames = kind === 'rename' ? new Map([[before.name, after.name]]) : new Map<string, string>();
    const { lock: next, changes } = planLock(lock, subjectsOf(plan), renames, AT);
    lock = next;
    const now = answers(plan, lock);
    for (const [index, answer] of now.entries()) {
      const then = given[index] as Given;
      const moved = answer.versions.filter((version, unit) => version !== then.versions[unit]).length;
      const told = changes.find(({ kind: whose, name }) => whose === 'model' && name === models[index]?.name);
      const share = told?.splits.find(({ key }) => key === SPLIT)?.units.moved ?? 0;
      result.moved += moved;
      if (index !== at) result.bystanders += moved;
      if (kind === 'rename') result.byName += moved;
      if (moved > 0 && told === undefined) result.untold++;
      const error = Math.sqrt(Math.max(share * (1 - share), 1 / units) / units);
      result.worstTold = Math.max(result.worstTold, Math.abs(moved / units - share) / error);
    }
    if (kind === 'enrol') {
      const wrong = (unit: number): boolean =>
        after.eligible >= before.eligible
          ? given[at]?.takes[unit] === true && now[at]?.takes[unit] === false
          : given[at]?.takes[unit] === false && now[at]?.takes[unit] === true;
      result.againstEnrolment += all.filter((_, unit) => wrong(unit)).length;
    }
    given = now;
  }
  return result;
}

const AT = '2026-01-01T00:00:00.000Z';

function planOf(models: readonly Edited[]): Plan {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-'));
  try {
    const file = join(folder, 'gate.yaml');
    const url = 'http://127.0.0.1:1';
    const written = models.map(({ name, salt, champion, a, eligible, holdout, layered }): [string, object] => [
      name,
      {
        versions: { a: { url }, b: { url } },
        ...{ salt, champion, sticky: { header: 'id' }, split: { a, b: 100 - a } },
        ...{ eligible: `${eligible}%`, holdout: `${holdout}%` },
        ...(layered ? { layer: 'shared' } : {}),
      },
    ]);
    writeFileSync(file, JSON.stringify({ models: Object.fromEntries(written) }));
    const loaded = loadPlan(file, { env: {}, serial: 1 });
    if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems));
    return loaded.plan;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
