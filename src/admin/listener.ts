// The app as a listener of node's HTTP server. A file of its own, since it brings most of what the admin side loads.

import { getRequestListener } from '@hono/node-server';
import { type AppOptions, createApp } from './app.ts';

export type Listener = ReturnType<typeof getRequestListener>;

export function createListener(options: AppOptions): Listener {
  return getRequestListener(createApp(options).fetch, { overrideGlobalObjects: false });
}
