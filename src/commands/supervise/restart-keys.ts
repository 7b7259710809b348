// What a reload cannot change: sockets and folders that the threads hold since the start. A changed value is a problem of the
// reload, which then changes nothing, so that no Plan is ever half in force.

import type { Plan, ServerTlsPlan } from '../../config/plan.ts';

const KEYS: readonly (readonly [string, (plan: Plan) => unknown])[] = [
  ['listen.host', (plan) => plan.listen.host],
  ['listen.port', (plan) => plan.listen.port],
  ['listen.threads', (plan) => plan.listen.threads],
  ['listen.fastLane', (plan) => plan.listen.fastLane],
  ['listen.connections', (plan) => plan.listen.connectionsMax],
  ['listen.headers.max', (plan) => plan.listen.headBytesMax],
  ['listen.timeout.head', (plan) => plan.listen.timeout.headMs],
  ['listen.timeout.idle', (plan) => plan.listen.timeout.idleMs],
  ['listen.tls (from on to off, or from off to on)', (plan) => plan.listen.tls === null],
  ['listen.tls.clientCa (set or unset) or listen.tls.clients', ({ listen }) => clientsOf(listen.tls)],
  ['admin', (plan) => JSON.stringify(plan.admin)],
  ['data', (plan) => plan.data],
  ['telemetry', (plan) => JSON.stringify(plan.telemetry)],
];

/** A server of Node is told once whether it asks for client certificates: `setSecureContext` leaves that as it was. */
function clientsOf(tls: ServerTlsPlan | null): 'none' | 'request' | 'require' {
  if (tls === null || tls.clientCa === null) return 'none';
  return tls.clientRequired ? 'require' : 'request';
}

/** @returns a problem for each key that differs */
export function restartProblems(before: Plan, after: Plan): string[] {
  return KEYS.filter(([, of]) => of(before) !== of(after)).map(
    ([key]) => `${key}: changed, and a reload cannot change it; restart the process, or take the change back`,
  );
}
