// `headgate accounts` counts what has gone into the store as well: compaction makes no row look lost.

import { expect, test } from 'vitest';
import { runAccounts } from '../../src/commands/accounts.ts';
import { capture, compactNow } from './filled.ts';

test('after compaction every captured row is in the store', async () => {
  const data = await capture(Array.from({ length: 7 }, (_, i) => ({ record: { decisionId: `d-${i}` } })));
  expect(await compactNow(data)).toMatchObject({ rows: 7 });
  let out = '';
  const stdout = { write: (text: string) => (out += text) } as unknown as NodeJS.WritableStream;
  expect(await runAccounts({ data, json: false, stdout, stderr: stdout })).toBe(0);
  expect(out).toContain('of 7 captured rows 0 are in its segments, 7 in the store\n');
});
