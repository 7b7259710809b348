// Every process that a benchmark starts: launched in a group of its own, awaited until it is ready, and stopped for sure -
// also when the benchmark fails or is interrupted. Nothing here knows what the processes do.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BESIDE, type Placement } from './placement.ts';

const READY_MS = 10_000;
const STOP_MS = 3_000;
const PROBE_MS = 10;
const OUTPUT_BYTES_MAX = 16_384;
const WORDS_LINES_MAX = 4;
/** net.ipv4.ip_local_port_range starts at 32,768. */
const PORTS = { low: 18_000, high: 32_000 };
const PORT_TRIES_MAX = 1_000;

export interface Process {
  readonly pid: number;
  /** The end of what it wrote, for error messages. */
  output(): string;
  exited(): boolean;
  /** Ask it to stop, then make it. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/** Signal a whole group: a killed nginx master would leave its worker behind. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

function sweep(): void {
  for (const child of running) signalGroup(child, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Leave nothing behind, however this process ends short of SIGKILL. Call once, first. */
export function guardProcesses(): void {
  process.on('exit', sweep);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => process.exit(code));
  }
}

export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `headgate-bench-${name}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

export function launch(command: string, args: readonly string[], placement: Placement = BESIDE): Process {
  const [program = command, ...rest] = [...placement, command, ...args];
  const child = spawn(program, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const pid = child.pid;
  if (pid === undefined) {
    child.on('error', () => {});
    throw new Error(`cannot start ${command}: is it installed?`);
  }
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('latin1')).slice(-OUTPUT_BYTES_MAX);
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    pid,
    output: () => output.trim(),
    exited: () => child.exitCode !== null || child.signalCode !== null,
    async stop() {
      if (!running.has(child)) return;
      signalGroup(child, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
      signalGroup(child, 'SIGKILL');
      running.delete(child);
    },
  };
}

/** The first lines of what is kept of a process's output, as one: where programs say what is wrong. */
function lastWords(owner: Process | undefined): string {
  return (owner?.output() ?? '').split('\n').slice(0, WORDS_LINES_MAX).join(' ').trim();
}

/**
 * Try `probe` until it holds.
 * @param owner stopped where the probe never holds
 * @throws with the process's output where it ends or the deadline passes first
 */
export async function waitUntil(
  what: string,
  probe: () => Promise<boolean>,
  owner?: Process,
  deadlineMs = READY_MS,
  everyMs = PROBE_MS,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await probe())) {
    const ended = owner?.exited() === true;
    if (ended || performance.now() > end) {
      await owner?.stop();
      throw new Error(`${what}: ${ended ? 'the process ended' : `not within ${deadlineMs} ms`}. ${lastWords(owner)}`);
    }
    await pause(everyMs);
  }
}

/** Wait until something accepts connections on a port of this machine. */
export function waitForPort(port: number, owner: Process): Promise<void> {
  return waitUntil(`port ${port} accepts connections`, () => accepts(port), owner);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Ports of 127.0.0.1 that were free a moment ago, all different, and below those that the kernel gives to outgoing connections:
 * the load of a benchmark must not take a port before its owner does.
 */
export async function freePorts(count: number): Promise<number[]> {
  const free = new Set<number>();
  for (let tries = 0; free.size < count; tries++) {
    if (tries > PORT_TRIES_MAX)
      throw new Error(`no ${count} free ports from ${PORTS.low} to ${PORTS.high} on 127.0.0.1`);
    const port = randomInt(PORTS.low, PORTS.high);
    if (await isFree(port)) free.add(port);
  }
  return [...free];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  return port;
}
