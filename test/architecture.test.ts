// Holds the house of docs/architecture.md: floors, no circles, no dead files, names, habits. First the checkers are shown
// to find small bad inputs, then they read all of src/. The remedy stands in each message.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  cycleProblems,
  deadProblems,
  type Exception,
  edges,
  floorProblems,
  habitProblems,
  headerProblems,
  libraryProblems,
  missingProblems,
  nameProblems,
  roomProblems,
  type SidewaysException,
  staleExceptions,
  wordProblems,
} from './architecture/rules.ts';
import { codeOnly, packageNames, relativeSpecifiers, type Source } from './architecture/source.ts';

/** Where a run begins. Worker entries are named by URL in the file that starts them, so they are found from here. */
const ENTRIES: readonly Exception[] = [{ path: 'cli.ts', reason: 'what a person types' }];

const SIDEWAYS: readonly SidewaysException[] = [];

/** Libraries stay at the edges. */
const HOMES: Readonly<Record<string, string>> = {
  '@duckdb/node-api': 'capture/store/database.ts',
  '@hono/zod-openapi': 'admin/',
  '@opentelemetry/api': 'telemetry/',
  '@opentelemetry/sdk-trace': 'telemetry/',
  '@platformatic/kafka': 'capture/sinks/kafka.ts',
  commander: 'commands/',
  pino: 'telemetry/logs.ts',
  'prom-client': 'telemetry/exposition.ts',
  yaml: 'config/',
};

const HABITS_ALLOWED: Readonly<Record<string, readonly Exception[]>> = {
  console: [{ path: 'commands/', reason: 'a command talks to the person at the terminal' }],
  'process.exit': [{ path: 'commands/serve.ts', reason: 'a second signal ends the process at once' }],
};

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

function readHouse(): { sources: Source[]; files: Set<string> } {
  const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(SRC.length).replaceAll('\\', '/'))
    .sort();
  const sources = files
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(join(SRC, path), 'utf8') }));
  return { sources, files: new Set(files) };
}

const file = (path: string, text: string): Source => ({ path, text });
const imports = (...paths: string[]): string => paths.map((path) => `import { x } from '${path}';`).join('\n');

describe('the checkers find what they are for', () => {
  it('an import that goes up', () => {
    const bad = edges([file('split/assign.ts', imports('../gateway/decide.ts'))]);
    expect(floorProblems(bad, [])).toEqual([expect.stringContaining('imports go down only')]);
  });

  it('an import that goes sideways, also where it only takes a type', () => {
    const bad = edges([file('mirror/send.ts', "import type { Slab } from '../capture/slab.ts';")]);
    expect(floorProblems(bad, [])).toEqual([expect.stringContaining('beside it on floor 4')]);
    const both = edges([file('gateway/a.ts', imports('../monitor/b.ts'))]);
    expect(floorProblems(both, [])).toHaveLength(1);
    const inline = edges([file('mirror/send.ts', "type A = import('../capture/slab.ts').Slab;")]);
    expect(floorProblems(inline, [])).toHaveLength(1);
  });

  it('a sideways import leaves the list only with its own exception, and unused exceptions are found', () => {
    const all = edges([file('mirror/send.ts', imports('../capture/slab.ts'))]);
    const exception = { from: 'mirror/send.ts', to: 'capture/slab.ts', reason: 'shown here' };
    expect(floorProblems(all, [exception])).toEqual([]);
    expect(staleExceptions([exception], all)).toEqual([]);
    expect(staleExceptions([exception], [])).toHaveLength(1);
  });

  it('imports down, within a room, and between commands are fine', () => {
    const good = edges([
      file('gateway/decide.ts', imports('../split/assign.ts', './lane.ts', '../model.ts')),
      file('commands/program.ts', imports('./demo/run.ts')),
      file('cli.ts', imports('./commands/program.ts')),
    ]);
    expect(floorProblems(good, [])).toEqual([]);
  });

  it('an import out of src', () => {
    expect(floorProblems(edges([file('cli.ts', imports('../test/x.ts'))]), [])).toHaveLength(1);
  });

  it('a circle, through a dynamic import as well', () => {
    const bad = edges([
      file('split/a.ts', imports('./b.ts')),
      file('split/b.ts', "const c = await import('./c.ts');"),
      file('split/c.ts', imports('./a.ts')),
    ]);
    expect(cycleProblems(bad)).toEqual([
      expect.stringContaining('src/split/a.ts -> src/split/b.ts -> src/split/c.ts -> src/split/a.ts'),
    ]);
    expect(cycleProblems(bad.slice(0, 2))).toEqual([]);
  });

  it('a dead file, while a worker entry named by URL is alive', () => {
    const sources = [
      file(
        'cli.ts',
        "new Worker(new URL(fromSource ? './gateway/thread.ts' : './gateway/thread.js', import.meta.url));",
      ),
      file('gateway/thread.ts', ''),
      file('gateway/orphan.ts', imports('./thread.ts')),
    ];
    const byEnding = edges([file('cli.ts', ['new URL(`./gateway/thread.$', '{ENDING}`, import.meta.url);'].join(''))]);
    expect(byEnding).toEqual([{ from: 'cli.ts', to: 'gateway/thread.ts' }]);
    expect(deadProblems(sources, edges(sources), ENTRIES)).toEqual([expect.stringContaining('src/gateway/orphan.ts')]);
  });

  it('a library that is imported outside of its home, however it is imported', () => {
    const homes = { '@duckdb/node-api': 'capture/store/database.ts', yaml: 'config/' };
    const fine = [
      file('capture/store/database.ts', "const x = await import('@duckdb/node-api');"),
      file('config/source.ts', "import { parse } from 'yaml';\n// import('@duckdb/node-api')"),
    ];
    expect(libraryProblems(fine, homes)).toEqual([]);
    for (const text of [
      "import { DuckDBInstance } from '@duckdb/node-api';",
      "import type { DuckDBInstance } from '@duckdb/node-api';",
      "const { x } = await import('@duckdb/node-api');",
      "type A = import('@duckdb/node-api').A;",
      "export * from '@duckdb/node-api/deep';",
    ])
      expect(libraryProblems([...fine, file('commands/query.ts', text)], homes), text).toEqual([
        expect.stringContaining('src/commands/query.ts imports @duckdb/node-api'),
      ]);
    expect(libraryProblems(fine.slice(1), homes)).toEqual([expect.stringContaining('correct the list')]);
    expect(packageNames("import 'node:fs';\nimport './x.ts';\nconst from = 'yaml';")).toEqual([]);
  });

  it('a path that leads nowhere', () => {
    const bad = edges([file('cli.ts', imports('./gone.ts'))]);
    expect(missingProblems(bad, new Set(['cli.ts']))).toHaveLength(1);
  });

  it('names that are not kebab-case or say nothing', () => {
    const bad = ['split/assignUnit.ts', 'http/utils.ts', 'http/header-helpers.ts', 'kernel/Clock.ts', 'service/x.ts'];
    for (const path of bad) expect(nameProblems([file(path, '')]), path).toHaveLength(1);
    expect(nameProblems([file('split/assign-unit.ts', ''), file('http/common-log-format.ts', '')])).toHaveLength(1);
    expect(nameProblems([file('kernel/murmur3.ts', ''), file('capture/commonality.ts', '')])).toEqual([]);
  });

  it('a file at the root, and a room without a floor', () => {
    expect(roomProblems([file('gate.ts', '')])).toEqual([expect.stringContaining('at the root of src')]);
    expect(roomProblems([file('extras/x.ts', '')])).toEqual([expect.stringContaining('no room is called extras/')]);
    expect(roomProblems([file('cli.ts', ''), file('split/x.ts', '')])).toEqual([]);
  });

  it('a file that does not say what it decides', () => {
    const bad = [
      "import x from 'y';",
      '// Short.\n',
      '\n// A long enough comment that comes one line too late in the file.\n',
    ];
    for (const text of bad) expect(headerProblems([file('split/x.ts', text)]), text).toHaveLength(1);
    const good = '// Decides which version answers a unit, and why; who calls it is up to the gateway.\n';
    expect(headerProblems([file('split/x.ts', good), file('cli.ts', `#!/usr/bin/env node\n${good}`)])).toEqual([]);
  });

  it('bad habits, but not the words in strings and comments', () => {
    const bad = [
      'const x: any = 1;',
      'const x = y as any;',
      'function f(a: Map<string, any>) {}',
      'const x = list[0]!;',
      'map.get(key)!.push(1);',
      'console.log(1);',
      'process.exit(1);',
      'enum Colour { red }',
    ];
    for (const text of bad) expect(habitProblems([file('split/x.ts', text)], {}), text).toHaveLength(1);
    const good = [
      "const x = 'any: any console.log(1)';",
      '// console.log(x as any)',
      ['const x = `console.log($', '{y}) as any`;'].join(''),
      'if (a !== b && !c) return;',
      'const r = /console.log/;',
      'const anything: Anything = many;',
      'Promise.any(list);',
    ];
    for (const text of good) expect(habitProblems([file('split/x.ts', text)], {}), text).toEqual([]);
    expect(habitProblems([file('commands/check.ts', 'console.log(1);')], HABITS_ALLOWED)).toEqual([]);
  });

  it('words of a workplace, and work not done', () => {
    for (const text of ['// see ../shared/design.md', "open('/home/me/x')", '// TODO: later']) {
      expect(wordProblems([file('split/x.ts', text)]), text).toHaveLength(1);
    }
    expect(wordProblems([file('split/x.ts', '// a shared map')])).toEqual([]);
  });

  it('strings, templates and regular expressions that look like each other', () => {
    const tricky = ['const a = `x $', '{ { b: "}" }.b } // no` + /[/"]/.source; const c = 1 / 2; // yes'].join('');
    expect(codeOnly(tricky)).toContain('const c = 1 / 2;');
    expect(codeOnly(tricky)).not.toContain('yes');
    expect(codeOnly(tricky)).not.toContain('no`');
    expect(relativeSpecifiers("// import './old.ts'\nimport './new.ts';")).toEqual(['./new.ts']);
  });
});

describe('the house', () => {
  const { sources, files } = readHouse();
  const all = edges(sources);
  const holds = (problems: readonly string[]): void => expect(problems.join('\n')).toBe('');

  it('has sources to read', () => expect(sources.length).toBeGreaterThan(10));
  it('every file stands in a room', () => holds(roomProblems(sources)));
  it('imports go down, never sideways', () => holds(floorProblems(all, SIDEWAYS)));
  it('exceptions are in use', () => holds(staleExceptions(SIDEWAYS, all)));
  it('libraries stay at their edges', () => holds(libraryProblems(sources, HOMES)));
  it('imports lead somewhere', () => holds(missingProblems(all, files)));
  it('imports never go in a circle', () => holds(cycleProblems(all)));
  it('no file is dead', () => holds(deadProblems(sources, all, ENTRIES)));
  it('files are named for what they do', () => holds(nameProblems(sources)));
  it('files open by saying what they decide', () => holds(headerProblems(sources)));
  it('habits hold', () => holds(habitProblems(sources, HABITS_ALLOWED)));
  it('sources speak of the project alone', () => holds(wordProblems(sources)));
});
