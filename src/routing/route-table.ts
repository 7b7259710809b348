// Which model a request is for: the longest path prefix on a segment border, then the most specific of the models that
// share it. One map lookup per segment of the path, however many models there are.

import { headerOf } from '../http/head.ts';

export interface RouteMatch {
  /** Prefixes on segment borders, no trailing slash; '' matches every path. */
  readonly paths: readonly string[];
  readonly methods: readonly string[] | null;
  /** Lower case, without port. */
  readonly host: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RouteTable<Route> {
  /** @param path without query */
  find(method: string, path: string, host: string, rawHeaders: readonly string[]): Route | undefined;
}

interface Candidate<Route> {
  readonly match: RouteMatch;
  readonly route: Route;
  readonly conditions: number;
}

export function createRouteTable<Route>(
  entries: readonly { readonly match: RouteMatch; readonly route: Route }[],
): RouteTable<Route> {
  const byPrefix = new Map<string, Candidate<Route>[]>();
  let deepest = 0;
  for (const { match: written, route } of entries) {
    const compiled = compiledOf(written);
    deepest = Math.max(deepest, compiled.deepest);
    const candidate = { match: compiled.match, route, conditions: compiled.conditions };
    for (const prefix of compiled.match.paths) {
      const candidates = byPrefix.get(prefix);
      if (candidates === undefined) byPrefix.set(prefix, [candidate]);
      else {
        candidates.push(candidate);
        candidates.sort((a, b) => b.conditions - a.conditions);
      }
    }
  }

  return {
    find(method, path, host, rawHeaders) {
      let end = cut(path, deepest);
      for (;;) {
        const candidates = byPrefix.get(end === path.length ? path : path.slice(0, end));
        if (candidates !== undefined) {
          for (const { match, route } of candidates) if (fits(match, method, host, rawHeaders)) return route;
        }
        if (end === 0) return undefined;
        end = previousBorder(path, end);
      }
    },
  };
}

interface Compiled {
  readonly match: RouteMatch;
  readonly conditions: number;
  /** Pieces of the deepest prefix. */
  readonly deepest: number;
}

/** What a match comes to; a reload that leaves a model alone finds it here. */
const known = new WeakMap<RouteMatch, Compiled>();

function compiledOf(written: RouteMatch): Compiled {
  const found = known.get(written);
  if (found !== undefined) return found;
  const match = { ...written, headers: onTheWire(written.headers) };
  const conditions =
    (match.methods === null ? 0 : 1) + (match.host === null ? 0 : 1) + Object.keys(match.headers).length;
  const made = { match, conditions, deepest: Math.max(0, ...match.paths.map(borders)) };
  known.set(written, made);
  return made;
}

/** A prefix ends before a slash, or before a colon (`/v1/models/NAME:predict`). */
const isBorder = (code: number): boolean => code === 47 || code === 58;

function borders(path: string): number {
  let count = 0;
  for (let i = 1; i < path.length; i++) if (isBorder(path.charCodeAt(i))) count++;
  return count + 1;
}

/** End of the first `count` pieces of a path: nothing deeper can be a prefix, so that a long path costs no more. */
function cut(path: string, count: number): number {
  let seen = 0;
  for (let i = 1; i < path.length; i++) {
    if (isBorder(path.charCodeAt(i)) && ++seen === count) return i;
  }
  return path.length;
}

function previousBorder(path: string, end: number): number {
  for (let i = end - 1; i > 0; i--) if (isBorder(path.charCodeAt(i))) return i;
  return 0;
}

function fits(match: RouteMatch, method: string, host: string, rawHeaders: readonly string[]): boolean {
  if (match.methods !== null && !match.methods.includes(method)) return false;
  if (match.host !== null && hostName(host) !== match.host) return false;
  for (const name in match.headers) {
    if (headerOf(rawHeaders, name) !== match.headers[name]) return false;
  }
  return true;
}

/** Host header without its port, lower case. */
function hostName(host: string): string {
  const colon = host.startsWith('[') ? host.indexOf(':', host.indexOf(']')) : host.indexOf(':');
  return (colon < 0 ? host : host.slice(0, colon)).toLowerCase();
}

/** Values as HTTP libraries give them: a character per byte of UTF-8. */
function onTheWire(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]),
  );
}
