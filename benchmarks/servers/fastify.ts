// @fastify/http-proxy as its documentation sets it up, without a log, with as many kept-alive connections as the others.

import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { serverArguments } from './arguments.ts';

const { port, upstream } = serverArguments();
const server = fastify({ logger: false, keepAliveTimeout: 120_000 });
await server.register(httpProxy, { upstream, undici: { connections: 128, pipelining: 1 } });
await server.listen({ host: '127.0.0.1', port });
