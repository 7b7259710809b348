import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { saltBytes, slotOf } from '../../src/split/slot.ts';
import { runElsewhere } from './other-languages.ts';

interface Vector {
  readonly salt: string;
  readonly unit: string;
  readonly slot: number;
}

const folder = fileURLToPath(new URL('../golden/assignment/', import.meta.url));
const vectors = JSON.parse(readFileSync(`${folder}slots.json`, 'utf8')) as readonly Vector[];

test('slots equal the golden ones, which an implementation in Python wrote', () => {
  expect(vectors.length).toBeGreaterThan(1000);
  const wrong = vectors.filter(({ salt, unit, slot }) => slotOf(saltBytes(salt), Buffer.from(unit, 'utf8')) !== slot);
  expect(wrong).toEqual([]);
});

test('the golden file is what the Python script writes today', ({ skip }) => {
  expect(JSON.parse(runElsewhere('python3', ['slots.py'], { folder, skip }))).toEqual(vectors);
});

test('a language that is missing is skipped with a word, and fails where CI is set', () => {
  const notes: string[] = [];
  const skip = (note: string): never => {
    notes.push(note);
    throw new Error('skipped');
  };
  for (const ci of ['', 'false']) {
    expect(() => runElsewhere('no-such-language', [], { folder, skip, ci })).toThrow('skipped');
  }
  expect(notes).toHaveLength(2);
  expect(() => runElsewhere('no-such-language', [], { folder, skip, ci: 'true' })).toThrow(
    /no-such-language is not on/,
  );
  expect(notes).toHaveLength(2);
});
