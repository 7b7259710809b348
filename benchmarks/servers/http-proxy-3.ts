// http-proxy-3 as its documentation sets it up, with a keep-alive agent: without one it opens a connection per request.

import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { serverArguments } from './arguments.ts';

const { port, upstream } = serverArguments();
const proxy = createProxyServer({ target: upstream, agent: new Agent({ keepAlive: true, maxSockets: 128 }) });
proxy.on('error', (_error, _request, response) => {
  response.destroy();
});
createServer({ keepAliveTimeout: 120_000 }, (request, response) => proxy.web(request, response)).listen(
  port,
  '127.0.0.1',
);
