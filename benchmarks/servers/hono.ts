// Hono's proxy helper on @hono/node-server as its documentation shows it: web-standard Request, Response and fetch throughout.

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { proxy } from 'hono/proxy';
import { serverArguments } from './arguments.ts';

const { port, upstream } = serverArguments();
const app = new Hono();
app.all('*', (context) => {
  const url = new URL(context.req.url);
  return proxy(`${upstream}${url.pathname}${url.search}`, { raw: context.req.raw, headers: context.req.header() });
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port });
