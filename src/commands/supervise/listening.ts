// Binding the ports, and the words for when one cannot be bound.

import { createServer } from 'node:net';
import type { Plan } from '../../config/plan.ts';
import type { FromGateway } from '../../gateway/messages.ts';
import type { FromMonitor } from '../../monitor/messages.ts';
import { EXIT } from '../exit-codes.ts';
import { StartError } from '../start-error.ts';
import type { GatewayThread, MonitorThread } from './threads.ts';

type Outcome<Message extends { readonly kind: string }> = Extract<Message, { readonly kind: 'listening' | 'failed' }>;

function isOutcome<Message extends { readonly kind: string }>(message: Message): message is Outcome<Message> {
  return message.kind === 'listening' || message.kind === 'failed';
}

/** The monitor listens as soon as it has started; gateways when told to. @returns the ports bound */
export async function listenAll(
  { listen }: Plan,
  admin: Promise<Outcome<FromMonitor>>,
  gateways: readonly GatewayThread[],
): Promise<{ readonly admin: number; readonly data: number }> {
  const { host } = listen;
  let { port } = listen;
  if (gateways.length > 1 && port !== 0) await probe(host, port);
  for (const gateway of gateways) {
    const answer = gateway.next(isOutcome<FromGateway>);
    gateway.say({ kind: 'listen', port });
    const outcome = await answer;
    if (outcome.kind === 'failed')
      throw new StartError(EXIT.unavailable, listenProblem(host, port, outcome.code, outcome.problem));
    // With port 0 the first thread finds a free one, and the others share it.
    port = outcome.port;
  }
  const outcome = await admin;
  if (outcome.kind === 'failed') throw new StartError(EXIT.unavailable, outcome.problem);
  return { admin: outcome.port, data: port };
}

/** What the monitor says of its admin port, whenever it says it. */
export function adminOutcome(monitor: MonitorThread): Promise<Outcome<FromMonitor>> {
  return monitor.next(isOutcome<FromMonitor>).catch((error: Error) => ({ kind: 'failed', problem: error.message }));
}

/** With SO_REUSEPORT a second process would share the port in silence: ask for it alone first. */
function probe(host: string, port: number): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new StartError(EXIT.unavailable, listenProblem(host, port, error.code ?? '', error.message)));
    });
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

function listenProblem(host: string, port: number, code: string, text: string): string {
  const where = `listen: ${host}:${port}`;
  if (code === 'EADDRINUSE') return `${where} is in use; stop the process that listens there, or change listen.port`;
  if (code === 'EACCES') return `${where} may not be bound by this user; use a port above 1023`;
  if (code === 'EADDRNOTAVAIL') return `${where}: no such address on this machine; change listen.host`;
  return `${where} cannot be bound (${text})`;
}
