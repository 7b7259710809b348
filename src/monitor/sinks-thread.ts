// The sinks on a thread of their own: a runner for each, started and stopped as the monitor says. Libraries are loaded here,
// bodies parsed here; what a sink does to this thread, neither the gateways nor the monitor can feel.

import { parentPort, workerData } from 'node:worker_threads';
import { isAlive } from '../capture/segments/process-life.ts';
import { type SinkRunner, startSinkRunner } from '../capture/sinks/runner.ts';
import { openSink } from '../capture/sinks/sinks.ts';
import type { SinkPlan } from '../config/plan.ts';
import { systemClock } from '../kernel/clock.ts';
import { createLogger } from '../telemetry/logs.ts';
import type { FromSinks, SinksSetup, ToSinks } from './sinks-messages.ts';

const setup = workerData as SinksSetup;
const log = createLogger({ level: setup.logLevel, thread: 'sinks' });
const say = (message: FromSinks): void => parentPort?.postMessage(message);

const STATES_MS = 1000;
/** For a sink that a reload takes away. */
const LEAVE_MS = 2000;

interface Running {
  readonly written: string;
  readonly runner: SinkRunner;
}

const running = new Map<string, Running>();
let turn: Promise<unknown> = Promise.resolve();

function start(plan: SinkPlan): SinkRunner {
  const about = { sink: plan.name, type: plan.type };
  return startSinkRunner({
    plan,
    data: setup.data,
    process: { replica: setup.replica, isAlive },
    clock: systemClock,
    random: Math.random,
    open: openSink,
    tell: { info: (message) => log.info(about, message), warn: (message) => log.warn(about, message) },
  });
}

async function run(plans: readonly SinkPlan[]): Promise<void> {
  const wanted = new Map(plans.map((plan) => [plan.name, JSON.stringify(plan)]));
  const leaving = [...running].filter(([name, { written }]) => wanted.get(name) !== written);
  await Promise.all(leaving.map(([, { runner }]) => runner.stop(LEAVE_MS)));
  for (const [name] of leaving) running.delete(name);
  for (const plan of plans) {
    if (!running.has(plan.name)) running.set(plan.name, { written: JSON.stringify(plan), runner: start(plan) });
  }
}

const states = () => [...running.values()].map(({ runner }) => runner.state());
setInterval(() => say({ kind: 'states', states: states() }), STATES_MS);

async function stop(deadlineMs: number): Promise<void> {
  await Promise.all([...running.values()].map(({ runner }) => runner.stop(deadlineMs)));
  say({ kind: 'stopped', states: states() });
}

parentPort?.on('message', (message: ToSinks) => {
  turn = turn.then(() => (message.kind === 'run' ? run(message.sinks) : stop(message.deadlineMs)));
});
