// A gateway that cannot drain, or dies on the way, does not keep the gate from stopping: the monitor still writes what it has.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readConfiguration } from '../../src/commands/supervise/configuration.ts';
import { startSupervisor } from '../../src/commands/supervise/supervisor.ts';
import type { Thread } from '../../src/commands/supervise/thread.ts';
import type { FromGateway } from '../../src/gateway/messages.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { FromMonitor } from '../../src/monitor/messages.ts';
import { createLogger } from '../../src/telemetry/logs.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Said {
  readonly kind: string;
}

/** A thread that answers each message at once; an Error is its death. */
function scripted<Setup, In extends Said, Out extends Said>(answer: (message: Out) => In | Error | null, first?: In) {
  const said: string[] = [];
  const waiting: { readonly pick: (message: In) => boolean; take(message: In): void; die(error: Error): void }[] = [];
  const hear = (message: In): void => {
    for (const one of waiting.splice(0)) {
      if (one.pick(message)) one.take(message);
      else waiting.push(one);
    }
  };
  const thread: Thread<Setup, In, Out> = {
    begin: () => undefined,
    say(message) {
      said.push(message.kind);
      const answered = answer(message);
      queueMicrotask(() => {
        if (answered instanceof Error) for (const { die } of waiting.splice(0)) die(answered);
        else if (answered !== null) hear(answered);
      });
    },
    next<Picked extends In>(pick: (message: In) => boolean): Promise<Picked> {
      const heard = new Promise<In>((take, die) => waiting.push({ pick, take, die }));
      if (first !== undefined) queueMicrotask(() => hear(first));
      return heard as Promise<Picked>;
    },
    onMessage: () => undefined,
    onEnd: () => undefined,
    terminate: () => Promise.resolve(),
  };
  return { thread, said };
}

test.each([
  ['says that draining failed', { kind: 'failed', code: '', problem: 'draining failed: EIO' } as const, /EIO/],
  ['dies', new Error('thread gateway-0 failed'), /thread gateway-0 failed/],
])('a gateway that %s: said, and the monitor is stopped all the same', async (_, end, words) => {
  const file = join(folder, 'headgate.yaml');
  writeFileSync(file, 'models: { m: { versions: { one: { url: "http://127.0.0.1:1" } }, sticky: { header: a } } }\n');
  const lines: string[] = [];
  const gateway = scripted((message: Said): FromGateway | Error | null =>
    message.kind === 'listen' ? { kind: 'listening', port: 1 } : message.kind === 'drain' ? end : null,
  );
  const monitor = scripted(
    (message: Said): FromMonitor | null => (message.kind === 'stop' ? { kind: 'stopped' } : null),
    { kind: 'listening', port: 2 },
  );
  const supervisor = await startSupervisor({
    threads: { monitor: monitor.thread, gateways: [gateway.thread] },
    configuration: readConfiguration({ file, env: {}, clock: systemClock }),
    clock: systemClock,
    log: createLogger({ level: 'info', thread: 'main', write: (line) => lines.push(line) }),
    onFatal: (problem) => {
      throw problem;
    },
  });
  await supervisor.stop(true);
  expect(gateway.said).toEqual(['listen', 'drain']);
  expect(monitor.said.at(-1)).toBe('stop');
  expect(lines.join('')).toMatch(words);
});
