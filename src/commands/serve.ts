// `headgate serve`: the gate as a process. SIGHUP reloads, SIGTERM drains and stops, SIGINT stops without waiting for load
// balancers; a second signal of either ends at once.

import { setTimeout } from 'node:timers/promises';
import type { Plan } from '../config/plan.ts';
import { systemClock } from '../kernel/clock.ts';
import { createLogger, type Logger } from '../telemetry/logs.ts';
import { EXIT } from './exit-codes.ts';
import { StartError } from './start-error.ts';
import type { Configuration } from './supervise/configuration.ts';
import { type Supervisor, startSupervisor } from './supervise/supervisor.ts';
import { startThreads, terminateThreads } from './supervise/threads.ts';

/** A running gate, for commands that start one in their own process. */
export interface RunningGate {
  readonly dataUrl: string;
  readonly adminUrl: string;
  stop(): Promise<void>;
}

export interface ServeOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Write the lock where it is stale or missing, instead of refusing. */
  readonly plansItself?: boolean;
}

/** @throws StartError where the configuration has problems, or a port cannot be bound */
export async function serve(options: ServeOptions): Promise<RunningGate> {
  const supervisor = await start(options, (problem) => {
    throw problem;
  });
  return { ...urls(supervisor), stop: () => supervisor.stop(false) };
}

async function start(options: ServeOptions, onFatal: (problem: Error) => void): Promise<Supervisor> {
  const threads = startThreads();
  let configuration: Configuration;
  try {
    // Its code is loaded while the threads load theirs.
    const { readConfiguration } = await import('./supervise/configuration.ts');
    configuration = readConfiguration({ ...options, clock: systemClock });
  } catch (error) {
    await terminateThreads(threads);
    throw error;
  }
  return startSupervisor({
    threads,
    configuration,
    clock: systemClock,
    log: loggerOf(configuration.plan),
    onFatal,
  });
}

/** For the threads that are left, after one has died. */
const LAST_WORDS_MS = 5000;

/** @returns the exit code, once the gate has stopped */
export async function runServe(options: ServeOptions): Promise<number> {
  const { promise: died, resolve: onFatal } = Promise.withResolvers<Error>();
  let supervisor: Supervisor | undefined;
  // From the start: without a listener SIGHUP would end the process.
  let reloadAsked = false;
  process.on('SIGHUP', () => {
    if (supervisor === undefined) reloadAsked = true;
    else void supervisor.reload();
  });
  try {
    supervisor = await start(options, onFatal);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  // Before it says that it is ready: who reads that may stop it at once.
  const stop = signalled();
  const { plan } = supervisor;
  const log = loggerOf(plan);
  log.info(
    { ...urls(supervisor), generation: plan.generation, models: plan.models.length, threads: plan.listen.threads },
    `ready after ${Math.round(systemClock.now())} ms`,
  );
  if (reloadAsked) void supervisor.reload();

  const end = await Promise.race([stop, died]);
  if (end instanceof Error) {
    log.fatal({ err: end }, 'a thread died; the process ends, so that whoever runs it can start it anew');
    // What the monitor holds is still written, if it can; threads that live on must not keep the process.
    await Promise.race([supervisor.stop(false), setTimeout(LAST_WORDS_MS)]);
    process.exit(EXIT.software);
  }
  log.info({ signal: end, drainMs: plan.listen.drainMs }, 'stopping: answers under way are finished first');
  void signalled().then(() => process.exit(EXIT.software));
  await supervisor.stop(end === 'SIGTERM');
  log.info('stopped');
  return EXIT.ok;
}

function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

function loggerOf(plan: Plan): Logger {
  return createLogger({ level: plan.telemetry.logLevel, thread: 'main' });
}

function urls({ plan, port, adminPort }: Supervisor): { readonly dataUrl: string; readonly adminUrl: string } {
  const scheme = plan.listen.tls === null ? 'http' : 'https';
  const data = `${scheme}://${reachable(plan.listen.host)}:${port}`;
  return { dataUrl: data, adminUrl: `http://${reachable(plan.admin.host)}:${adminPort}` };
}

/** An address to type, for one that means "every address". */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
