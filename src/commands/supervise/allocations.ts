// The allocation tables of a Plan, in shared memory, made on the supervisor's thread so that no request waits for them: from
// the lock where there is one, afresh where there is none. A reload that leaves a split alone keeps its table.

import { createHash } from 'node:crypto';
import type { ModelPlan, Plan } from '../../config/plan.ts';
import { SLOTS } from '../../model.ts';
import { entryOf, type Lock } from '../../split/lock.ts';
import { type Allocation, firstAllocation } from '../../split/next-allocation.ts';
import { pastOf } from '../../split/plan-lock.ts';
import type { KnownEntries } from '../../split/read-lock.ts';
import { ruleKeys, SPLIT } from '../../split/split-keys.ts';
import { type Shares, type Subject, subjectsOf } from '../../split/splits-of.ts';
import {
  type Allocations,
  type AllocationTable,
  type Histories,
  type LayerHistory,
  NO_HISTORY,
} from '../../split/tables.ts';

export interface Allocated {
  readonly allocations: Allocations;
  readonly histories: Histories;
}

export interface Allocator {
  /** Of the lock read last. */
  readonly known: KnownEntries;
  /**
   * Tables that the Plan does not use are forgotten.
   * @param lock one that fits the Plan, or null
   * @throws where the lock does not fit: that is to be told before
   */
  allocate(plan: Plan, lock: Lock | null): Allocated;
}

export function createAllocator(): Allocator {
  let tables = new Map<string, AllocationTable>();
  return {
    known: new Map(),
    allocate(plan, lock) {
      const used = new Map<string, AllocationTable>();
      const subjects = new Map(subjectsOf(plan).map((subject) => [`${subject.kind} ${subject.name}`, subject]));

      function table(id: string, key: string, names: readonly string[]): AllocationTable {
        const subject = subjects.get(id);
        const shares = subject?.splits.get(key);
        if (subject === undefined || shares === undefined) throw new Error(`${id} has no split ${key}`);
        const from = lock === null ? freshly(shares) : locked(lock, subject, key);
        const place = JSON.stringify([from.mark, names]);
        const kept = used.get(place) ?? tables.get(place) ?? { owners: placed(from.make(), names), epoch: from.epoch };
        used.set(place, kept);
        return kept;
      }

      const allocations = plan.models.map((model) => tablesOf(model, table));
      tables = used;
      return { allocations, histories: historiesOf(plan, lock) };
    },
  };
}

type TableOf = (id: string, key: string, names: readonly string[]) => AllocationTable;

function tablesOf(model: ModelPlan, table: TableOf): AllocationTable[] {
  const names = model.versions.map(({ name }) => name);
  const own = [SPLIT, ...ruleKeys(model)].map((key) => table(`model ${model.name}`, key, names));
  const { layer } = model;
  return layer === null ? own : [...own, table(`layer ${layer.name}`, SPLIT, layer.members)];
}

interface Origin {
  readonly epoch: number;
  /** Equal where the allocation is the same. */
  readonly mark: string;
  make(): Allocation;
}

function freshly(shares: Shares): Origin {
  return { epoch: 0, mark: JSON.stringify([...shares]), make: () => firstAllocation(shares) };
}

/** Of tables that stay from one reload to the next, taken once. */
const digests = new WeakMap<Uint8Array, string>();

function digestOf(owners: Uint8Array): string {
  const digest = digests.get(owners) ?? createHash('sha256').update(owners).digest('hex');
  digests.set(owners, digest);
  return digest;
}

function locked(lock: Lock, subject: Subject, key: string): Origin {
  const entry = entryOf(lock, subject);
  const allocation = entry?.splits.get(key);
  if (entry === undefined || allocation === undefined) throw new Error(`the lock has no ${key} of ${subject.name}`);
  return { epoch: entry.epoch, mark: `${entry.epoch} ${digestOf(allocation.owners)}`, make: () => allocation };
}

/** Owners by name become owners by their index among `names`. */
function placed({ names: owned, owners }: Allocation, names: readonly string[]): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(SLOTS);
  const position = owned.map((name) => names.indexOf(name));
  new Uint8Array(memory).set(owners.map((owner) => position[owner] as number));
  return memory;
}

/** Models of one layer share its history: between threads it is copied once. */
function historiesOf(plan: Plan, lock: Lock | null): Histories {
  const layers = new Map<string, LayerHistory>();
  const layerOf = (name: string): LayerHistory[] => {
    const entry = lock?.layers.get(name);
    if (entry === undefined) return [];
    const history = layers.get(name) ?? { name, epochs: [pastOf(entry, new Map()), ...entry.past] };
    layers.set(name, history);
    return [history];
  };
  return plan.models.map(({ name }) => {
    const entry = lock?.models.get(name);
    if (entry === undefined) return NO_HISTORY;
    const { at: since, past } = entry;
    const named = new Set(past.flatMap(({ enrolment }) => enrolment?.layer ?? []));
    return { since, past, layers: [...named].flatMap(layerOf) };
  });
}
