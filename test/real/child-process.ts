// Processes of the real-server test: each in a group of its own, its output in a log file, waited for until it answers, and
// ended for certain, also where the test itself is cut short.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 100;
const LOG_TAIL = 3000;

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** File that takes both output streams. */
  readonly log: string;
}

export interface Child {
  readonly name: string;
  /** Settles with the exit code, or null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Resolves once GET answers 200; rejects at the deadline, or where the process ends before. */
  ready(url: string, deadlineMs: number): Promise<void>;
  /** SIGTERM, and after `graceMs` SIGKILL to the whole group. @returns the exit code */
  stop(graceMs: number): Promise<number | null>;
  /** SIGKILL to the whole group, with no word before. */
  kill(): Promise<void>;
  /** To the whole group: SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves with what to say about it where the process ends although nobody stopped it. */
  readonly died: Promise<string>;
  log(): string;
}

const groups = new Set<number>();
process.once('exit', () => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
});

export function startChild({ name, command, args, cwd, env, log }: Program): Child {
  const output = openSync(log, 'a');
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  let over = false;
  let wanted = false;
  const tail = () => readFileSync(log, 'utf8').slice(-LOG_TAIL);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      over = true;
      resolve(code);
    });
  });
  exited.catch(() => {});
  const died = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!wanted) resolve(`${name} ended with ${signal ?? `code ${code}`}; its log ends:\n${tail()}`);
    });
  });

  return {
    name,
    exited,
    died,
    async ready(url, deadlineMs) {
      const deadline = performance.now() + deadlineMs;
      while ((await statusOf(url)) !== 200) {
        if (over) throw new Error(`${name} ended before it was ready; its log ends:\n${tail()}`);
        if (performance.now() > deadline)
          throw new Error(`${name} was not ready after ${deadlineMs} ms at ${url}; its log ends:\n${tail()}`);
        await pause(POLL_MS);
      }
    },
    async stop(graceMs) {
      if (pid === undefined) return null;
      wanted = true;
      if (!over) child.kill('SIGTERM');
      const late = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      const code = await exited;
      clearTimeout(late);
      // What the process itself had started (uvicorn under mlflow) goes with it.
      signalGroup(pid, 'SIGKILL');
      groups.delete(pid);
      return code;
    },
    async kill() {
      wanted = true;
      if (pid === undefined) return;
      signalGroup(pid, 'SIGKILL');
      await exited;
      groups.delete(pid);
    },
    signal(signal) {
      if (pid !== undefined) signalGroup(pid, signal);
    },
    log: () => readFileSync(log, 'utf8'),
  };
}

/** Run to the end; rejects with the log where it fails. */
export async function runChild(program: Program): Promise<void> {
  const child = startChild(program);
  const code = await child.exited;
  await child.stop(0);
  if (code !== 0) throw new Error(`${program.name} ended with ${code}:\n${child.log().slice(-LOG_TAIL)}`);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // No process of the group is left.
  }
}

/** Status of a GET, or 0 where nothing answers. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(url, { timeout: 2000, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(0));
    asked.end();
  });
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
