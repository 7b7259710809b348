// The admin side on a port: an HTTP server around the app, opened and closed by the monitor. The app is loaded once the port is
// open (it takes longer than all the rest of the monitor): until then probes are answered without it, and the others wait.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { Listener } from './listener.ts';
import { answerProbe } from './probes.ts';
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
  const report = options.report ?? (() => {});
  let loading: Promise<Listener> | undefined;
  let listener: Listener | null = null;
  const load = (): Promise<Listener> => {
    loading ??= import('./listener.ts').then(({ createListener }) => {
      listener = createListener({ ...options, report });
      return listener;
    });
    return loading;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (listener === null && answerProbe(options.view, request, response)) return;
    await (listener ?? (await load()))(request, response);
  };
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 30_000, maxHeaderSize: 16 * 1024 },
    (request, response) =>
      void answer(request, response).catch((error: Error) => {
        report(error);
        response.destroy();
      }),
  );
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      void load().catch(report);
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
