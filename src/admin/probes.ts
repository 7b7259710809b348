// What the probes of an orchestrator are told. The app answers them like any other route; until it is loaded, they are
// answered here, since whoever starts a gate waits for nothing else.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminView } from './view.ts';

export const health = () => ({ status: 'ok' as const });

export function readiness(view: Pick<AdminView, 'phase' | 'config'>) {
  const phase = view.phase();
  const { generation, lastReload } = view.config();
  const ready = phase === 'ready';
  // Probes need no token, and problems name files and keys: those are on /api/v1/config.
  return {
    status: ready ? (200 as const) : (503 as const),
    body: { ready, phase, generation, reload: { ok: lastReload.ok } },
  };
}

/** @returns false where the request is no probe */
export function answerProbe(view: AdminView, request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'GET') return false;
  const probe =
    request.url === '/healthz'
      ? { status: 200, body: health() }
      : request.url === '/readyz'
        ? readiness(view)
        : undefined;
  if (probe === undefined) return false;
  response.writeHead(probe.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(probe.body));
  return true;
}
