import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spawnServe, temporaryFolder } from './served-gate.ts';

test.each(['gateway-0', 'monitor'])('%s dies: a fatal line, and exit 70 without anybody asking', async (thread) => {
  const folder = temporaryFolder();
  const bomb = join(folder, 'bomb.mjs');
  writeFileSync(
    bomb,
    `import { threadName } from 'node:worker_threads';\nif (threadName === '${thread}') setTimeout(() => { throw new Error('injected death'); }, 2500);\n`,
  );
  const gate = spawnServe(
    'listen: { host: 127.0.0.1, port: 0, drain: 1s }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { one: { url: "http://127.0.0.1:9" } } } }\n',
    { folder, env: { NODE_OPTIONS: `--import ${bomb}` } },
  );
  expect(await gate.exited).toBe(70);
  expect(gate.output()).toContain('injected death');
  expect(gate.output()).toContain('a thread died');
});
