// Values that know where they were written. A file becomes a tree of these; defaults are merged as trees, so that every value
// keeps its own file, line and column until the last check is done.

export interface SourceFile {
  /** Absolute path. */
  readonly path: string;
  /** Folder that relative paths in this file start from. */
  readonly folder: string;
  /** Line and column from 1 of an offset into the text. */
  position(offset: number): { readonly line: number; readonly column: number };
}

interface Base {
  readonly source: SourceFile;
  readonly offset: number;
  /** Where its key stands; the value's own offset where it has none. */
  readonly keyOffset: number;
  readonly parent: LocatedMap | LocatedList | null;
  readonly key: string | number;
  /** Whether this value, or one below it, came in part from the environment. */
  readonly interpolated: boolean;
}

export interface LocatedMap extends Base {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Located>;
}

export interface LocatedList extends Base {
  readonly kind: 'list';
  readonly items: readonly Located[];
}

export interface LocatedScalar extends Base {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As written: references to the environment unresolved. */
  readonly text: string;
  /** A reference that could not be resolved, told already: no further complaint about this value. */
  readonly broken: boolean;
}

export type Located = LocatedMap | LocatedList | LocatedScalar;

/** The value at a path, as far as it exists. */
export function child(node: Located | undefined, ...path: readonly PropertyKey[]): Located | undefined {
  let here = node;
  for (const key of path) {
    if (here?.kind === 'map') here = here.entries.get(String(key));
    else if (here?.kind === 'list') here = here.items[Number(key)];
    else return undefined;
  }
  return here;
}

/** The value at a path, or the last one on the way to it. */
export function deepest(node: Located, path: readonly PropertyKey[]): Located {
  let here = node;
  for (const key of path) {
    const next = child(here, key);
    if (next === undefined) return here;
    here = next;
  }
  return here;
}

export function entriesOf(node: Located | undefined): ReadonlyMap<string, Located> {
  return node?.kind === 'map' ? node.entries : NO_ENTRIES;
}
const NO_ENTRIES: ReadonlyMap<string, Located> = new Map();

/** `models.credit-default.rules[0].split`: the place where the value was written, not where it was merged to. */
export function pathOf(node: Located): string {
  if (node.parent === null) return '';
  const above = pathOf(node.parent);
  if (typeof node.key === 'number') return `${above}[${node.key}]`;
  const key = /^[\w/-]+$/.test(node.key) ? node.key : JSON.stringify(node.key);
  return above === '' ? key : `${above}.${key}`;
}

/** Whether a value was written below `defaults`, and is there for a model that has none of its own. */
export function isDefault(node: Located): boolean {
  let here = node;
  while (here.parent !== null && here.parent.parent !== null) here = here.parent;
  return here.parent !== null && here.key === 'defaults';
}

/** Plain values, as the schema reads them. */
export function plainOf(node: Located): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainOf);
  const plain: Record<string, unknown> = {};
  for (const [key, value] of node.entries) plain[key] = plainOf(value);
  return plain;
}

const SHOWN_MAX = 60;

/** A value as a problem shows it: never what the environment holds. */
export function shown(node: Located): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'nothing';
  const text = node.text.length > SHOWN_MAX ? `${node.text.slice(0, SHOWN_MAX)}...` : node.text;
  return typeof node.value === 'string' ? JSON.stringify(text) : text;
}
