// /healthz and /readyz on both ports, through start, a failed reload, drain and end.

import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createCaller } from './caller.ts';
import { spawnServe, startServe, startUpstream, waitFor } from './served-gate.ts';

/** Status of a probe; 0 where nobody listens. */
async function probe(base: string, path: string): Promise<number> {
  try {
    const response = await fetch(`${base}${path}`, { headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}

test('ready means ready: from the first 200 on, a decision is answered', async () => {
  const upstream = await startUpstream((_request, response) => void response.end('{"outputs":[]}'));
  const [data, admin] = await freePorts();
  const bases = { data: `http://127.0.0.1:${data}`, admin: `http://127.0.0.1:${admin}` };
  const gate = spawnServe(
    `listen: { host: 127.0.0.1, port: ${data}, drain: 1s }\nadmin: { port: ${admin} }\ndata: ./data\nmodels: { m: { versions: { one: { url: "${upstream.url}" } } } }\n`,
  );
  const seen = new Set<number>();
  await waitFor(async () => {
    const status = await probe(bases.admin, '/readyz');
    seen.add(status);
    return status === 200 ? true : undefined;
  }, 'readiness');
  const caller = createCaller(1);
  expect((await caller.ask(bases.data)).status).toBe(200);
  caller.close();
  for (const base of Object.values(bases)) {
    expect(await probe(base, '/healthz')).toBe(200);
    expect(await probe(base, '/readyz')).toBe(200);
  }
  // Before that: nobody listened, or it said that it was starting.
  expect([...seen].filter((status) => ![0, 200, 503].includes(status))).toEqual([]);
  gate.process.kill('SIGTERM');
  expect(await gate.exited).toBe(0);
  for (const base of Object.values(bases)) expect(await probe(base, '/healthz')).toBe(0);
  await upstream.close();
});

test('a failed reload leaves it ready; a drain ends readiness on both ports, and never health', async () => {
  const hanging: ServerResponse[] = [];
  const upstream = await startUpstream((request, response) => {
    request.resume();
    hanging.push(response);
  });
  const yaml = `listen: { host: 127.0.0.1, port: 0, drain: 30s }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { one: { url: "${upstream.url}" } }, timeout: { firstByte: 40s, total: 50s } } }\n`;
  const gate = await startServe(yaml);
  const bases = [gate.dataUrl, gate.adminUrl];

  writeFileSync(gate.file, `${yaml}nonsense: 1\n`);
  await waitFor(async () => (gate.output().includes('reload failed') ? true : undefined), 'the failed reload');
  for (const base of bases) {
    expect(await probe(base, '/readyz')).toBe(200);
    expect(await probe(base, '/healthz')).toBe(200);
  }

  const caller = createCaller(4);
  const underWay = caller.ask(gate.dataUrl);
  await waitFor(async () => (hanging.length === 1 ? true : undefined), 'a call under way');
  const exit = gate.stop();
  for (const base of bases) {
    await waitFor(async () => ((await probe(base, '/readyz')) === 503 ? true : undefined), `${base} to end readiness`);
    expect(await probe(base, '/healthz')).toBe(200);
  }
  // Balancers have not looked away yet: who comes is served, and told to go.
  const late = caller.ask(gate.dataUrl);
  await waitFor(async () => (hanging.length === 2 ? true : undefined), 'a call after the signal');
  for (const response of hanging) response.end('{"outputs":[]}');
  expect(await underWay).toMatchObject({ status: 200, closes: true });
  expect(await late).toMatchObject({ status: 200, closes: true });
  expect(await exit).toBe(0);
  caller.close();
  await upstream.close();
});
