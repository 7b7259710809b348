// A long query shows on a terminal how much of it is done, and where that is not known the time it has taken; a pipe sees nothing.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/capture/store/database.ts';
import { storePaths } from '../../src/capture/store/layout.ts';
import { runQuery } from '../../src/commands/query.ts';
import { createProgress } from '../../src/commands/query-progress.ts';
import { capture, compactNow, parquetFiles } from '../store/filled.ts';

function sink(isTTY: boolean) {
  let said = '';
  const stream = new Writable({
    write(chunk, _, done) {
      said += String(chunk);
      done();
    },
  });
  return Object.assign(stream, { isTTY, said: () => said });
}

test('the bar moves while Parquet is read, and is gone at the end', async () => {
  const data = await capture([{}]);
  await compactNow(data);
  // A million rows in place of the one: DuckDB counts what it has read of a file by its row groups.
  const [name = ''] = await parquetFiles(data);
  const path = join(storePaths(data).root, name);
  const database = await openDatabase(null, { threads: 1, memoryBytes: 512 * 1024 ** 2, spillFolder: null });
  const many = `SELECT * REPLACE (i AS sequence) FROM read_parquet('${path}', hive_partitioning = false), range(1000000) t(i)`;
  await database.run(
    `COPY (SELECT * EXCLUDE (i) FROM (${many})) TO '${path}.new' (FORMAT parquet, ROW_GROUP_SIZE 20000)`,
  );
  database.close();
  await rename(`${path}.new`, path);
  const [stdout, stderr] = [sink(false), sink(true)];
  const code = await runQuery({
    sql: 'SELECT count(DISTINCT md5(md5(md5(md5(sequence::VARCHAR))))) > 0 AS n FROM decisions',
    config: null,
    data,
    model: null,
    format: 'csv',
    output: null,
    memoryBytes: 1024 ** 3,
    env: {},
    stdout,
    stderr,
  });
  expect([code, stdout.said()]).toEqual([0, 'n\ntrue\n']);
  expect(stderr.said()).toMatch(/running #+\.+ [1-9]\d?%/);
  expect(stderr.said().endsWith('\r\x1b[2K')).toBe(true);
}, 60_000);

test('a part that is not known is no 0 %, and a pipe sees nothing', async () => {
  const [stderr, pipe] = [sink(true), sink(false)];
  const [progress, silent] = [createProgress(stderr), createProgress(pipe)];
  const looked = Promise.withResolvers<void>();
  let looks = 0;
  progress.watch('running', () => {
    looks += 1;
    silent.show('running', 0.5);
    if (looks === 4) looked.resolve();
    return looks % 2 === 0 ? 0 : -0.01;
  });
  await looked.promise;
  progress.clear();
  silent.clear();
  expect(pipe.said()).toBe('');
  expect(stderr.said()).toMatch(/running \d s/);
  expect(stderr.said()).not.toContain('%');
});
