// One sink as the monitor sees it: its thread, begun anew where it died - ever more slowly, since what killed it may be in the log
// and come again - and what is known of it, counted over all the lives of the thread. What it had not delivered is still on disk.

import { Worker } from 'node:worker_threads';
import { quietState, type SinkState, sumOfStates } from '../capture/sinks/sink-state.ts';
import type { SinkPlan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import { waitMs } from '../kernel/patience.ts';
import type { Random } from '../kernel/random.ts';
import type { Logger } from '../telemetry/logs.ts';
import type { FromSink, SinksSetup, SinkThreadSetup, ToSink } from './sink-messages.ts';

export interface SinkDesk {
  state(): SinkState;
  /** Go on with another plan of the same name, once the thread of the old one has ended; with the same one nothing changes. */
  change(plan: SinkPlan, deadlineMs: number): void;
  /** Deliver what is left within the time, and end. */
  stop(deadlineMs: number): Promise<void>;
}

export interface SinkDeskOptions {
  readonly setup: SinksSetup;
  readonly plan: SinkPlan;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** What has to end before. */
  readonly after: Promise<void> | undefined;
}

/** Beside the sources a thread's file is TypeScript, in a build JavaScript. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const ENTRY = new URL(`./sink-thread.${EXTENSION}`, import.meta.url);
/** Beyond the deadline of a stop: for a thread that does not answer any more. */
const GRACE_MS = 3000;
/** A thread that lived so long was well: its death is the first one again. */
const STEADY_MS = 60_000;

export function createSinkDesk({ setup, plan: first, log, clock, random, after }: SinkDeskOptions): SinkDesk {
  let plan = first;
  /** As JSON: what was asked for last. */
  let wanted = JSON.stringify(first);
  let worker: Worker | null = null;
  let again: NodeJS.Timeout | undefined;
  let deaths = 0;
  let isEnding = false;
  /** Of threads that have ended, the last word of each. */
  let past = quietState(first);
  /** Of the one that lives. */
  let word: SinkState | null = null;

  function begin(): void {
    if (isEnding) return;
    const begun = clock.now();
    const workerData: SinkThreadSetup = { ...setup, plan };
    const started = new Worker(ENTRY, { name: `sink ${plan.name}`, workerData });
    worker = started;
    started.on('message', ({ state }: FromSink) => {
      word = state;
    });
    let problem = 'it ended';
    started.on('error', (error: unknown) => {
      problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    started.on('exit', () => {
      if (worker !== started) return;
      leave();
      died(problem, clock.now() - begun);
    });
  }

  function leave(): void {
    worker = null;
    if (word !== null) past = sumOfStates(past, word);
    word = null;
  }

  function died(problem: string, livedMs: number): void {
    deaths = livedMs > STEADY_MS ? 1 : deaths + 1;
    const inMs = waitMs(deaths, random);
    const [what = problem] = problem.split('\n');
    past = {
      ...past,
      state: 'failing',
      failures: { ...past.failures, thread: (past.failures.thread ?? 0) + 1 },
      lastFailure: { at: clock.wall(), fault: 'thread', message: `the thread of the sink ended: ${what}` },
    };
    const about = { sink: plan.name, type: plan.type, problem, againInMs: Math.round(inMs) };
    log.error(about, 'the thread of a sink ended; its records stay on disk, and it is started again');
    again = setTimeout(begin, inMs);
  }

  async function end(deadlineMs: number): Promise<void> {
    clearTimeout(again);
    const ending = worker;
    if (ending === null) return;
    const stopped = new Promise<void>((resolve) => {
      const late = setTimeout(resolve, deadlineMs + GRACE_MS);
      const done = (): void => {
        clearTimeout(late);
        resolve();
      };
      ending.on('message', ({ kind }: FromSink) => {
        if (kind === 'stopped') done();
      });
      ending.on('exit', done);
    });
    ending.postMessage({ kind: 'stop', deadlineMs } satisfies ToSink);
    await stopped;
    // From here on its exit is no death.
    if (worker !== null) leave();
    clearTimeout(again);
    await ending.terminate();
  }

  if (after === undefined) begin();
  let turn = after?.then(begin) ?? Promise.resolve();

  return {
    state: () => ({ ...(word === null ? past : sumOfStates(past, word)), type: plan.type }),
    change(next, deadlineMs) {
      const written = JSON.stringify(next);
      if (written === wanted) return;
      wanted = written;
      turn = turn
        .then(() => end(deadlineMs))
        .then(() => {
          plan = next;
          begin();
        });
    },
    async stop(deadlineMs) {
      isEnding = true;
      await turn;
      await end(deadlineMs);
    },
  };
}
