// A lock that a hand, a merge or another version of Headgate has touched: each a problem with its place, none a guess.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_LOCK } from '../../src/split/lock.ts';
import { readLockFile, writeLockFile } from '../../src/split/lock-file.ts';
import { planLock } from '../../src/split/plan-lock.ts';
import type { KnownEntries } from '../../src/split/read-lock.ts';
import { subjectsOf } from '../../src/split/splits-of.ts';
import { staleProblems } from '../../src/split/stale.ts';
import { entryHash, lockText, plainEntry } from '../../src/split/write-lock.ts';
import { planOf, versions } from './plans.ts';

const AT = '2026-01-01T00:00:00.000Z';
const PLAN = planOf(
  `fraud: { ${versions('old', 'new')}, split: { old: 49, new: 51 }, overrides: { qa: new } }`,
  `credit: { ${versions('a', 'b')}, split: { a: 1, b: 2 }, layer: checkout }`,
);
const { lock } = planLock(EMPTY_LOCK, subjectsOf(PLAN), new Map(), AT);
const text = lockText(lock);

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-lock-'));
  path = join(folder, 'allocations.lock.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

function problemsOf(content: string | Uint8Array): string[] {
  writeFileSync(path, content);
  const found = readLockFile(path);
  if (found.kind !== 'problems') return [];
  return found.problems.map(({ line, column, path: at, problem, remedy }) => {
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
    expect(remedy).not.toBe('');
    return `${at}: ${problem}`;
  });
}

/** The text with the first match replaced; fails where there is none. */
function edited(pattern: RegExp, by: string): string {
  expect(text).toMatch(pattern);
  return text.replace(pattern, by);
}

describe('a lock', () => {
  it('comes back from its text as it was, whatever the spaces', () => {
    expect(problemsOf(text)).toEqual([]);
    const found = readLockFile(path);
    expect(found.kind === 'lock' && found.lock).toEqual(lock);
    expect(problemsOf(JSON.stringify(JSON.parse(text)))).toEqual([]);
  });

  it('is missing: that is no problem', () => {
    expect(readLockFile(join(folder, 'nowhere', 'allocations.lock.json'))).toEqual({ kind: 'none' });
  });

  it('is replaced at once, without a trace beside it', () => {
    writeFileSync(path, 'before');
    const replacing = { over: 'before', standsStill: () => true };
    expect(writeLockFile(path, lock, replacing)).toBe(text);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['allocations.lock.json']);
    expect(() => writeLockFile(join(folder, 'nowhere', 'x.json'), lock, replacing)).toThrow(/ENOENT/);
  });

  it('is left alone where it is another one by now, or what else it was made from is', () => {
    const seen: string[] = [];
    const still = (): boolean => seen.push('asked') > 0;
    for (const [content, over, standsStill] of [
      ['of somebody else', 'before', still],
      ['of somebody else', null, still],
      ['before', 'before', () => false],
    ] as const) {
      writeFileSync(path, content);
      expect(writeLockFile(path, lock, { over, standsStill })).toBeNull();
      expect(readFileSync(path, 'utf8')).toBe(content);
    }
    rmSync(path);
    expect(writeLockFile(path, lock, { over: 'before', standsStill: still })).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
    expect(writeLockFile(path, lock, { over: null, standsStill: still })).toBe(text);
    expect(seen).toHaveLength(4);
  });

  it.each([
    ['overlap', /"new": "rest"/, '"new": "0-4999"', /belongs to new too/],
    ['a gap', /"new": "rest"/, '"new": "9999"', /^models\.fraud\.splits\.split\.slots: nobody owns slot/],
    ['the rest twice', /"old": "\d[^"]*"/, '"old": "rest"', /has the rest of the slots too/],
    ['another champion', /"champion": "old"/, '"champion": "new"', /^models\.fraud: this entry was changed by hand/],
    ['a pin more', /"qa": "new"/, '"qa": "new", "qb": "new"', /changed by hand/],
    ['no champion', /"champion": "old",/, '', /models\.fraud: champion is missing/],
    ['a slot that is none', /"old": "/, '"old": "x,', /"x" is no slot and no range of slots/],
    ['a slot too high', /"old": "[^"]*/, '"old": "0,10000', /slot 10000 is above 9999/],
    ['a version without a share', /"old": "/, '"odl": "', /odl has slots and no share/],
    ['a share changed by hand', /"old": 0\.49/, '"old": 0.6', /^models\.fraud: this entry was changed by hand/],
    ['an epoch changed by hand', /"epoch": 1/, '"epoch": 2', /changed by hand/],
    ['a salt changed by hand', /"salt": "fraud"/, '"salt": "froud"', /changed by hand/],
    ['a negative share', /"old": 0\.49/, '"old": -0.5', /-0\.5 is no share/],
    ['an epoch that is none', /"epoch": 1/, '"epoch": 0', /0 is no epoch/],
    ['a key too many', /"salt": "fraud"/, '"salt": "fraud", "sald": 1', /unknown key/],
    ['a key too few', /"salt": "fraud",/, '', /salt is missing/],
    ['a lock from the future', /"version": 2/, '"version": 3', /^version: this lock has format 3/],
    ['a time that is none', /"at": "2026/, '"at": "soon', /^models\.credit\.at: "soon-01-01T00:00:00.000Z" is no time/],
    ['a version that is text', /"version": 2/, '"version": "2"', /^version: /],
    ['a key twice', /"salt": "fraud",/, '"salt": "fraud", "salt": "fraud",', /the key stands twice/],
    ['an empty file', /^[\s\S]*$/, '\n', /^: the file is empty$/],
    ['half a file', /"layers"[\s\S]*$/, '', /this is not JSON/],
    ['something after it', /$/, '}', /this is not JSON/],
    ['a merge conflict', /^ {2}"models"/m, '<<<<<<< HEAD\n  "models"', /the file holds a merge conflict/],
    ['a layer changed by hand', /"credit": 1\b/, '"credit": 0.9', /^layers\.checkout: this entry was changed by hand/],
  ])('%s is refused', (_, pattern, by, expected) => {
    const problems = problemsOf(edited(pattern, by));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).toMatch(expected);
  });

  it('tells an overlap by its slot and its other owner', () => {
    const old = /"old": "(\d+)/.exec(text)?.[1];
    const problems = problemsOf(
      edited(/"old": "[^"]*"/, `"old": "${old}"`).replace(/"new": "rest"/, '"new": "0-9999"'),
    );
    expect(problems).toEqual([`models.fraud.splits.split.slots.old: slot ${old} belongs to new too`]);
  });

  it('of format 1 is read, fits what it does not tell of, and gets its terms at the next plan, within its epoch', () => {
    const entries = (kind: 'models' | 'layers'): object =>
      Object.fromEntries(
        [...lock[kind]].map(([name, entry]) => {
          const { champion, sticky, rules, overrides, ...plain } = plainEntry(entry);
          expect([champion, sticky, rules, overrides].every((value) => value === undefined)).toBe(kind === 'layers');
          return [name, { hash: entryHash(plain), ...plain }];
        }),
      );
    const old = JSON.stringify({ version: 1, models: entries('models'), layers: entries('layers') });
    expect(problemsOf(old)).toEqual([]);
    const found = readLockFile(path);
    if (found.kind !== 'lock') throw new Error('a lock of format 1 is read');
    expect(staleProblems(found.lock, found.root, subjectsOf(PLAN))).toEqual([]);
    const planned = planLock(found.lock, subjectsOf(PLAN), new Map(), '2026-02-01T00:00:00.000Z');
    expect(planned).toEqual({ lock, changes: [], upgraded: true });
    expect(problemsOf(old.replace('"version":1', '"version":2')).join()).toContain('champion is missing');
  });

  it('keeps what its epochs that are over say of champion and pins, and what those of format 1 do not', () => {
    const ramp = (next: number, champion: string): string =>
      `fraud: { ${versions('old', 'new').replace('champion: old', `champion: ${champion}`)}, split: { old: ${100 - next}, new: ${next} } }`;
    const untold = {
      ...lock,
      models: new Map([...lock.models].map(([name, entry]) => [name, { ...entry, terms: null }])),
    };
    let ramped = untold;
    for (const [day, champion] of [
      [2, 'old'],
      [3, 'old'],
      [4, 'new'],
      [5, 'new'],
    ] as const) {
      const at = `2026-01-0${day}T00:00:00.000Z`;
      ramped = planLock(ramped, subjectsOf(planOf(ramp(50 + day, champion))), new Map(), at).lock as typeof untold;
    }
    expect(problemsOf(lockText(ramped))).toEqual([]);
    const found = readLockFile(path);
    expect(found.kind === 'lock' && found.lock).toEqual(ramped);
    const champions = ramped.models.get('fraud')?.past.map(({ terms }) => terms?.champion);
    expect(champions).toEqual(['new', 'old', 'old', undefined]);
  });

  it('points to the line and column', () => {
    writeFileSync(path, edited(/"salt": "fraud"/, '"salt": 7'));
    const found = readLockFile(path);
    const lines = readFileSync(path, 'utf8').split('\n');
    const [problem] = found.kind === 'problems' ? found.problems : [];
    expect(lines[(problem?.line ?? 0) - 1]?.slice((problem?.column ?? 0) - 1)).toMatch(/^7/);
  });

  it.each([
    ['number', { epoch: 3 }, 'epoch 3 is over, and stands behind epoch 3'],
    ['time', { at: '2026-02-01T00:00:00.000Z' }, 'epoch 2 begins at 2026-02-01T00:00:00.000Z, and epoch 3 after it at'],
  ])('whose epochs are out of order by %s is refused, though its hash is right', (_, changed, expected) => {
    let ramped = lock;
    for (const [day, next] of [
      ['02', 60],
      ['03', 70],
    ] as const) {
      const plan = planOf(`fraud: { ${versions('old', 'new')}, split: { old: ${100 - next}, new: ${next} } }`);
      ramped = planLock(ramped, subjectsOf(plan), new Map(), `2026-01-${day}T00:00:00.000Z`).lock;
    }
    expect(problemsOf(lockText(ramped))).toEqual([]);
    const entry = ramped.models.get('fraud');
    if (entry === undefined) throw new Error('the lock has the model');
    const past = entry.past.map((epoch, at) => (at === 0 ? { ...epoch, ...changed } : epoch));
    const problems = problemsOf(lockText({ ...ramped, models: new Map([['fraud', { ...entry, past }]]) }));
    expect(problems[0]).toContain(`models.fraud.past[0]: ${expected}`);
  });

  it('that is not UTF-8 is refused', () => {
    expect(problemsOf(new Uint8Array([0x7b, 0xff, 0x7d]))).toEqual([': the file is not UTF-8']);
  });

  it('with any byte changed is refused or means the same', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: text.length - 1 }),
        fc.constantFrom('0', '9', ',', '-', '"', 'x', '}', ' '),
        (at, by) => {
          writeFileSync(path, text.slice(0, at) + by + text.slice(at + 1));
          const found = readLockFile(path);
          if (found.kind === 'lock') expect(found.lock).toEqual(lock);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('read again is what it says now: entries that are as they were are the same objects, others are read', () => {
    const known: KnownEntries = new Map();
    const read = (content: string) => {
      writeFileSync(path, content);
      return readLockFile(path, known);
    };
    const first = read(text);
    const next = planLock(
      lock,
      subjectsOf(
        planOf(
          `fraud: { ${versions('old', 'new')}, split: { old: 10, new: 90 } }`,
          `credit: { ${versions('a', 'b')}, split: { a: 1, b: 2 }, layer: checkout }`,
        ),
      ),
      new Map(),
      '2026-02-01T00:00:00.000Z',
    ).lock;
    const second = read(lockText(next));
    if (first.kind !== 'lock' || second.kind !== 'lock') throw new Error('both are good');
    expect(second.lock).toEqual(next);
    expect(second.lock.models.get('credit')).toBe(first.lock.models.get('credit'));
    expect(second.lock.models.get('fraud')).not.toBe(first.lock.models.get('fraud'));
    expect(known.size).toBe(3);
    // An entry with the hash of one that is known, and other content, is not taken for it.
    expect(read(lockText(next).replace('"rest"', '"0-9"')).kind).toBe('problems');
    expect(read(lockText(next))).toMatchObject({ kind: 'lock', lock: next });
  });

  it('is read for 400 models within a moment', () => {
    const many = new Map(Array.from({ length: 400 }, (_, at) => [`m${at}`, lock.models.get('fraud')]));
    const large = lockText({ models: many as typeof lock.models, layers: new Map() });
    writeFileSync(path, large);
    const before = process.cpuUsage();
    expect(readLockFile(path).kind).toBe('lock');
    const { user } = process.cpuUsage(before);
    expect(user / 1000).toBeLessThan(1000);
    // One of the two versions is the rest.
    expect(large.length / 400).toBeLessThan(20_000);
  });
});
