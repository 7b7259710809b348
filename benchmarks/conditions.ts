// Under what a benchmark runs: machine, load, versions, commit. Decides whether the machine is quiet enough to be believed.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Folder of the project, without a trailing slash. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Before anything is bound to fewer of them. */
export const CORES = availableParallelism();
/** Above this fraction of all cores in use figures are worthless. */
const BUSY_MAX = 0.1;
const WATCH_MS = 1_500;
const RIVALS = ['undici', 'fastify', '@fastify/http-proxy', 'http-proxy-3', 'hono', '@hono/node-server'];

export interface Conditions {
  readonly at: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** Fraction of all cores in use just before the start, 0 to 1. */
  readonly busy: number;
  /** Fraction of all cores that processes other than the benchmark's used meanwhile. */
  readonly others: number;
  /** Fraction of all cores that the hypervisor gave to somebody else meanwhile. */
  readonly stolen: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** Before anything is started. */
export async function readConditions(): Promise<Omit<Conditions, 'others' | 'stolen'>> {
  return {
    at: new Date().toISOString(),
    commit: commit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: CORES,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    busy: await busyFraction(),
    versions: {
      node: process.version.slice(1),
      nginx: programVersion('nginx', ['-v']),
      haproxy: programVersion('haproxy', ['-v']),
      wrk: programVersion('wrk', ['-v']),
      ...Object.fromEntries(RIVALS.map((name) => [name, packageVersion(name)])),
    },
  };
}

/** Why the machine is too busy to measure on, or null. */
export function whyNotQuiet({ busy }: Pick<Conditions, 'busy'>): string | null {
  if (busy <= BUSY_MAX) return null;
  return `${Math.round(busy * 100)} % of the cores are in use (at most ${BUSY_MAX * 100} %)`;
}

export function whyNotInstalled(program: string): string | null {
  const found = (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`));
  return found ? null : `${program} is not installed (apt-get install ${program})`;
}

export function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--', 'src', 'package-lock.json') === '' ? '' : '-dirty')
    );
  } catch {
    return 'unknown';
  }
}

/** First thing that looks like a version in what a program prints; nginx prints to stderr, wrk exits with 1. */
function programVersion(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return /\d+\.\d+(?:\.\d+)?/.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[0] ?? 'absent';
}

function packageVersion(name: string): string {
  const file = `${ROOT}/node_modules/${name}/package.json`;
  if (!existsSync(file)) return 'absent';
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: string };
  return version ?? 'unknown';
}

async function busyFraction(): Promise<number> {
  const before = coreTimes();
  await pause(WATCH_MS);
  const after = coreTimes();
  const total = after.total - before.total;
  return total === 0 ? 0 : 1 - (after.idle - before.idle) / total;
}

function coreTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
