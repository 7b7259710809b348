// The edits that people make to a split, drawn by chance: whole new weights, versions that come and go, ramps that touch two
// versions alone, a share handed on as a whole, a step back to what was before, shares that are whole numbers of slots.
// Equal and whole shares are often handed on next: only there do roundings meet a version that has to leave.

import type { Random } from '../../src/kernel/random.ts';
import { SLOTS } from '../../src/model.ts';
import { quotas } from '../../src/split/allocate.ts';

/** Every kind that an edit may have; of each sequence any, in any order. */
const KINDS = [
  'weights',
  'even',
  'add',
  'remove',
  'hand',
  'ramp',
  'whole',
  'back',
  'reorder',
  'rename',
  'scale',
] as const;
export type EditKind = (typeof KINDS)[number];

export interface EditedSplit {
  /** In the order of the file. */
  readonly versions: readonly string[];
  readonly weights: ReadonlyMap<string, number>;
}

export interface Edit {
  readonly kind: EditKind;
  /** Old name -> new name, of versions that keep their units. */
  readonly renames: ReadonlyMap<string, string>;
}

export interface Editor {
  readonly split: EditedSplit;
  edit(): Edit;
}

export function noEdits(): Record<EditKind, number> {
  return Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<EditKind, number>;
}

const VERSIONS_MAX = 6;
const NO_RENAMES: ReadonlyMap<string, string> = new Map();

/** One split, and its future. */
export function createEditor(random: Random): Editor {
  let named = 0;
  let split = firstSplit();
  let last: EditKind = 'weights';
  const earlier: EditedSplit[] = [];

  function firstSplit(): EditedSplit {
    const versions = Array.from({ length: 1 + Math.floor(random() * VERSIONS_MAX) }, () => `v${named++}`);
    return { versions, weights: new Map(versions.map((name) => [name, weight()])) };
  }

  /** Percents, equal parts and odd fractions: roundings of every kind. */
  function weight(): number {
    const kind = random();
    if (kind < 0.5) return 1 + Math.floor(random() * 99);
    return kind < 0.75 ? 1 : 0.05 + random() * 10;
  }

  function pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(random() * values.length)] as Value;
  }

  function others(than: string): readonly string[] {
    return split.versions.filter((name) => name !== than);
  }

  function weightOf(name: string): number {
    return split.weights.get(name) as number;
  }

  function withWeights(changed: Iterable<readonly [string, number]>): EditedSplit {
    return { ...split, weights: new Map([...split.weights, ...changed]) };
  }

  function without(name: string): EditedSplit {
    const weights = new Map(split.weights);
    weights.delete(name);
    return { versions: others(name), weights };
  }

  /** By kind, the split that follows, or null where the present one does not allow it. */
  const follow: Readonly<Record<Exclude<EditKind, 'rename'>, () => EditedSplit | null>> = {
    weights: () => withWeights(split.versions.filter(() => random() < 0.5).map((name) => [name, weight()])),
    even: () => withWeights(split.versions.map((name) => [name, 1])),
    add() {
      if (split.versions.length === VERSIONS_MAX) return null;
      const name = `v${named++}`;
      const at = Math.floor(random() * (split.versions.length + 1));
      return {
        versions: split.versions.toSpliced(at, 0, name),
        weights: new Map([...split.weights, [name, weight()]]),
      };
    },
    remove: () => (split.versions.length === 1 ? null : without(pick(split.versions))),
    /** One version or more go, and one other takes all that they had: nobody else's share changes. */
    hand() {
      if (split.versions.length === 1) return null;
      const to = pick(split.versions);
      const shuffled = others(to).toSorted(() => random() - 0.5);
      const gone = shuffled.slice(0, random() < 0.5 ? 1 : 1 + Math.floor(random() * shuffled.length));
      const sum = [to, ...gone].reduce((total, name) => total + weightOf(name), 0);
      const left = split.versions.filter((name) => !gone.includes(name));
      return { versions: left, weights: new Map(left.map((name) => [name, name === to ? sum : weightOf(name)])) };
    },
    /** Part of one share goes to one other version. */
    ramp() {
      if (split.versions.length === 1) return null;
      const from = pick(split.versions);
      const to = pick(others(from));
      const part = weightOf(from) * pick([0.1, 0.5, random()]);
      return withWeights([
        [from, weightOf(from) - part],
        [to, weightOf(to) + part],
      ]);
    },
    /** The same shares, rounded to whole slots, or each to half a slot more or less: then two of them make a whole one. */
    whole() {
      const sum = [...split.weights.values()].reduce((total, one) => total + one, 0);
      const slots = quotas(
        split.versions,
        split.versions.map((name) => weightOf(name) / sum),
      );
      const paired = random() < 0.5 ? 0 : slots.length - (slots.length % 2);
      const halves = slots.map((_, at) => (at >= paired ? 0 : at % 2 === 0 ? 0.5 : -0.5));
      return withWeights(split.versions.map((name, at) => [name, (slots[at] as number) + (halves[at] as number)]));
    },
    back: () => (earlier.length === 0 ? null : pick(earlier.slice(-4))),
    reorder: () => ({ ...split, versions: split.versions.toSorted(() => random() - 0.5) }),
    /** 9 : 1 and 90 : 10 are the same split. */
    scale: () => withWeights(split.versions.map((name) => [name, weightOf(name) * 10])),
  };

  function renamed(): Edit {
    const [from, to] = [pick(split.versions), `${'nrz'[named % 3]}${named++}`];
    const now = (name: string): string => (name === from ? to : name);
    split = {
      versions: split.versions.map(now),
      weights: new Map([...split.weights].map(([name, given]) => [now(name), given])),
    };
    return { kind: 'rename', renames: new Map([[from, to]]) };
  }

  return {
    get split() {
      return split;
    },
    edit() {
      earlier.push(split);
      for (;;) {
        const kind = (last === 'whole' || last === 'even') && random() < 0.5 ? 'hand' : pick(KINDS);
        last = kind;
        if (kind === 'rename') return renamed();
        const next = follow[kind]();
        // A share below one slot is refused before it comes to an allocation.
        if (next === null || !hasWholeSlots(next)) continue;
        split = next;
        return { kind, renames: NO_RENAMES };
      }
    },
  };
}

function hasWholeSlots({ weights }: EditedSplit): boolean {
  const sum = [...weights.values()].reduce((total, one) => total + one, 0);
  return [...weights.values()].every((given) => given * SLOTS >= sum);
}
