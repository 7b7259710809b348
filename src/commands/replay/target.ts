// Where calls are sent again: a version of the configuration, with its credentials, its endpoints in turn; or a URL.

import { Agent } from 'undici';
import type { ModelPlan } from '../../config/plan.ts';
import { signHeaders } from '../../upstream/auth/auths.ts';
import type { RecordedCall } from './recorded.ts';

export interface Answered {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly latencyMs: number;
  /** Code of what broke; null where there was an answer. */
  readonly error: string | null;
}

export interface Target {
  readonly name: string;
  send(call: RecordedCall): Promise<Answered>;
  close(): Promise<void>;
}

const ANSWER_BYTES_MAX = 64 * 1024 ** 2;
/** The client's own business. */
const NOT_SENT: ReadonlySet<string> = new Set(['content-length', 'host', 'connection', 'transfer-encoding']);

/** @returns undefined where `to` is neither a URL nor a version of the model */
export function targetOf(model: ModelPlan, to: string, asShadow: boolean): Target | undefined {
  const version = model.versions.find(({ name }) => name === to);
  const isUrl = /^https?:\/\//.test(to) && URL.canParse(to);
  if (version === undefined && !isUrl) return undefined;
  const endpoints = version === undefined ? [endpointOf(new URL(to))] : version.endpoints;
  let turn = 0;
  const { tls = null, auth = null } = version ?? {};
  const agent = new Agent({
    allowH2: false,
    headersTimeout: model.timeout.totalMs,
    bodyTimeout: model.timeout.totalMs,
    connect: {
      timeout: model.timeout.connectMs,
      ...(tls?.ca == null ? {} : { ca: tls.ca }),
      ...(tls?.cert == null ? {} : { cert: tls.cert }),
      ...(tls?.key == null ? {} : { key: tls.key }),
      ...(tls?.serverName == null ? {} : { servername: tls.serverName }),
      rejectUnauthorized: tls?.verify ?? true,
    },
  });

  function headersOf({ decisionId, request }: RecordedCall): string[] {
    const own = Object.entries(request.headers).filter(([name]) => !NOT_SENT.has(name));
    const marks = [
      ['headgate-decision', decisionId],
      ['headgate-replay', model.name],
      ...(asShadow ? [['headgate-shadow', version?.name ?? 'replay']] : []),
    ];
    return [...signHeaders(auth, [...own, ...marks].flat())];
  }

  return {
    name: to,
    async send(call) {
      const from = performance.now();
      const { origin, path } = endpoints[turn++ % endpoints.length] ?? { origin: '', path: null };
      const answer = (status: number, bytes: Uint8Array, headers = {}, error: string | null = null): Answered => ({
        status,
        headers,
        bytes,
        latencyMs: performance.now() - from,
        error,
      });
      try {
        const response = await agent.request({
          origin,
          path: path ?? call.path,
          method: call.method as 'POST',
          headers: headersOf(call),
          body: call.request.bytes,
        });
        const pieces: Buffer[] = [];
        let length = 0;
        for await (const piece of response.body as AsyncIterable<Buffer>) {
          length += piece.length;
          if (length > ANSWER_BYTES_MAX) throw Object.assign(new Error('too long'), { code: 'ANSWER_TOO_LONG' });
          pieces.push(piece);
        }
        const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        return answer(response.statusCode, Buffer.concat(pieces), Object.fromEntries(headers));
      } catch (error) {
        const { code, name } = error as NodeJS.ErrnoException;
        return answer(0, Buffer.alloc(0), {}, code ?? name);
      }
    },
    close: () => agent.close(),
  };
}

/** A URL with a path is that exact target; without one the path of the request is kept. */
function endpointOf({ origin, pathname, search }: URL): { readonly origin: string; readonly path: string | null } {
  return { origin, path: pathname === '/' && search === '' ? null : pathname + search };
}
