// The HTTP client of http/, with its failures in the words of the contract of sinks.

import { createHttpClient, type HttpClient, NoAnswer } from '../../http/http-client.ts';
import { SinkFailure } from './sink.ts';

/** As createHttpClient; `ask` throws SinkFailure where there is no answer. */
export function createSinkClient(
  ...[origin, tls, timeoutMs, connections]: Parameters<typeof createHttpClient>
): HttpClient {
  const client = createHttpClient(origin, tls, timeoutMs, connections);
  return {
    async ask(request, signal) {
      try {
        return await client.ask(request, signal);
      } catch (error) {
        if (error instanceof NoAnswer) throw new SinkFailure(error.fault, error.message, { cause: error.cause });
        throw error;
      }
    },
    close: client.close,
  };
}
