// The monitor on a thread of its own: messages in, messages out, nothing decided here.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../kernel/clock.ts';
import { receiveSetup } from '../kernel/thread-setup.ts';
import { createLogger } from '../telemetry/logs.ts';
import type { FromMonitor, MonitorSetup, ToMonitor } from './messages.ts';
import { type Monitor, startMonitor } from './monitor.ts';

const setup = await receiveSetup<MonitorSetup>(workerData);
let logLinesLost = 0;
const log = createLogger({
  level: setup.plan.telemetry.logLevel,
  thread: 'monitor',
  onLost: () => {
    logLinesLost += 1;
  },
});
const say = (message: FromMonitor): void => parentPort?.postMessage(message);

// Messages wait in the port until there is a monitor to take them.
startMonitor({
  setup,
  clock: systemClock,
  log,
  logLinesLost: () => logLinesLost,
  version: ownVersion(),
  process: { host: hostname(), pid: process.pid, startedAt: systemClock.wall() },
  env: process.env,
  askReload: (request) => say({ kind: 'reload', request }),
}).then(
  (monitor) => {
    parentPort?.on('message', (message: ToMonitor) => take(monitor, message));
    say({ kind: 'listening', port: monitor.port });
  },
  (error: Error) => say({ kind: 'failed', problem: error.message }),
);

function take(monitor: Monitor, message: ToMonitor): void {
  switch (message.kind) {
    case 'gateway':
      monitor.connect(message.port);
      break;
    case 'swap':
      monitor.swap(message.plan, message.allocations, message.histories, message.config);
      break;
    case 'config':
      monitor.configure(message.config);
      break;
    case 'phase':
      monitor.enter(message.phase);
      break;
    case 'reloaded':
      monitor.reloaded(message.request, message.outcome);
      break;
    case 'stop':
      monitor
        .stop()
        .catch((error: unknown) => log.error({ err: error }, 'the monitor did not stop cleanly'))
        .finally(() => say({ kind: 'stopped' }));
      break;
  }
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
