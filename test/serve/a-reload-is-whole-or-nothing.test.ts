import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inferenceUpstream, startServe, temporaryFolder, type Upstream, waitFor } from './served-gate.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await inferenceUpstream();
});
afterAll(() => upstream.close());

/** A gate whose one version is called `name`. */
function yaml(name: string, more = ''): string {
  return `listen: { host: 127.0.0.1, port: 0, drain: 1s }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { ${name}: { url: "${upstream.url}" } } } }\n${more}`;
}

async function served(dataUrl: string): Promise<string | null> {
  const response = await fetch(`${dataUrl}/v2/models/m/infer`, { method: 'POST', body: '{"inputs":[]}' });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
  return response.headers.get('headgate-version');
}

const becomes = (dataUrl: string, name: string): Promise<true> =>
  waitFor(async () => ((await served(dataUrl)) === name ? true : undefined), `version ${name} to serve`);

interface Config {
  readonly generation: string;
  readonly lastReload: { readonly ok: boolean; readonly problems: readonly string[] };
  readonly reloads: { readonly succeeded: number; readonly failed: number };
}

async function config(adminUrl: string): Promise<Config> {
  return (await (await fetch(`${adminUrl}/api/v1/config`)).json()) as Config;
}

test('a written file, a renamed file, SIGHUP and POST reload each take effect', async () => {
  const gate = await startServe(yaml('one'));
  expect(await served(gate.dataUrl)).toBe('one');

  writeFileSync(gate.file, yaml('two'));
  await becomes(gate.dataUrl, 'two');

  // As editors do it: a new file takes the old one's name.
  writeFileSync(`${gate.file}~`, yaml('three'));
  renameSync(`${gate.file}~`, gate.file);
  await becomes(gate.dataUrl, 'three');

  writeFileSync(gate.file, yaml('four'));
  gate.process.kill('SIGHUP');
  await becomes(gate.dataUrl, 'four');

  writeFileSync(gate.file, yaml('five'));
  const answer = await fetch(`${gate.adminUrl}/api/v1/reload`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(200);
  expect(await served(gate.dataUrl)).toBe('five');
  expect(await gate.stop()).toBe(0);
});

test('a ConfigMap mount: the ..data link is swapped, three times in a row', async () => {
  const folder = temporaryFolder();
  const release = (n: number, name: string): void => {
    mkdirSync(join(folder, `..${n}`));
    writeFileSync(join(folder, `..${n}`, 'headgate.yaml'), yaml(name));
    symlinkSync(`..${n}`, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    if (n > 1) rmSync(join(folder, `..${n - 1}`), { recursive: true });
  };
  release(1, 'one');
  symlinkSync('..data/headgate.yaml', join(folder, 'headgate.yaml'));
  const gate = await startServe(yaml('one'), { folder });
  for (const [n, name] of [
    [2, 'two'],
    [3, 'three'],
    [4, 'four'],
  ] as const) {
    release(n, name);
    await becomes(gate.dataUrl, name);
  }
  expect(await gate.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

test('a broken file changes nothing, and says so everywhere; mending it does', async () => {
  const gate = await startServe(yaml('one'));
  const before = await config(gate.adminUrl);

  writeFileSync(gate.file, `${yaml('two')}nonsense: 1\n`);
  const failed = await waitFor(async () => {
    const now = await config(gate.adminUrl);
    return now.lastReload.ok ? undefined : now;
  }, 'the failed reload');
  expect(failed.generation).toBe(before.generation);
  expect(failed.lastReload.problems.join('\n')).toMatch(/headgate\.yaml:5:1 nonsense: /);
  expect(await served(gate.dataUrl)).toBe('one');
  expect((await fetch(`${gate.adminUrl}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`${gate.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^headgate_config_last_reload_successful 0$/m);
  expect(gate.output()).toContain('the last good configuration stays in force');

  // What only a restart can change is a problem too: no half of a file is ever in force.
  writeFileSync(gate.file, yaml('two').replace('port: 0, drain', 'port: 1, drain'));
  await waitFor(
    async () => ((await config(gate.adminUrl)).lastReload.problems.join().includes('listen.port') ? true : undefined),
    'the refused port',
  );
  expect(await served(gate.dataUrl)).toBe('one');

  writeFileSync(gate.file, yaml('three'));
  await becomes(gate.dataUrl, 'three');
  expect((await config(gate.adminUrl)).lastReload).toMatchObject({ ok: true, problems: [] });
  expect(await gate.stop()).toBe(0);
});

test('a change at any moment of the start takes effect', async () => {
  for (let n = 1; n <= 8; n++) {
    const folder = temporaryFolder();
    const starting = startServe(yaml('one'), { folder });
    await new Promise((resolve) => setTimeout(resolve, 60 * n));
    writeFileSync(join(folder, 'headgate.yaml'), yaml('two'));
    const gate = await starting;
    await becomes(gate.dataUrl, 'two');
    expect(await gate.stop('SIGINT')).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  }
});
