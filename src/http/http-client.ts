// HTTP as sinks and webhooks speak it: one server, connections kept, a deadline for every request, and one word for why there
// was no answer. What an answer means for what was sent is the caller's own business.

import { Pool } from 'undici';
import { handshakeFailure } from './handshake-failure.ts';

/** PEM texts; null: as Node has it. */
export interface ClientTls {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly serverName: string | null;
  readonly verify: boolean;
}

/** Why a server has not taken what was sent, and may later. Labels of a metric, hence few. */
export type HttpFault = 'connect' | 'timeout' | 'throttled' | 'status' | 'credentials' | 'missing';

/** There is no answer. The message names the server alone: a path may be a secret. */
export class NoAnswer extends Error {
  readonly fault: HttpFault;

  constructor(fault: HttpFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Its beginning. */
  readonly text: string;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface HttpClient {
  /** @throws NoAnswer */
  ask(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

const ANSWER_BYTES_MAX = 64 * 1024;

/** @param origin scheme://host:port */
export function createHttpClient(
  origin: string,
  tls: ClientTls | null,
  timeoutMs: number,
  connections: number,
): HttpClient {
  const pool = new Pool(origin, {
    connections,
    allowH2: false,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: {
      timeout: timeoutMs,
      ...(tls?.ca == null ? {} : { ca: tls.ca }),
      ...(tls?.cert == null ? {} : { cert: tls.cert }),
      ...(tls?.key == null ? {} : { key: tls.key }),
      ...(tls?.serverName == null ? {} : { servername: tls.serverName }),
      rejectUnauthorized: tls?.verify ?? true,
    },
  });
  return {
    async ask({ method, path, headers, body }, signal) {
      try {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
        const answer = await pool.request({
          method,
          path,
          headers: { ...headers },
          ...(body === undefined ? {} : { body }),
          signal: deadline,
        });
        const pieces: Buffer[] = [];
        let bytes = 0;
        for await (const piece of answer.body as AsyncIterable<Buffer>) {
          if (bytes < ANSWER_BYTES_MAX) pieces.push(piece);
          bytes += piece.length;
        }
        return { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString('utf8') };
      } catch (error) {
        throw new NoAnswer(faultOf(error), `${origin}: ${wordsOf(error)}`, { cause: error });
      }
    },
    close: () => pool.destroy(),
  };
}

function faultOf(error: unknown): HttpFault {
  const { name, code = '' } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || code.includes('TIMEOUT') || code === 'ETIMEDOUT') return 'timeout';
  return 'connect';
}

function wordsOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  const handshake = error instanceof Error ? handshakeFailure(error, code ?? '') : null;
  return handshake ?? (message === '' ? String(code) : message);
}

/** What an answer says about the server as a whole; null: it is about what was sent, or success. */
export function faultOfStatus(status: number): HttpFault | null {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403 || status === 407) return 'credentials';
  if (status === 404 || status === 405) return 'missing';
  if (status >= 500 || status < 200 || (status >= 300 && status < 400) || status === 408 || status === 425)
    return 'status';
  return null;
}
