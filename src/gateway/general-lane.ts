// The general lane: node:http on the way in. It takes every request that HTTP/1.1 allows, and turns each into an Exchange.
// llhttp parses strictly; what it refuses is answered here, since no exchange exists yet.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ListenPlan } from '../config/plan.ts';
import type { FailureCode } from '../errors.ts';
import { failureKind, problemJson } from '../errors.ts';
import type { Clock } from '../kernel/clock.ts';
import { NodeExchange } from './node-exchange.ts';

export interface LaneEvents {
  /** @returns false where the request is no decision: it goes to `elsewhere` */
  exchange(exchange: NodeExchange): boolean;
  elsewhere(request: IncomingMessage, response: ServerResponse): void;
  refused(code: FailureCode): void;
  connections(delta: 1 | -1): void;
  /** Whether answers must close their connections. */
  closing(): boolean;
}

/** Heads that are late are looked for this often. */
const CHECK_MS = 1000;

export function createGeneralLane(listen: ListenPlan, clock: Clock, events: LaneEvents): Server {
  const options = {
    maxHeaderSize: listen.headBytesMax,
    headersTimeout: listen.timeout.headMs,
    // The body's deadline is the decision's own: it knows what to answer.
    requestTimeout: 0,
    keepAliveTimeout: listen.timeout.idleMs,
    connectionsCheckingInterval: CHECK_MS,
    insecureHTTPParser: false,
    requireHostHeader: false,
    noDelay: true,
  };
  const server = listen.tls === null ? createHttpServer(options) : createHttpsServer({ ...options, ...tlsOptions(listen.tls) });
  server.maxConnections = listen.connectionsMax;
  // The head's own limit is in bytes; node's default of 2,000 headers stays.

  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = new NodeExchange(request, response, clock, events.closing());
    if (!events.exchange(exchange)) events.elsewhere(request, response);
  };
  server.on('request', take);
  server.on('checkContinue', take);
  server.on('checkExpectation', take);
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    events.refused('bad_request');
    refuseRaw(socket, 'bad_request', 'CONNECT is not offered.');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const code = clientErrorCode(error.code ?? '');
    events.refused(code);
    refuseRaw(socket, code, `The request could not be read (${error.code ?? error.message}).`);
  });
  server.on('connection', (socket: Duplex) => {
    events.connections(1);
    socket.once('close', () => events.connections(-1));
  });
  return server;
}

export function tlsOptions(tls: NonNullable<ListenPlan['tls']>) {
  return {
    cert: tls.cert,
    key: tls.key,
    ...(tls.clientCa === null ? {} : { ca: tls.clientCa }),
    requestCert: tls.clientCa !== null,
    rejectUnauthorized: tls.clientCa !== null && tls.clientRequired,
  };
}

function clientErrorCode(code: string): FailureCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'client_timeout';
  return 'bad_request';
}

/** An answer without an exchange: the parser has given up on the connection. */
function refuseRaw(socket: Duplex, code: FailureCode, detail: string): void {
  const body = problemJson({ code, detail }, '');
  const { status } = failureKind(code);
  const head = `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? 'Error'}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nheadgate-error: ${code}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body, () => socket.destroy());
}

const REASON_PHRASES: Readonly<Record<number, string>> = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' };
