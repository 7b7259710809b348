// `defaults` below a model: maps are merged key by key, everything else is the model's own where it has it. Three keys are
// choices rather than collections: a split is replaced whole, a sticky key has one source, a bare path is a match by path.

import type { Located, LocatedMap } from './located.ts';

const STICKY_SOURCES: ReadonlySet<string> = new Set(['header', 'query', 'cookie', 'body']);

export function withDefaults(model: Located, defaults: Located | undefined): Located {
  if (model.kind !== 'map' || defaults?.kind !== 'map') return model;
  return merge(model, defaults, (key, own, fallback) => {
    if (key === 'split') return own;
    if (key === 'match' && own.kind === 'scalar' && fallback.kind === 'map') return mergeDeep(asPath(own), fallback);
    if (key === 'sticky' && own.kind === 'map' && fallback.kind === 'map') return mergeSticky(own, fallback);
    return mergeDeep(own, fallback);
  });
}

type Combine = (key: string, own: Located, fallback: Located) => Located;

function merge(own: LocatedMap, fallback: LocatedMap, combine: Combine): LocatedMap {
  const entries = new Map<string, Located>();
  for (const [key, value] of own.entries) {
    const below = fallback.entries.get(key);
    entries.set(key, below === undefined ? value : combine(key, value, below));
  }
  for (const [key, value] of fallback.entries) if (!entries.has(key)) entries.set(key, value);
  return { ...own, entries, interpolated: own.interpolated || fallback.interpolated };
}

function mergeDeep(own: Located, fallback: Located): Located {
  if (own.kind !== 'map' || fallback.kind !== 'map') return own;
  return merge(own, fallback, (_, value, below) => mergeDeep(value, below));
}

function mergeSticky(own: LocatedMap, fallback: LocatedMap): LocatedMap {
  const named = [...own.entries.keys()].some((key) => STICKY_SOURCES.has(key));
  if (!named) return merge(own, fallback, (_, value) => value);
  const rest = new Map([...fallback.entries].filter(([key]) => !STICKY_SOURCES.has(key)));
  return merge(own, { ...fallback, entries: rest }, (_, value) => value);
}

function asPath(path: Located): LocatedMap {
  const { source, offset, keyOffset, parent, key, interpolated } = path;
  return { kind: 'map', source, offset, keyOffset, parent, key, interpolated, entries: new Map([['path', path]]) };
}
