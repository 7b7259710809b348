// The admin side on a port: an HTTP server around the app, opened and closed by the monitor.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../kernel/clock.ts';
import { createApp } from './app.ts';
import type { AdminView } from './view.ts';

export interface AdminServerOptions {
  readonly view: AdminView;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly token: string | null;
  readonly clock: Clock;
  /** A fault of the admin side itself. */
  readonly report?: (error: Error) => void;
}

export interface AdminServer {
  readonly port: number;
  /** Answers under way are given CLOSE_MS to end. */
  close(): Promise<void>;
}

const CLOSE_MS = 1000;

/** @throws the error of `listen` (EADDRINUSE, EACCES, ...) */
export async function createAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const app = createApp({ ...options, report: options.report ?? (() => {}) });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 30_000, maxHeaderSize: 16 * 1024 },
    (request, response) => void listener(request, response),
  );
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}
