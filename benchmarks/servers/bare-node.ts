// The least a Node proxy can be: node:http in, undici's Pool.dispatch out, bodies streamed, hop-by-hop headers dropped.
// No timeouts, no limits, no records: the floor of the general lane, not something to run.

import { createServer, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import { serverArguments } from './arguments.ts';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const { port, upstream } = serverArguments();
const pool = new Pool(upstream, { connections: 128, pipelining: 1 });

function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, raw[i + 1] ?? '');
  }
  return kept;
}

function relay(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart() {},
    onResponseStart(controller, status) {
      const headers = controller.rawHeaders;
      response.writeHead(status, Array.isArray(headers) ? endToEnd(headers.map(String)) : []);
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return;
      controller.pause();
      response.once('drain', () => controller.resume());
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    },
  };
}

createServer((request, response) => {
  const bodiless =
    request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined;
  pool.dispatch(
    {
      path: request.url ?? '/',
      method: request.method ?? 'GET',
      headers: endToEnd(request.rawHeaders),
      body: bodiless ? null : request,
    },
    relay(response),
  );
}).listen(port, '127.0.0.1');
