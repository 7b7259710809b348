// The fast lane: raw sockets on the way in, for requests whose head admits a single reading (http/plain-head.ts). It takes
// connections before node:http does; at the first request that is not plain, the connection (fast-connection.ts) goes to the
// general lane for good, with every byte that was read put back. Nothing here decides about a request.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { FastConnection, type FastConnections, type FastLimits } from './fast-connection.ts';

export interface FastLane {
  /** Close connections that carry no request now. */
  closeIdle(): void;
  closeAll(): void;
}

/** Stand between a server and its connections. */
export function installFastLane(server: Server, options: FastLimits): FastLane {
  const [general] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  if (general === undefined) throw new Error('a server of node:http listens for connections');
  server.removeListener('connection', general);
  const connections = new Set<FastConnection>();
  const shared: FastConnections = {
    ...options,
    keepAliveHeader: `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(options.idleMs / 1000)}\r\n`,
    handOver(connection, socket) {
      connections.delete(connection);
      general.call(server, socket);
    },
    closed: (connection) => connections.delete(connection),
    // As node:http says it of its own connections: the general lane answers, and counts.
    late: (socket) => server.emit('clientError', Object.assign(new Error('no request'), { code: LATE }), socket),
  };
  server.prependListener('connection', (socket: Socket) => {
    connections.add(new FastConnection(socket, shared));
  });
  return {
    closeIdle() {
      for (const connection of connections) connection.closeIfIdle();
    },
    closeAll() {
      for (const connection of connections) connection.destroy();
    },
  };
}

const LATE = 'ERR_HTTP_REQUEST_TIMEOUT';
