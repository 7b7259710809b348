// The sinks as the monitor sees them: a thread that is there only while the Plan has sinks, begun anew where it died (what it
// had not delivered is still in the log), and its latest word on each sink.

import { Worker } from 'node:worker_threads';
import type { SinkState } from '../capture/sinks/sink-state.ts';
import type { SinkPlan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../telemetry/logs.ts';
import type { FromSinks, SinksSetup, ToSinks } from './sinks-messages.ts';

export interface Sinks {
  /** Run exactly these from now on. */
  apply(sinks: readonly SinkPlan[]): void;
  /** In the order of the Plan; a sink that has not said anything yet is left out. */
  states(): readonly SinkState[];
  /** Once capture is closed: deliver what is left, within a bound, and end. */
  stop(): Promise<void>;
}

/** Beside the sources a thread's file is TypeScript, in a build JavaScript. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const ENTRY = new URL(`./sinks-thread.${EXTENSION}`, import.meta.url);
const STOP_MS = 5000;
/** More than STOP_MS: for a thread that does not answer any more. */
const KILL_MS = 8000;
const AGAIN_MS = 5000;

export function createSinks(setup: SinksSetup, log: Logger, clock: Clock): Sinks {
  let plans: readonly SinkPlan[] = [];
  let latest: readonly SinkState[] = [];
  let worker: Worker | null = null;
  let again: NodeJS.Timeout | undefined;
  let isStopping = false;

  const say = (message: ToSinks): void => worker?.postMessage(message);

  function begin(): void {
    again = undefined;
    if (plans.length === 0) return;
    const begun = clock.now();
    const started = new Worker(ENTRY, { name: 'sinks', workerData: setup });
    worker = started;
    started.on('message', (message: FromSinks) => {
      latest = message.states;
    });
    let problem = 'it ended';
    started.on('error', (error: Error) => {
      problem = error.stack ?? error.message;
    });
    started.on('exit', () => {
      if (worker === started) worker = null;
      if (isStopping || plans.length === 0) return;
      log.error({ problem }, 'the thread of the sinks ended; records stay on disk, and it is started again');
      again = setTimeout(begin, Math.max(0, AGAIN_MS - (clock.now() - begun)));
    });
    say({ kind: 'run', sinks: plans });
  }

  async function end(): Promise<void> {
    const ending = worker;
    if (ending === null) return;
    const stopped = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, KILL_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      ending.on('message', (message: FromSinks) => {
        if (message.kind === 'stopped') done();
      });
      ending.on('exit', done);
    });
    say({ kind: 'stop', deadlineMs: STOP_MS });
    await stopped;
    worker = null;
    await ending.terminate();
  }

  return {
    apply(sinks) {
      plans = sinks;
      if (isStopping) return;
      if (worker !== null) say({ kind: 'run', sinks });
      else if (sinks.length > 0 && again === undefined) begin();
    },
    states() {
      const byName = new Map(latest.map((state) => [state.name, state]));
      return plans.flatMap(({ name }) => byName.get(name) ?? []);
    },
    async stop() {
      isStopping = true;
      clearTimeout(again);
      await end();
    },
  };
}
