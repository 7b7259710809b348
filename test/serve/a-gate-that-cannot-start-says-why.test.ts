import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spawnServe, temporaryFolder } from './served-gate.ts';

const MODELS = 'models: { m: { protocol: raw, match: /, versions: { one: { url: "http://127.0.0.1:9" } } } }';

test('a port in use: exit 69, the port, and what to do', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  for (const threads of [1, 2]) {
    const gate = spawnServe(
      `listen: { host: 127.0.0.1, port: ${port}, threads: ${threads} }\nadmin: { port: 0 }\n${MODELS}\n`,
    );
    expect(await gate.exited).toBe(69);
    expect(gate.output()).toContain(
      `listen: 127.0.0.1:${port} is in use; stop the process that listens there, or change listen.port`,
    );
    expect(gate.output()).not.toContain('    at ');
  }
  blocker.close();
});

test('an admin port in use: exit 69', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  const gate = spawnServe(`listen: { host: 127.0.0.1, port: 0 }\nadmin: { port: ${port} }\n${MODELS}\n`);
  expect(await gate.exited).toBe(69);
  expect(gate.output()).toContain(String(port));
  expect(gate.output()).toContain('in use');
  expect(gate.output()).not.toContain('    at ');
  blocker.close();
});

test('a data folder that is a file: exit 69, the folder and the errno', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'taken'), '');
  const gate = spawnServe(`listen: { host: 127.0.0.1, port: 0 }\nadmin: { port: 0 }\ndata: ./taken/data\n${MODELS}\n`, {
    folder,
  });
  expect(await gate.exited).toBe(69);
  expect(gate.output()).toContain(join(folder, 'taken', 'data'));
  expect(gate.output()).toContain('ENOTDIR');
  expect(gate.output()).not.toContain('    at ');
});

test('problems of the configuration: exit 78, every one with its place, no secret printed', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'models'));
  const gate = spawnServe(
    `listn: {}\nadmin: { token: "\${HEADGATE_TEST_UNSET}" }\nmodels: { m: { versions: { one: { url: "http://127.0.0.1:9", auth: { type: bearer, token: "\${HEADGATE_TEST_SECRET}" } } }, split: { two: 1 } } }\n`,
    { folder, env: { HEADGATE_TEST_SECRET: 'hunter2' } },
  );
  expect(await gate.exited).toBe(78);
  expect(gate.output()).toMatch(/headgate\.yaml:1:1 listn: .*listen/);
  expect(gate.output()).toMatch(/headgate\.yaml:2:\d+ admin\.token: .*HEADGATE_TEST_UNSET/);
  expect(gate.output()).toMatch(/headgate\.yaml:3:\d+ models\.m\.split\.two: /);
  expect(gate.output()).not.toContain('hunter2');
});
