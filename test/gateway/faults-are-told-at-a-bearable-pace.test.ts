import { expect, test } from 'vitest';
import { createFaultLog } from '../../src/gateway/fault-log.ts';

test('few faults are told one by one; of a flood the first ones, and then how many were not', () => {
  let nowMs = 0;
  const lines: { err: unknown; untold?: number }[] = [];
  const fault = createFaultLog(
    { now: () => nowMs, wall: () => nowMs },
    { error: (line: (typeof lines)[number]) => void lines.push(line) },
  );
  for (let i = 0; i < 1000; i++) fault(new Error(`fault ${i}`));
  expect(lines.length).toBe(10);
  expect(String(lines[0]?.err)).toBe('Error: fault 0');
  nowMs = 10_000;
  fault(new Error('later'));
  expect(lines.at(-1)).toMatchObject({ untold: 990 });
  fault(new Error('and one more'));
  expect(lines.at(-1)?.untold).toBeUndefined();
});
