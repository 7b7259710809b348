// Promise 5, the process's half: requests under way when the gate is told to stop are answered; connections are closed only
// after an answer that said so.

import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { spawnServe, startServe, startUpstream, waitFor } from './served-gate.ts';

test.each([1, 2])(
  'SIGTERM under load, %i thread(s): every answer whole, then Connection: close, exit 0',
  async (threads) => {
    const upstream = await startUpstream((request, response) => {
      request.resume();
      request.on('end', () => setTimeout(() => response.end('{"outputs":[]}'), 20));
    });
    const gate = await startServe(
      `listen: { host: 127.0.0.1, port: 0, drain: 4s, threads: ${threads} }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { one: { url: "${upstream.url}" } } } }\n`,
    );
    const { port } = new URL(gate.dataUrl);
    const clients = Array.from({ length: 16 }, () => keepAsking(Number(port)));
    await waitFor(
      async () => (clients.every(({ answers }) => answers.length > 2) ? true : undefined),
      'traffic on every connection',
    );

    const code = gate.stop();
    const ends = await Promise.all(clients.map(({ ended }) => ended));
    expect(await code).toBe(0);
    for (const { answers, clean } of ends) {
      // Closed between two answers, never inside one; and the last answer had said so.
      expect(clean).toBe(true);
      expect(answers.at(-1)).toContain('connection: close');
      expect(answers.slice(0, -1).filter((head) => head.includes('connection: close'))).toEqual([]);
    }
    await upstream.close();
  },
);

test('while it drains, readiness says so and a second signal ends it at once', async () => {
  const upstream = await startUpstream((request) => void request.resume());
  const gate = await startServe(
    `listen: { host: 127.0.0.1, port: 0, drain: 30s }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { one: { url: "${upstream.url}" } }, timeout: { firstByte: 20s, total: 30s } } }\n`,
  );
  const hanging = fetch(`${gate.dataUrl}/v2/models/m/infer`, { method: 'POST', body: '{}' }).catch(() => 'broken');
  await waitFor(async () => {
    const text = await (await fetch(`${gate.adminUrl}/metrics`)).text();
    return /^headgate_inflight\S* 1$/m.test(text) ? true : undefined;
  }, 'the request to be under way');
  gate.process.kill('SIGTERM');
  await waitFor(
    async () => ((await fetch(`${gate.adminUrl}/readyz`)).status === 503 ? true : undefined),
    'readiness to end',
  );
  expect((await fetch(`${gate.adminUrl}/healthz`)).status).toBe(200);
  gate.process.kill('SIGTERM');
  expect(await gate.exited).toBe(70);
  expect(await hanging).toBe('broken');
  await upstream.close();
});

test('a signal that comes with the word ready is heard', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
    const gate = spawnServe(
      'listen: { host: 127.0.0.1, port: 0, drain: 0s }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { one: { url: "http://127.0.0.1:9" } } } }\n',
    );
    gate.process.stdout?.once('data', () => gate.process.kill(signal));
    expect(await gate.exited).toBe(0);
    expect(gate.output()).toContain('"msg":"stopped"');
    rmSync(gate.folder, { recursive: true, force: true });
  }
});

interface Client {
  /** Heads of the answers so far, lower case. */
  readonly answers: string[];
  readonly ended: Promise<{ readonly answers: readonly string[]; readonly clean: boolean }>;
}

/** One connection that asks again as soon as it has been answered. */
function keepAsking(port: number): Client {
  const socket = connect(port, '127.0.0.1');
  const answers: string[] = [];
  let buffer = '';
  let failed = false;
  const ask = (): void =>
    void socket.write('POST /v2/models/m/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
  socket.once('connect', ask);
  socket.on('error', () => {
    failed = true;
  });
  socket.on('data', (chunk: Buffer) => {
    buffer += chunk.toString('latin1');
    for (;;) {
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = buffer.slice(0, end).toLowerCase();
      const body = /transfer-encoding: chunked/.test(head)
        ? buffer.indexOf('0\r\n\r\n', end + 4) + 5
        : end + 4 + Number(/content-length: (\d+)/.exec(head)?.[1]);
      if (body < end + 4 || buffer.length < body) return;
      buffer = buffer.slice(body);
      answers.push(head);
      if (!head.includes('connection: close')) ask();
    }
  });
  const ended = new Promise<{ readonly answers: readonly string[]; readonly clean: boolean }>((resolve) => {
    socket.once('close', () => resolve({ answers, clean: !failed && buffer === '' }));
  });
  return { answers, ended };
}
