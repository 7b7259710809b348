// Stopping without breaking an answer or a connection. In order: say so (readiness, Connection: close) while still
// accepting, stop accepting, let busy connections finish and idle ones hear of it, then close what is left.

import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Clock } from '../kernel/clock.ts';

export interface DrainOptions {
  /** Whether load balancers get time to look away first. */
  readonly graceful: boolean;
  readonly drainMs: number;
  readonly clock: Clock;
  /** Whether an answer is under way. */
  readonly busy: () => boolean;
  readonly connections: () => number;
  /** Connections that are not node:http's to close. */
  readonly closeIdle: () => void;
  readonly closeAll: () => void;
  /** Whether something else (shadows) is; it has its own deadline. */
  readonly pending: () => boolean;
}

/** While unready, new connections are still taken: a balancer needs a moment to notice. At most a quarter of the drain. */
const LOOK_AWAY_MS = 5000;
/** A kept-alive connection that carries no request for this long is closed: its client is unlikely to be about to send one. */
const IDLE_MS = 2000;
const CHECK_MS = 10;

export async function drainServer(server: Server, options: DrainOptions): Promise<void> {
  const { clock, drainMs, graceful } = options;
  const deadline = clock.now() + drainMs;
  if (graceful) await waitUntil(clock, Math.min(LOOK_AWAY_MS, drainMs / 4), () => false);

  // http.Server.close also cuts idle connections, in the face of a client that is sending (nodejs/node#60617): net's does not.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  const idleMs = graceful ? Math.min(IDLE_MS, drainMs / 4) : 0;
  await waitUntil(clock, idleMs, () => options.connections() === 0);
  await waitUntil(clock, deadline - clock.now(), () => {
    server.closeIdleConnections();
    options.closeIdle();
    return !options.busy() && options.connections() === 0;
  });
  server.closeAllConnections();
  options.closeAll();
  await waitUntil(clock, deadline - clock.now(), () => !options.pending());
  await closed;
}

function waitUntil(clock: Clock, ms: number, condition: () => boolean): Promise<void> {
  const until = clock.now() + ms;
  return new Promise((resolve) => {
    const check = (): void => {
      if (condition() || clock.now() >= until) resolve();
      else setTimeout(check, CHECK_MS);
    };
    check();
  });
}
