// Which transport takes a request. One that is held whole goes by a socket of our own to plain HTTP, by undici to HTTPS and
// where the fast lane is off; one that is streamed goes by node:http, which sends its head at once, writes trailers, and lets an answer overtake the rest of its request.

import { createNodeTransport } from './node-transport.ts';
import { createSocketTransport } from './socket-transport.ts';
import type { Transport, TransportOptions } from './transport.ts';
import { createUndiciTransport } from './undici-transport.ts';

export function createTransport(origin: string, options: TransportOptions): Transport {
  const held =
    options.fastLane && origin.startsWith('http:')
      ? createSocketTransport(origin, options)
      : createUndiciTransport(origin, options);
  const streamed = createNodeTransport(origin, options);
  return {
    call: (request, listener) =>
      request.body === null || request.body instanceof Uint8Array
        ? held.call(request, listener)
        : streamed.call(request, listener),
    async close() {
      await Promise.all([held.close(), streamed.close()]);
    },
    async destroy() {
      await Promise.all([held.destroy(), streamed.destroy()]);
    },
  };
}
