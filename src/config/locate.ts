// From the parser's nodes to located values: aliases followed within a bound, duplicate keys and unset references reported.
// What the keys mean is the schema's business.

import { type Alias, isAlias, isMap, isNode, isScalar, type Node, type YAMLMap } from 'yaml';
import { type Environment, interpolate } from './interpolate.ts';
import {
  type Located,
  type LocatedList,
  type LocatedMap,
  type LocatedScalar,
  pathOf,
  type SourceFile,
} from './located.ts';
import type { Findings } from './problem.ts';

export const DEPTH_MAX = 32;
/** Values that aliases may add to a file (against "billion laughs"). */
const ALIASED_VALUES_MAX = 10_000;

interface Place {
  readonly parent: LocatedMap | LocatedList | null;
  readonly key: string | number;
  readonly keyOffset: number | undefined;
  readonly depth: number;
  /** Inside a value that an alias repeats. */
  readonly aliased: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function locate(contents: Node, source: SourceFile, env: Environment, findings: Findings): Located {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  let aliasedValues = 0;

  function visit(node: Node, place: Place): Located {
    const offset = node.range?.[0] ?? place.keyOffset ?? 0;
    if (place.depth > DEPTH_MAX) {
      findings.inFile(source, offset, `the file is nested deeper than ${DEPTH_MAX} levels`, 'flatten it');
      return nothing(place, offset, true);
    }
    if (place.aliased && ++aliasedValues > ALIASED_VALUES_MAX) {
      if (aliasedValues > ALIASED_VALUES_MAX + 1) return nothing(place, offset, true);
      const problem = `aliases repeat more than ${ALIASED_VALUES_MAX} values`;
      findings.inFile(source, offset, problem, 'write fewer aliases, or use `defaults`');
      return nothing(place, offset, true);
    }
    if (isAlias(node)) return follow(node, place, offset);
    const found = isScalar(node)
      ? scalar(node, place, offset)
      : isMap(node)
        ? map(node, place, offset)
        : list(node, place, offset);
    // An anchor is known once its value is complete: an alias inside itself names nothing.
    if (node.anchor !== undefined && !place.aliased) anchors.set(node.anchor, node);
    return found;
  }

  function base(place: Place, offset: number) {
    const { parent, key, keyOffset } = place;
    return { source, offset, keyOffset: keyOffset ?? offset, parent, key };
  }

  function follow(alias: Alias, place: Place, offset: number): Located {
    const target = targets.get(alias) ?? anchors.get(alias.source);
    if (target === undefined) {
      findings.inFile(
        source,
        offset,
        `the alias *${alias.source} names no anchor before it`,
        `set &${alias.source} first`,
      );
      return nothing(place, offset, true);
    }
    targets.set(alias, target);
    return visit(target, { ...place, aliased: true });
  }

  function scalar(node: { value: unknown; source?: string }, place: Place, offset: number): LocatedScalar {
    const value = node.value;
    const common = { kind: 'scalar', ...base(place, offset) } as const;
    if (typeof value !== 'string') {
      const simple = typeof value === 'number' || typeof value === 'boolean' ? value : null;
      return { ...common, value: simple, text: node.source ?? String(value), interpolated: false, broken: false };
    }
    const { text, used, unset, malformed } = interpolate(value, env);
    const broken = malformed || unset.length > 0;
    const found: LocatedScalar = { ...common, value: text, text: value, interpolated: used, broken };
    for (const name of unset) {
      const remedy = `set it in the environment, or give a default: \${${name}:-default}`;
      findings.at(found, `the environment has no ${name}`, remedy);
    }
    if (malformed) {
      findings.at(found, 'a "${" begins no reference', `write \${NAME} or \${NAME:-default}, or $$ for a dollar sign`);
    }
    return found;
  }

  function map(node: YAMLMap, place: Place, offset: number): LocatedMap {
    const entries = new Map<string, Located>();
    const found: Writable<LocatedMap> = { kind: 'map', ...base(place, offset), entries, interpolated: false };
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value ?? '') : '';
      const keyOffset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      const trouble = keyTrouble(key, entries);
      if (trouble !== undefined) {
        const [problem, remedy] = trouble;
        const above = pathOf(found);
        findings.inFile(source, keyOffset, problem, remedy, above === '' ? key : `${above}.${key}`);
        continue;
      }
      const below: Place = { parent: found, key, keyOffset, depth: place.depth + 1, aliased: place.aliased };
      const value = isNode(pair.value) ? visit(pair.value, below) : nothing(below, keyOffset, false);
      entries.set(key, value);
      if (value.interpolated) found.interpolated = true;
    }
    return found;
  }

  function list(node: { items: unknown[] }, place: Place, offset: number): LocatedList {
    const items: Located[] = [];
    const found: Writable<LocatedList> = { kind: 'list', ...base(place, offset), items, interpolated: false };
    for (const [index, item] of node.items.entries()) {
      const below: Place = {
        parent: found,
        key: index,
        keyOffset: undefined,
        depth: place.depth + 1,
        aliased: place.aliased,
      };
      const value = isNode(item) ? visit(item, below) : nothing(below, offset, false);
      items.push(value);
      if (value.interpolated) found.interpolated = true;
    }
    return found;
  }

  /** @param broken it stands for a value that could not be followed, which is told already */
  function nothing(place: Place, offset: number, broken: boolean): LocatedScalar {
    return { kind: 'scalar', ...base(place, offset), value: null, text: '', interpolated: false, broken };
  }

  return visit(contents, { parent: null, key: '', keyOffset: undefined, depth: 0, aliased: false });
}

function keyTrouble(key: string, entries: ReadonlyMap<string, Located>): [problem: string, remedy: string] | undefined {
  const first = entries.get(key);
  if (first !== undefined) {
    const { line } = first.source.position(first.keyOffset);
    return [`the key stands twice, first on line ${line}`, 'remove one of the two'];
  }
  if (key === '<<') return ['merge keys are not read', 'use `defaults`, or an alias for a whole value'];
  if (key === '__proto__') return ['this key is reserved', 'choose another name'];
  return undefined;
}
