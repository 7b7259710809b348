// A gateway on a thread of its own: messages in, messages out, nothing decided here.

import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import type { HandoverReply } from '../capture/handover/slab.ts';
import { systemClock } from '../kernel/clock.ts';
import { uniform } from '../kernel/ids.ts';
import { receiveSetup } from '../kernel/thread-setup.ts';
import { createLogger } from '../telemetry/logs.ts';
import { createFaultLog } from './fault-log.ts';
import { createGateway } from './gateway.ts';
import type { FromGateway, GatewaySetup, ToGateway } from './messages.ts';
import { createPlanAssembly } from './plan-assembly.ts';

const setup = await receiveSetup<GatewaySetup & { readonly handover: MessagePort }>(workerData);
const log = createLogger({
  level: setup.plan.telemetry.logLevel,
  thread: `gateway-${setup.thread}`,
  onLost: () => gateway.logLineLost(),
});
const say = (message: FromGateway): void => parentPort?.postMessage(message);

const gateway = createGateway({
  thread: setup.thread,
  plan: setup.plan,
  allocations: setup.allocations,
  clock: systemClock,
  random: uniform,
  post: (message, transfer) => setup.handover.postMessage(message, transfer),
  tell({ url, of: [model, role, version], state }) {
    const facts = { url, model, role, version, state };
    if (state === 'in service') log.info(facts, 'endpoint is back in service');
    else log.warn(facts, 'endpoint is out of service: look at its own log, and at whether it listens');
  },
  report: createFaultLog(systemClock, log),
});
const assembly = createPlanAssembly(setup.plan, setup.allocations);

setup.handover.on('message', (message: HandoverReply) => {
  if (message.kind === 'slab') gateway.recycle(message.buffer);
  else gateway.settle(message);
});

parentPort?.on('message', (message: ToGateway) => {
  switch (message.kind) {
    case 'listen':
      gateway.listen(message.port).then(
        (port) => say({ kind: 'listening', port }),
        (error: NodeJS.ErrnoException) => say({ kind: 'failed', code: error.code ?? '', problem: error.message }),
      );
      break;
    case 'prepare':
      for (const { model, tables } of message.models) gateway.prepare(model, tables);
      assembly.add(message.models);
      say({ kind: 'prepared' });
      break;
    case 'swap': {
      const { plan, allocations } = assembly.plan(message.plan, message.models);
      gateway.swap(plan, allocations);
      say({ kind: 'swapped', serial: plan.serial });
      break;
    }
    case 'drain':
      gateway.drain(message.graceful).then(
        () => {
          say({ kind: 'drained' });
          setup.handover.close();
        },
        (error: Error) => say({ kind: 'failed', code: '', problem: `draining failed: ${error.message}` }),
      );
      break;
  }
});
