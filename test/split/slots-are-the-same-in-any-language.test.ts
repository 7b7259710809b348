import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { saltBytes, slotOf } from '../../src/split/slot.ts';

interface Vector {
  readonly salt: string;
  readonly unit: string;
  readonly slot: number;
}

const golden = new URL('../golden/assignment/slots.json', import.meta.url);
const vectors = JSON.parse(readFileSync(golden, 'utf8')) as readonly Vector[];

test('slots equal the golden ones, which an implementation in Python wrote', () => {
  expect(vectors.length).toBeGreaterThan(1000);
  const wrong = vectors.filter(({ salt, unit, slot }) => slotOf(saltBytes(salt), Buffer.from(unit, 'utf8')) !== slot);
  expect(wrong).toEqual([]);
});

test('the golden file is what the Python script writes today', (context) => {
  const script = new URL('../golden/assignment/slots.py', import.meta.url);
  let written: string;
  try {
    written = execFileSync('python3', [script.pathname], { encoding: 'utf8', maxBuffer: 1 << 26 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.skip('python3 is not on this machine');
    throw error;
  }
  expect(JSON.parse(written)).toEqual(vectors);
});
