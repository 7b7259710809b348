// Documentation that can be compared with the code is compared with it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FAILURES } from '../../src/errors.ts';
import { PROTOCOL_NAMES } from '../../src/protocols/protocol.ts';
import { FLOORS } from '../architecture/rules.ts';
import { schemaKeys, tableRow } from './schema-keys.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('docs/errors.md', () => {
  it('has every failure of errors.ts, in its order, and no other', () => {
    const rows = read('docs/errors.md')
      .split('\n')
      .filter((line) => /^\| [a-z_]+ \| \d{3} \|/.test(line));
    const expected = FAILURES.map(
      (f) => `| ${f.code} | ${f.status} | ${f.source} | ${f.retry} | ${f.title} | ${f.remedy} |`,
    );
    expect(rows).toEqual(expected);
  });
});

describe('docs/configuration.md', () => {
  it('has every key of the schema once, with its default and meaning', () => {
    const rows = read('docs/configuration.md')
      .split('\n')
      .filter((line) => /^\| `[^`]+` \|[^|]*\|[^|]*\|$/.test(line));
    const expected = schemaKeys().map(tableRow);
    expect(expected.length).toBeGreaterThan(60);
    for (const row of expected) expect(rows, 'add this row, or correct the one that is there').toContain(row);
    const keys = new Set(expected.map((row) => row.split('|')[1]));
    expect(rows.filter((row) => keys.has(row.split('|')[1])).length).toBe(expected.length);
  });

  it('names every protocol', () => {
    for (const name of PROTOCOL_NAMES) expect(read('docs/configuration.md')).toContain(`| \`${name}\` |`);
  });
});

describe('docs/architecture.md', () => {
  it('maps every room that exists, on its floor', () => {
    const rooms = readdirSync(join(ROOT, 'src')).filter((name) => entriesOf(join(ROOT, 'src', name)) > 0);
    const text = read('docs/architecture.md');
    for (const room of rooms) {
      const written = room.endsWith('.ts') ? `\`${room}\`` : `\`${room}/\``;
      const rows = text.split('\n').filter((line) => line.startsWith(`| ${FLOORS[room]} |`) && line.includes(written));
      expect(rows, `${room} on floor ${FLOORS[room]}: add a row to the code map`).toHaveLength(1);
    }
  });

  it('tells the steps of gateway/decide.ts, with its numbers', () => {
    const code = read('src/gateway/decide.ts').split('\n').slice(0, 12).join('\n');
    const steps = [...read('docs/architecture.md').matchAll(/^(\d)\. \*\*(\w+)\.\*\*/gm)].map(
      ([, number, name]) => `${number} ${name?.toLowerCase()}`,
    );
    expect(steps.length).toBeGreaterThan(5);
    for (const step of steps) expect(code).toContain(step);
  });
});

describe('links', () => {
  const pages = ['README.md', 'CHANGELOG.md', ...markdownBelow('docs')];

  it.each(pages)('%s points only to files that exist', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target ?? '');
    for (const target of targets) expect(existsSync(join(ROOT, dirname(page), target)), target).toBe(true);
  });
});

function markdownBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

/** 1 for a file, the number of entries for a folder. */
function entriesOf(path: string): number {
  return path.endsWith('.ts') ? 1 : readdirSync(path).length;
}
