// A gate as people run it: `headgate serve` in a process of its own, on free ports, with its configuration in a folder of
// its own. And small upstreams to put behind it.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;

export interface Served {
  readonly folder: string;
  readonly file: string;
  readonly process: ChildProcess;
  /** Everything printed so far, stdout and stderr. */
  output(): string;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
}

export interface ReadyGate extends Served {
  readonly dataUrl: string;
  readonly adminUrl: string;
  /** SIGTERM, then the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ServeOptions {
  readonly folder?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** After `serve -c FILE`. */
  readonly words?: readonly string[];
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'headgate-'));
}

export function spawnServe(yaml: string, options: ServeOptions = {}): Served {
  const folder = options.folder ?? temporaryFolder();
  const file = join(folder, 'headgate.yaml');
  writeFileSync(file, yaml);
  const child = spawn(process.execPath, [CLI, 'serve', '-c', file, ...(options.words ?? [])], {
    cwd: folder,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test that fails half way leaves no process behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { folder, file, process: child, output: () => output, exited };
}

/** @throws with what was printed, where the gate ends or is not ready in time */
export async function startServe(yaml: string, options: ServeOptions = {}): Promise<ReadyGate> {
  const served = spawnServe(yaml, options);
  const ready = await waitFor(async () => {
    if (served.process.exitCode !== null)
      throw new Error(`serve ended with ${served.process.exitCode}:\n${served.output()}`);
    const line = served
      .output()
      .split('\n')
      .find((text) => text.includes('"dataUrl"'));
    if (line === undefined) return undefined;
    const { dataUrl, adminUrl } = JSON.parse(line) as { dataUrl: string; adminUrl: string };
    return { dataUrl, adminUrl };
  }, 'the gate to be ready');
  return {
    ...served,
    ...ready,
    async stop(signal = 'SIGTERM') {
      served.process.kill(signal);
      const code = await served.exited;
      if (options.folder === undefined) rmSync(served.folder, { recursive: true, force: true });
      return code;
    },
  };
}

export interface Upstream {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** @param at where it shall listen; a free port unless given */
export async function startUpstream(listener: RequestListener, at = 0): Promise<Upstream> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An Open Inference server with one answer: the version's name and what it was sent. */
export function inferenceUpstream(prediction = 0.5): Promise<Upstream> {
  return startUpstream((request, response) => {
    request.resume();
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          model_name: 'm',
          id: '1',
          outputs: [{ name: 'predict', shape: [1, 1], datatype: 'FP64', data: [prediction] }],
        }),
      );
    });
  });
}

/** Ask until the answer is not undefined. */
export async function waitFor<Value>(
  ask: () => Promise<Value | undefined>,
  what: string,
  deadlineMs = 45_000,
): Promise<Value> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
