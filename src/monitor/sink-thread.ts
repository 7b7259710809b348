// One sink on a thread of its own. Its library is loaded here, bodies are parsed here: what a sink does to this thread, neither
// the gateways nor the monitor nor another sink can feel.

import { parentPort, workerData } from 'node:worker_threads';
import { isAlive } from '../capture/segments/process-life.ts';
import { startSinkRunner } from '../capture/sinks/runner.ts';
import { openSink } from '../capture/sinks/sinks.ts';
import { systemClock } from '../kernel/clock.ts';
import { createLogger } from '../telemetry/logs.ts';
import type { FromSink, SinkThreadSetup, ToSink } from './sink-messages.ts';

const { plan, data, replica, logLevel } = workerData as SinkThreadSetup;
const log = createLogger({ level: logLevel, thread: 'sink' });
const about = { sink: plan.name, type: plan.type };
const STATE_MS = 500;

const runner = startSinkRunner({
  plan,
  data,
  process: { replica, isAlive },
  clock: systemClock,
  random: Math.random,
  open: openSink,
  tell: { info: (message) => log.info(about, message), warn: (message) => log.warn(about, message) },
});

const say = (kind: FromSink['kind']): void =>
  parentPort?.postMessage({ kind, state: runner.state() } satisfies FromSink);
setInterval(say, STATE_MS, 'state');

parentPort?.on('message', ({ deadlineMs }: ToSink) => {
  void runner.stop(deadlineMs).then(() => say('stopped'));
});
