// The way out for requests that are held whole: undici's pool, driven through its dispatch handler (fetch would cost five
// times as much). Timeouts other than the connect timeout are the caller's, on its own deadlines; undici's are off.

import { createRequire } from 'node:module';
import type { buildConnector, Dispatcher } from 'undici';
import type { Call, CallListener } from '../http/call.ts';
import { pairsOf } from '../http/field-lines.ts';
import type { Transport, TransportOptions } from './transport.ts';
import { IDLE_MS, RESPONSE_HEAD_BYTES_MAX } from './transport.ts';
import { transportFailure } from './transport-failure.ts';

/** Loaded where the first version needs it: it takes longer than the rest of the gateway, and plain HTTP does without. */
const loadUndici = (): typeof import('undici') => createRequire(import.meta.url)('undici');

export function createUndiciTransport(origin: string, options: TransportOptions): Transport {
  const { Pool, buildConnector } = loadUndici();
  const pool = new Pool(origin, {
    connections: options.connectionsMax,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_MS,
    maxHeaderSize: RESPONSE_HEAD_BYTES_MAX,
    allowH2: false,
    connect: connector(buildConnector, options),
  });
  return {
    call(request, listener) {
      const { host, body, announced } = request;
      const headers = ['host', host, ...pairsOf(request.headers)];
      if (announced >= 0) headers.push('content-length', String(announced));
      if (request.takesTrailers) headers.push('te', 'trailers');
      const dispatch: Dispatcher.DispatchOptions = {
        path: request.path,
        method: request.method as Dispatcher.HttpMethod,
        headers,
        body: body as Buffer | null,
      };
      const call = new UndiciCall(listener, dispatch, options.connectTimeoutMs);
      pool.dispatch(dispatch, call);
      call.returned();
      return call;
    },
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  };
}

function connector(
  build: typeof buildConnector,
  { tls, connectTimeoutMs }: TransportOptions,
): buildConnector.connector {
  const connect = build({
    allowH2: false,
    timeout: connectTimeoutMs,
    ...(tls?.ca == null ? {} : { ca: tls.ca }),
    ...(tls?.cert == null ? {} : { cert: tls.cert }),
    ...(tls?.key == null ? {} : { key: tls.key }),
    rejectUnauthorized: tls?.verify ?? true,
  });
  return (options, callback) => {
    // The configured name comes before the one that undici takes from the Host header.
    const servername = tls?.serverName ?? options.servername;
    connect(servername === undefined ? options : { ...options, servername }, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      socket.on('error', asBroken);
      callback(null, socket);
    });
  };
}

/** undici takes a reset for the end of an answer that ends with its connection, which would hide that half of it is missing. */
function asBroken(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'ERR_CONNECTION_RESET';
}

/** Both ends of one call: undici's handler on one side, the reins on the other. */
class UndiciCall implements Call, Dispatcher.DispatchHandler {
  readonly #listener: CallListener;
  readonly #dispatch: Dispatcher.DispatchOptions;
  readonly #connectTimeoutMs: number;
  #controller: Dispatcher.DispatchController | null = null;
  #dispatching = true;
  #sent = false;
  #answering = false;
  #started = false;
  #over = false;

  constructor(listener: CallListener, dispatch: Dispatcher.DispatchOptions, connectTimeoutMs: number) {
    this.#listener = listener;
    this.#dispatch = dispatch;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** The dispatch is over: from here on events may come. */
  returned(): void {
    this.#dispatching = false;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    // Before its start a request waits in undici's queue, which cannot be left: it is aborted when its turn comes, and holds
    // no body until then.
    if (this.#controller === null) this.#dispatch.body = null;
    else this.#controller.abort(new Error('aborted by the gate'));
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) {
      controller.abort(new Error('aborted by the gate'));
      return;
    }
    this.#sent = true;
    this.#listener.callSent();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText?: string,
  ): void {
    if (this.#over) return;
    this.#answering = true;
    const headers = latin1(controller.rawHeaders);
    if (status < 200) {
      this.#listener.callInformed(status, headers);
      return;
    }
    this.#started = true;
    this.#listener.callStarted(status, reasonBytes(statusText ?? ''), headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#listener.callData(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.callEnded(latin1(controller.rawTrailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#over) return;
    // A request that undici will not take fails before the caller holds its reins.
    if (this.#dispatching) {
      queueMicrotask(() => this.onResponseError(null, error));
      return;
    }
    this.#over = true;
    this.#listener.callFailed(
      transportFailure(error, {
        sent: this.#sent,
        answering: this.#answering,
        started: this.#started,
        connectTimeoutMs: this.#connectTimeoutMs,
      }),
    );
  }
}

/** undici hands out raw headers as Buffers, with the blanks behind a value; on the wire they are latin1. */
function latin1(raw: unknown): string[] {
  if (!Array.isArray(raw)) return [];
  const out: string[] = new Array(raw.length);
  for (let i = 0; i < raw.length; i++) {
    const piece: unknown = raw[i];
    const text = Buffer.isBuffer(piece) ? piece.toString('latin1') : String(piece);
    out[i] = text.endsWith(' ') || text.endsWith('\t') ? withoutBlanksBehind(text) : text;
  }
  return out;
}

/** They are no part of the value (RFC 9110 section 5.5). */
function withoutBlanksBehind(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 32 || text.charCodeAt(end - 1) === 9)) end--;
  return text.slice(0, end);
}

/** undici reads a reason phrase as UTF-8; it goes on as the bytes that were. */
function reasonBytes(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 126) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}
