// The general way out: undici's pool, driven through its dispatch handler (fetch would cost five times as much). Timeouts
// other than the connect timeout are the caller's, on its own deadlines; undici's are off.

import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { ClientTlsPlan } from '../config/plan.ts';
import type { Failure } from '../errors.ts';
import type { Call, CallListener, OutgoingRequest } from '../http/call.ts';

export interface Transport {
  call(request: OutgoingRequest, listener: CallListener): Call;
  /** Finish what is under way, then close. */
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly connectTimeoutMs: number;
  readonly connectionsMax: number;
  readonly tls: ClientTlsPlan | null;
}

/** Upstream heads above this are refused as invalid. */
const RESPONSE_HEAD_BYTES_MAX = 64 * 1024;

/** Shorter than the 5 s after which uvicorn and node close an idle connection: the gate must be first. */
const IDLE_MS = 4000;

export function createUndiciTransport(origin: string, options: TransportOptions): Transport {
  const { tls } = options;
  const pool = new Pool(origin, {
    connections: options.connectionsMax,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_MS,
    maxHeaderSize: RESPONSE_HEAD_BYTES_MAX,
    connect: {
      timeout: options.connectTimeoutMs,
      ...(tls?.ca == null ? {} : { ca: tls.ca }),
      ...(tls?.cert == null ? {} : { cert: tls.cert }),
      ...(tls?.key == null ? {} : { key: tls.key }),
      ...(tls?.serverName == null ? {} : { servername: tls.serverName }),
      rejectUnauthorized: tls?.verify ?? true,
    },
  });
  return {
    call(request, listener) {
      const call = new UndiciCall(listener, options.connectTimeoutMs);
      const { headers, host, body } = request;
      pool.dispatch(
        {
          path: request.path,
          method: request.method as Dispatcher.HttpMethod,
          headers: ['host', host, ...headers],
          body: body as Buffer | null,
        },
        call,
      );
      return call.handed();
    },
    close: () => pool.close(),
  };
}

/** Both ends of one call: undici's handler on one side, the reins on the other. */
class UndiciCall implements Call, Dispatcher.DispatchHandler {
  readonly #listener: CallListener;
  readonly #connectTimeoutMs: number;
  #controller: Dispatcher.DispatchController | null = null;
  #sent = false;
  #started = false;
  #over = false;
  #dispatched = false;

  constructor(listener: CallListener, connectTimeoutMs: number) {
    this.#listener = listener;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** The call is in the hands of whoever asked for it. */
  handed(): this {
    this.#dispatched = true;
    return this;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    // Before its start a request waits in undici's queue: it is aborted when its turn comes.
    this.#controller?.abort(new Error('aborted by the gate'));
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

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: unknown, statusText?: string): void {
    if (this.#over) return;
    const headers = latin1(controller.rawHeaders);
    if (status < 200) {
      this.#listener.callInformed(status, headers);
      return;
    }
    this.#started = true;
    this.#listener.callStarted(status, statusText ?? '', headers);
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
    this.#over = true;
    const failure = failureOf(error, this.#sent, this.#started, this.#connectTimeoutMs);
    // undici refuses bad arguments before dispatch returns; the listener hears of it only once it holds its call.
    if (this.#dispatched) this.#listener.callFailed(failure);
    else queueMicrotask(() => this.#listener.callFailed(failure));
  }
}

/** undici hands out raw headers as Buffers; on the wire they are latin1. */
function latin1(raw: unknown): string[] {
  if (!Array.isArray(raw)) return [];
  const out: string[] = new Array(raw.length);
  for (let i = 0; i < raw.length; i++) {
    const piece: unknown = raw[i];
    out[i] = Buffer.isBuffer(piece) ? piece.toString('latin1') : String(piece);
  }
  return out;
}

const INVALID = new Set(['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_RESPONSE_ERROR']);

function failureOf(error: Error, sent: boolean, started: boolean, connectTimeoutMs: number): Failure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return { code: 'bad_request', detail: `The request cannot be forwarded: ${error.message}.` };
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return { code: 'upstream_unreachable', detail: `No connection within ${connectTimeoutMs} ms.` };
  }
  if (!sent) return { code: 'upstream_unreachable', detail: `Connecting failed (${code}).` };
  if (code.startsWith('HPE_') || INVALID.has(code) || error.name === 'HTTPParserError') {
    return { code: 'upstream_invalid', detail: `The answer is not valid HTTP/1.1 (${code}).` };
  }
  return { code: 'upstream_reset', detail: `The connection broke ${started ? 'during' : 'before'} the answer (${code}).` };
}
