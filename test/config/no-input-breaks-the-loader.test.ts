// Whatever a file holds, loading it ends in a Plan or in problems with a place: never in an exception, never in both, and
// never with a secret in the text of a problem.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadPlan } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../config/headgate.yaml'), 'utf8');
const SECRET = 'hunter2-of-the-environment';
const folder = mkdtempSync(join(tmpdir(), 'headgate-any-'));
const file = join(folder, 'any.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

function load(content: string | Uint8Array) {
  writeFileSync(file, content);
  const result = loadPlan(file, { env: { SECRET, HEADGATE_PORT: '8080' }, serial: 1 });
  if (result.kind === 'plan') return [];
  expect(result.problems.length).toBeGreaterThan(0);
  for (const problem of result.problems) {
    expect(problem.line).toBeGreaterThan(0);
    expect(problem.column).toBeGreaterThan(0);
    expect(problem.problem).not.toBe('');
    expect(problem.remedy).not.toBe('');
    expect(formatProblem(problem)).not.toContain(SECRET);
  }
  return result.problems.map(({ problem }) => problem);
}

describe('the loader', { timeout: 60_000 }, () => {
  it('bears any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void load(text)),
      { numRuns: 100 },
    );
  });

  it('bears a good file with a piece cut out, repeated or replaced', () => {
    const place = fc.nat(EXAMPLE.length - 1);
    const piece = fc.constantFrom(
      '',
      '{',
      '}',
      '[',
      '\n',
      '\t',
      '- ',
      ': ',
      '*a',
      '&a ',
      '!!x ',
      '"',
      `\${SECRET}`,
      '${',
      'null',
      '? ',
      '<<: ',
      '\0',
    );
    fc.assert(
      fc.property(place, fc.nat(40), piece, fc.boolean(), (at, length, insert, twice) => {
        const rest = EXAMPLE.slice(at + length);
        load(EXAMPLE.slice(0, at) + insert + (twice ? EXAMPLE.slice(at, at + length) : '') + rest);
      }),
      { numRuns: 60 },
    );
  });

  it('bears any value in any place', () => {
    const example: unknown = parse(EXAMPLE);
    const paths = pathsOf(example);
    const value = fc.oneof(
      fc.constantFrom(`\${SECRET}`, `http://\${SECRET}:x@h/`, `\${SECRET`, `\${UNSET}`, `/\${SECRET} x`, `\${SECRET}%`),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), value, (path, given) => {
        load(stringify(replaced(example, path, given)));
      }),
      { numRuns: 150 },
    );
  });

  it('reads a byte-order mark and Windows line ends', () => {
    expect(load(`\ufeff${EXAMPLE.replaceAll('\n', '\r\n')}`)).toEqual([]);
  });

  it('refuses what is not UTF-8', () => {
    expect(load(Buffer.from('models: { a\xe4: {} }', 'latin1'))).toEqual(['the file is not UTF-8']);
  });

  it('refuses a file that is too large before it reads it', () => {
    writeFileSync(file, '');
    truncateSync(file, 2 ** 30);
    const result = loadPlan(file, { env: {}, serial: 1 });
    expect(result.kind === 'problems' && result.problems[0]?.problem).toBe(
      'the file is over the limit of 16777216 bytes',
    );
  });

  it('names the file that is missing, and watches it', () => {
    mkdirSync(join(folder, 'empty'));
    const missing = join(folder, 'empty/none.yaml');
    const result = loadPlan(missing, { env: {}, serial: 1 });
    expect(result).toMatchObject({ kind: 'problems', files: [missing] });
  });
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown, above: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [above];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const below = keys.flatMap((key) => pathsOf((value as Record<string | number, unknown>)[key], [...above, key]));
  return [above, ...below];
}

function replaced(value: unknown, [key, ...rest]: Path, given: unknown): unknown {
  if (key === undefined) return given;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, given);
  return copy;
}
