// The way out for requests that are streamed: node:http. The head leaves at once, even before the first byte of the body;
// nothing of the body is taken before there is a connection, so that a failed connect can be tried elsewhere.

import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Call, CallListener, OutgoingRequest } from '../http/call.ts';
import { pairsOf } from '../http/field-lines.ts';
import type { Transport, TransportOptions } from './transport.ts';
import { IDLE_MS, RESPONSE_HEAD_BYTES_MAX } from './transport.ts';
import { CONNECT_TIMEOUT, transportFailure } from './transport-failure.ts';

export function createNodeTransport(origin: string, options: TransportOptions): Transport {
  const { protocol, hostname, port } = new URL(origin);
  const secure = protocol === 'https:';
  const { tls } = options;
  const pool = { keepAlive: true, maxSockets: options.connectionsMax, timeout: IDLE_MS };
  const agent = secure
    ? new HttpsAgent({
        ...pool,
        ...(tls?.ca == null ? {} : { ca: tls.ca }),
        ...(tls?.cert == null ? {} : { cert: tls.cert }),
        ...(tls?.key == null ? {} : { key: tls.key }),
        ...(tls?.serverName == null ? {} : { servername: tls.serverName }),
        rejectUnauthorized: tls?.verify ?? true,
      })
    : new HttpAgent(pool);
  const common: RequestOptions = {
    agent,
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    maxHeaderSize: RESPONSE_HEAD_BYTES_MAX,
    setHost: false,
  };
  const send = secure ? httpsRequest : httpRequest;
  const live = new Set<NodeCall>();
  let idle: (() => void) | null = null;

  return {
    call(request, listener) {
      const call = new NodeCall(
        send({ ...common, method: request.method, path: request.path, headers: wireHeaders(request) }),
        request,
        listener,
        options.connectTimeoutMs,
        () => {
          live.delete(call);
          if (live.size === 0) idle?.();
        },
      );
      live.add(call);
      return call;
    },
    async close() {
      if (live.size > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      agent.destroy();
    },
    async destroy() {
      for (const call of [...live]) call.fail(Object.assign(new Error('closed'), { code: 'ECONNABORTED' }));
      agent.destroy();
    },
  };
}

/** Framing, host and connection are the transport's to write; TE has to be named in Connection (RFC 9110 section 10.1.4). */
function wireHeaders({ host, headers, takesTrailers, announced, body }: OutgoingRequest): string[] {
  const wire = ['host', host, ...pairsOf(headers)];
  if (takesTrailers) wire.push('te', 'trailers');
  wire.push('connection', takesTrailers ? 'keep-alive, te' : 'keep-alive');
  if (announced >= 0) wire.push('content-length', String(announced));
  else if (body !== null) wire.push('transfer-encoding', 'chunked');
  return wire;
}

const EMPTY = new Uint8Array(0);

class NodeCall implements Call {
  readonly #request: ClientRequest;
  readonly #outgoing: OutgoingRequest;
  readonly #listener: CallListener;
  readonly #connectTimeoutMs: number;
  readonly #left: () => void;
  #response: IncomingMessage | null = null;
  #connecting: NodeJS.Timeout | undefined;
  #sent = false;
  #answering = false;
  #over = false;

  constructor(
    request: ClientRequest,
    outgoing: OutgoingRequest,
    listener: CallListener,
    connectTimeoutMs: number,
    left: () => void,
  ) {
    this.#request = request;
    this.#outgoing = outgoing;
    this.#listener = listener;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#left = left;
    request.maxHeadersCount = 0;
    request.on('socket', (socket: Socket) => this.#socket(socket));
    request.on('information', ({ statusCode, rawHeaders }) => {
      this.#answering = true;
      if (!this.#over && statusCode !== 100) listener.callInformed(statusCode, rawHeaders);
    });
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      this.fail(new Error('bad upgrade'));
    });
    request.on('response', (response) => this.#answer(response));
    request.on('error', (error) => this.fail(error));
    request.on('close', () => this.fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    // The head leaves now. Not by flushHeaders: that would write its latin1 bytes as UTF-8.
    request.write(EMPTY);
  }

  abort(): void {
    if (this.#end()) this.#request.destroy();
  }

  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  fail(error: Error): void {
    if (!this.#end()) return;
    this.#request.destroy();
    this.#listener.callFailed(
      transportFailure(error, {
        sent: this.#sent,
        answering: this.#answering,
        started: this.#response !== null,
        connectTimeoutMs: this.#connectTimeoutMs,
      }),
    );
  }

  /** @returns whether it was still under way */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#connecting);
    this.#left();
    return true;
  }

  #socket(socket: Socket): void {
    if (this.#over) return;
    if (!socket.connecting) {
      this.#send();
      return;
    }
    this.#connecting = setTimeout(
      () => this.fail(Object.assign(new Error('connect timeout'), { code: CONNECT_TIMEOUT })),
      this.#connectTimeoutMs,
    );
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      clearTimeout(this.#connecting);
      if (!this.#over) this.#send();
    });
  }

  #send(): void {
    const request = this.#request;
    const { body, trailers } = this.#outgoing;
    this.#sent = true;
    this.#listener.callSent();
    if (!(body instanceof Readable)) {
      request.end(body ?? undefined);
      return;
    }
    body.on('data', (chunk: Buffer) => {
      if (!this.#over && !request.write(chunk)) body.pause();
    });
    request.on('drain', () => body.resume());
    body.on('end', () => {
      if (this.#over) return;
      const flat = trailers === null ? [] : trailers();
      if (flat.length > 0) request.addTrailers(pairs(flat));
      request.end();
    });
  }

  #answer(response: IncomingMessage): void {
    if (this.#over) {
      response.destroy();
      return;
    }
    // A switch of protocols without an Upgrade header does not come as one.
    if (response.statusCode === 101) {
      this.fail(new Error('bad upgrade'));
      return;
    }
    this.#response = response;
    this.#listener.callStarted(response.statusCode ?? 0, response.statusMessage ?? '', response.rawHeaders);
    if (this.#over) return;
    response.on('data', (chunk: Buffer) => {
      if (!this.#over) this.#listener.callData(chunk);
    });
    response.on('error', (error) => this.fail(error));
    response.on('end', () => {
      if (!response.complete || !this.#end()) return;
      // An answer to half a request: the connection cannot carry another.
      if (!this.#request.writableFinished) this.#request.destroy();
      this.#listener.callEnded(response.rawTrailers);
    });
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) out.push([flat[i] as string, flat[i + 1] as string]);
  return out;
}
