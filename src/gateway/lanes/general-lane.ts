// The general lane: node:http on the way in. It takes every request that HTTP/1.1 allows, and turns each into an Exchange.
// llhttp parses strictly; what it refuses is answered here, since no exchange exists yet.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ListenPlan } from '../../config/plan.ts';
import type { Failure, FailureCode } from '../../errors.ts';
import { failureKind, problemJson } from '../../errors.ts';
import { decisionIdOf } from '../../http/decision-id.ts';
import type { Clock } from '../../kernel/clock.ts';
import { refuse } from '../refuse.ts';
import { closeLingering } from './lingering-close.ts';
import { NodeExchange } from './node-exchange.ts';

export interface LaneEvents {
  /** @returns false where the request is no decision: it goes to `elsewhere` */
  exchange(exchange: NodeExchange): boolean;
  elsewhere(request: IncomingMessage, response: ServerResponse): void;
  refused(code: FailureCode): void;
  connections(delta: 1 | -1): void;
  /** A connection over the limit was closed. */
  connectionRefused(): void;
  /** Whether answers must close their connections. */
  closing(): boolean;
  /** A request met a fault of the gate's own: its connection was closed. */
  fault(problem: unknown): void;
}

/** Heads that are late are looked for this often. */
const CHECK_MS = 1000;
/** A decision ends its own wait for the body, and knows what to answer; this ends waits that no decision is left to end. */
const BODY_GRACE_MS = 5000;

export function createGeneralLane(listen: ListenPlan, clock: Clock, events: LaneEvents): Server {
  const { headMs, requestMs, idleMs } = listen.timeout;
  const options = {
    maxHeaderSize: listen.headBytesMax,
    headersTimeout: headMs,
    requestTimeout: Math.max(requestMs, headMs) + BODY_GRACE_MS,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: CHECK_MS,
    insecureHTTPParser: false,
    requireHostHeader: false,
    noDelay: true,
  };
  const server =
    listen.tls === null
      ? createHttpServer(options)
      : createHttpsServer({ ...options, ...tlsOptions(listen.tls), handshakeTimeout: headMs });
  server.maxConnections = listen.connectionsMax;
  // The head's limit is in bytes. Node's own in headers would drop the rest without a word.
  server.maxHeadersCount = 0;

  /** The exchange of each connection that came last. */
  const latest = new WeakMap<Duplex, NodeExchange>();

  const take = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const exchange = new NodeExchange(request, response, { clock, awaitsContinue, closing: events.closing });
    latest.set(request.socket, exchange);
    if (request.httpVersionMajor !== 1 || request.httpVersionMinor > 1) {
      events.refused('bad_request');
      const detail = `HTTP/${request.httpVersion} is not spoken here.`;
      refuse(exchange, { code: 'bad_request', detail }, decisionIdOf(exchange.rawHeaders, exchange.at), '');
      return;
    }
    try {
      if (!events.exchange(exchange)) events.elsewhere(request, response);
    } catch (error) {
      events.fault(error);
      // The connection's end is told to whoever listens, so that the books are kept.
      request.socket.destroy();
    }
  };
  server.on('request', take(false));
  server.on('checkContinue', take(true));
  server.on('checkExpectation', take(false));
  const giveUp = (socket: Duplex, code: FailureCode, detail: string, headers: readonly string[] = []): void => {
    if (latest.get(socket)?.broken(detail) === true) return;
    events.refused(code);
    refuseRaw(socket, { code, detail }, decisionIdOf(headers, clock.wall()));
  };
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    giveUp(socket, 'bad_request', 'CONNECT is not offered.', request.rawHeaders);
  });
  // A decision has deadlines of its own; an answer of anyone else's that nobody reads has only this one.
  server.setTimeout(listen.timeout.stallMs, (socket) => {
    if (latest.get(socket)?.listener === null) socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const detail = `The request could not be read (${error.code ?? error.message}).`;
    giveUp(socket, clientErrorCode(error.code ?? ''), detail);
  });
  server.on('drop', events.connectionRefused);
  server.on('connection', (socket: Duplex) => {
    // Node takes its own listener off a socket that it hands out (CONNECT): a reset would then end the process.
    socket.on('error', closesItself);
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
function refuseRaw(socket: Duplex, failure: Failure, decisionId: string): void {
  const body = problemJson(failure, decisionId);
  const { status, code } = failureKind(failure.code);
  const head = `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? 'Error'}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nheadgate-error: ${code}\r\nheadgate-decision: ${decisionId}\r\nconnection: close\r\n\r\n`;
  socket.write(head + body);
  if (socket instanceof Socket) closeLingering(socket);
  else socket.end(() => socket.destroy());
}

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** A socket with an error closes, and `close` is what everyone listens to. */
function closesItself(): void {}
