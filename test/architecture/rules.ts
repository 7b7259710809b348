// The rules of the house as pure functions from sources to broken rules. Each one says what is wrong, where, and what to do.

import { posix } from 'node:path';
import { codeOnly, openingComment, packageNames, relativeSpecifiers, type Source } from './source.ts';

/** Floor of every room. Imports go down only; rooms of one floor do not know each other. */
export const FLOORS: Readonly<Record<string, number>> = {
  'cli.ts': 7,
  commands: 7,
  gateway: 6,
  monitor: 6,
  admin: 5,
  routing: 4,
  split: 4,
  upstream: 4,
  mirror: 4,
  alarms: 4,
  capture: 4,
  compare: 4,
  drift: 4,
  experiment: 4,
  quality: 4,
  outcomes: 4,
  catalog: 4,
  telemetry: 4,
  config: 3,
  protocols: 2,
  statistics: 2,
  http: 2,
  'model.ts': 1,
  'errors.ts': 1,
  kernel: 0,
};

/** Floors whose rooms may know each other: the commands are started by cli.ts, and the nouns share one floor. */
const OPEN_FLOORS: ReadonlySet<number> = new Set([7, 1]);

/** The one file outside src that sources may read: it holds the version. */
const OWN_PACKAGE = '../package.json';

export interface Exception {
  readonly path: string;
  readonly reason: string;
}

export interface SidewaysException {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
}

const room = (path: string): string => path.split('/')[0] ?? path;

export function edges(sources: readonly Source[]): Edge[] {
  return sources.flatMap((source) =>
    relativeSpecifiers(source.text).map((specifier) => ({
      from: source.path,
      to: posix.join(posix.dirname(source.path), specifier),
    })),
  );
}

export function roomProblems(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => FLOORS[room(source.path)] === undefined)
    .map((source) =>
      source.path.includes('/')
        ? `src/${source.path}: no room is called ${room(source.path)}/; move the file into a room of FLOORS, or give the new room a floor there and in docs/architecture.md`
        : `src/${source.path}: only cli.ts, model.ts and errors.ts stand at the root of src; move the file into the room whose decision it makes`,
    );
}

export function floorProblems(all: readonly Edge[], exceptions: readonly SidewaysException[]): string[] {
  return all.flatMap(({ from, to }) => {
    if (room(from) === room(to) || to === OWN_PACKAGE) return [];
    const fromFloor = FLOORS[room(from)];
    const toFloor = FLOORS[room(to)];
    if (to.startsWith('../')) {
      return [`src/${from} imports ${to}: sources import nothing outside src; move what is needed into a room`];
    }
    if (fromFloor === undefined || toFloor === undefined) return [];
    if (toFloor > fromFloor) {
      return [
        `src/${from} (floor ${fromFloor}) imports src/${to} (floor ${toFloor}): imports go down only; move the shared part to a lower floor, or hand it in as an argument`,
      ];
    }
    const excepted = exceptions.some((exception) => exception.from === from && exception.to === to);
    if (toFloor === fromFloor && !OPEN_FLOORS.has(fromFloor) && !excepted) {
      return [
        `src/${from} imports src/${to} beside it on floor ${fromFloor}: rooms of one floor do not know each other, types included; move the shared type down, or let the composition above connect them`,
      ];
    }
    return [];
  });
}

export function missingProblems(all: readonly Edge[], known: ReadonlySet<string>): string[] {
  return all
    .filter(({ to }) => !to.startsWith('../') && !known.has(to))
    .map(({ from, to }) => `src/${from} names src/${to}, which does not exist; correct the path`);
}

/** Every circle once, as the path around it. */
export function cycleProblems(all: readonly Edge[]): string[] {
  const next = adjacency(all);
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node);
    if (start !== -1) {
      const circle = [...trail.slice(start), node].map((path) => `src/${path}`);
      problems.push(`${circle.join(' -> ')}: imports go in a circle; move what both need into a file below them`);
      return;
    }
    if (done.has(node)) return;
    for (const target of next.get(node) ?? []) visit(target, [...trail, node]);
    done.add(node);
  };
  for (const node of next.keys()) visit(node, []);
  return problems;
}

export function deadProblems(
  sources: readonly Source[],
  all: readonly Edge[],
  entries: readonly Exception[],
): string[] {
  const next = adjacency(all);
  const alive = new Set<string>();
  const queue = entries.map((entry) => entry.path);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (alive.has(path)) continue;
    alive.add(path);
    queue.push(...(next.get(path) ?? []));
  }
  return sources
    .filter((source) => !alive.has(source.path))
    .map(
      (source) =>
        `src/${source.path}: nothing reachable from ${entries.map((e) => e.path).join(', ')} names it; connect it or delete it`,
    );
}

/** @param homes package -> the one file, or the one folder (with a slash at the end), that imports it: so it can be replaced */
export function libraryProblems(sources: readonly Source[], homes: Readonly<Record<string, string>>): string[] {
  const strays = sources.flatMap(({ path, text }) =>
    packageNames(text).flatMap((name) => {
      const home = homes[name];
      if (home === undefined || path === home || (home.endsWith('/') && path.startsWith(home))) return [];
      return [
        `src/${path} imports ${name}: only src/${home} does, so that it can be replaced; ask it for what is needed`,
      ];
    }),
  );
  const unused = Object.entries(homes)
    .filter(([name]) => !sources.some(({ text }) => packageNames(text).includes(name)))
    .map(([name, home]) => `src/${home} does not import ${name}: correct the list of homes`);
  return [...strays, ...unused];
}

const BANNED_NAMES = /(?:^|[-/])(utils?|helpers?|common|managers?|services?)(?=[-./]|$)/;

export function nameProblems(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path }) => {
    const problems: string[] = [];
    const parts = path.split('/');
    if (parts.some((part) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)?$/.test(part))) {
      problems.push(`src/${path}: names of files and folders are kebab-case; rename it`);
    }
    const banned = BANNED_NAMES.exec(path)?.[1];
    if (banned !== undefined) {
      problems.push(`src/${path}: "${banned}" says nothing; name the file for what it decides or does`);
    }
    return problems;
  });
}

export function headerProblems(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const lines = openingComment(text);
    const words = lines.join(' ').replace(/\/\//g, '').trim();
    if (lines.length >= 1 && lines.length <= 12 && words.length >= 40) return [];
    return [
      `src/${path}: opens with ${lines.length} comment lines (${words.length} characters); begin with two to six \`//\` lines: what the file decides, what it leaves to whom`,
    ];
  });
}

interface Habit {
  readonly name: string;
  readonly pattern: RegExp;
  readonly remedy: string;
}

const HABITS: readonly Habit[] = [
  { name: 'any', pattern: /(?:[:<,|&(]|\bas|=>)\s*any\b(?!\s*[:(])/, remedy: 'take `unknown` and narrow it' },
  {
    name: 'non-null !',
    pattern: /[\w)\]]!(?=[.;,)\]}[]|\s*$)/,
    remedy: 'handle the missing case, or throw with a message that names the broken invariant',
  },
  { name: 'enum', pattern: /^\s*(?:export\s+)?(?:const\s+)?enum\s/, remedy: 'use a union of literals' },
  {
    name: 'console',
    pattern: /\bconsole\s*\./,
    remedy: 'rooms return values or log through the logger they are given; only commands/ write to the terminal',
  },
  {
    name: 'process.exit',
    pattern: /\bprocess\s*\.\s*exit\s*\(/,
    remedy: 'return an exit code or throw; cli.ts alone ends the process',
  },
];

/** @param exceptions habit -> paths (or folders, with a slash at the end) where it is allowed, with the reason */
export function habitProblems(
  sources: readonly Source[],
  exceptions: Readonly<Record<string, readonly Exception[]>>,
): string[] {
  return sources.flatMap((source) => {
    const lines = codeOnly(source.text).split('\n');
    return HABITS.flatMap((habit) => {
      const allowed = (exceptions[habit.name] ?? []).some(
        (e) => e.path === source.path || (e.path.endsWith('/') && source.path.startsWith(e.path)),
      );
      if (allowed) return [];
      return lines.flatMap((line, index) =>
        habit.pattern.test(line) ? [`src/${source.path}:${index + 1}: ${habit.name}; ${habit.remedy}`] : [],
      );
    });
  });
}

/** Paths of someone's workplace, and marks of work not done. */
const FOREIGN_WORDS: readonly RegExp[] = [
  /(?:\.\.\/)+shared\b/,
  /(?<=^|[\s'"`(])\/(?:home|Users|work|root|tmp)\/\w+/,
  /\b(?:TODO|FIXME|XXX|STUB)\b/,
];

export function wordProblems(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const found = FOREIGN_WORDS.map((pattern) => pattern.exec(line)?.[0]).find((word) => word !== undefined);
      return found === undefined
        ? []
        : [
            `src/${path}:${index + 1}: "${found}"; sources speak of the project alone and of what is done: say it otherwise, or do it`,
          ];
    }),
  );
}

/** An exception that excuses nothing hides the next mistake. */
export function staleExceptions(exceptions: readonly SidewaysException[], all: readonly Edge[]): string[] {
  return exceptions
    .filter((exception) => !all.some((edge) => edge.from === exception.from && edge.to === exception.to))
    .map(({ from, to }) => `src/${from} -> src/${to}: this exception is no longer used; delete it`);
}

function adjacency(all: readonly Edge[]): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const { from, to } of all) {
    const list = next.get(from);
    if (list === undefined) next.set(from, [to]);
    else list.push(to);
  }
  return next;
}
