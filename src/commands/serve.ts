// `headgate serve`: the gate as a process. SIGHUP reloads, SIGTERM drains and stops, SIGINT stops without waiting for load
// balancers; a second signal of either ends at once.

import { systemClock } from '../kernel/clock.ts';
import { createLogger } from '../telemetry/logs.ts';
import { EXIT } from './exit-codes.ts';
import type { Supervisor } from './supervise/supervisor.ts';
import { StartProblem, startSupervisor } from './supervise/supervisor.ts';

/** A running gate, for commands that start one in their own process. */
export interface RunningGate {
  readonly dataUrl: string;
  readonly adminUrl: string;
  stop(): Promise<void>;
}

export async function serve(options: {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Promise<RunningGate> {
  const supervisor = await startSupervisor({
    ...options,
    logger: (plan) => createLogger({ level: plan.telemetry.logLevel, thread: 'main' }),
    onFatal(problem) {
      throw problem;
    },
  });
  return { ...urls(supervisor), stop: () => supervisor.stop(false) };
}

/** @returns the exit code, once the gate has stopped */
export async function runServe(options: { readonly file: string }): Promise<number> {
  const begun = systemClock.now();
  let fatal: (problem: Error) => void = () => undefined;
  const died = new Promise<Error>((resolve) => {
    fatal = resolve;
  });
  let supervisor: Supervisor;
  try {
    supervisor = await startSupervisor({
      file: options.file,
      env: process.env,
      logger: (plan) => createLogger({ level: plan.telemetry.logLevel, thread: 'main' }),
      onFatal: (problem) => fatal(problem),
    });
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error.kind === 'config' ? EXIT.config : EXIT.unavailable;
  }
  const { plan } = supervisor;
  const log = createLogger({ level: plan.telemetry.logLevel, thread: 'main' });
  log.info(
    {
      ...urls(supervisor),
      generation: plan.generation,
      models: plan.models.length,
      threads: plan.listen.threads,
      readyMs: Math.round(systemClock.now() - begun),
    },
    'headgate is ready',
  );

  const asked = new Promise<NodeJS.Signals>((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
  // A failed reload is logged by the supervisor; the gate goes on with what it has.
  process.on(
    'SIGHUP',
    () => void supervisor.reload().catch((error: unknown) => log.error({ err: error }, 'reload failed')),
  );

  const end = await Promise.race([asked, died]);
  if (end instanceof Error) {
    log.fatal({ err: end }, 'a thread died; the process ends, so that its supervisor can start it anew');
    return EXIT.software;
  }
  log.info({ signal: end, drainMs: plan.listen.drainMs }, 'stopping: answers under way are finished first');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(EXIT.software));
  await supervisor.stop(end === 'SIGTERM');
  log.info('stopped');
  return EXIT.ok;
}

function urls({ plan, port, adminPort }: Supervisor): { readonly dataUrl: string; readonly adminUrl: string } {
  const scheme = plan.listen.tls === null ? 'http' : 'https';
  return {
    dataUrl: `${scheme}://${reachable(plan.listen.host)}:${port}`,
    adminUrl: `http://${reachable(plan.admin.host)}:${adminPort}`,
  };
}

/** An address to type, for one that means "every address". */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
