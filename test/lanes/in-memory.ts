// node:http's parser on bytes that never see a network: what llhttp makes of them is the oracle for our own readers.

import type { IncomingMessage, Server } from 'node:http';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { Duplex } from 'node:stream';

/** One end of a connection; the bytes are pushed into it, what is written to it is dropped. */
class Line extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
  // What node:http's agent asks of a socket.
  setKeepAlive(): void {}
  setNoDelay(): void {}
  setTimeout(): void {}
  ref(): void {}
  unref(): void {}
}

/** In the order of the event loop: whatever the streams still owed each other has been said. */
async function settle(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly keepAlive: boolean;
}

/** A server that reads as the general lane does. */
export function requestReader(): { read(text: string): Promise<ReadRequest[]>; close(): void } {
  const seen = new Map<object, ReadRequest[]>();
  const server: Server = createServer(
    { requireHostHeader: false, insecureHTTPParser: false, maxHeaderSize: 32 * 1024 },
    (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString('latin1');
      });
      request.on('end', () => {
        seen.get(request.socket)?.push({
          method: request.method ?? '',
          target: request.url ?? '',
          rawHeaders: request.rawHeaders,
          body,
          keepAlive: response.shouldKeepAlive,
        });
        response.end();
      });
    },
  );
  server.maxHeadersCount = 0;
  server.on('clientError', (_error, socket) => socket.destroy());
  return {
    async read(text) {
      const line = new Line();
      const requests: ReadRequest[] = [];
      seen.set(line, requests);
      server.emit('connection', line);
      line.push(Buffer.from(text, 'latin1'));
      await settle();
      line.destroy();
      seen.delete(line);
      return requests;
    },
    close: () => server.close(),
  };
}

export interface ReadAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly keepAlive: boolean;
}

/** What node's client makes of an answer; null where it finds it broken or incomplete. */
export async function readAnswer(text: string, method: string, ends: boolean): Promise<ReadAnswer | null> {
  const line = new Line();
  let answer: ReadAnswer | null = null;
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = () => line;
  const request = httpRequest({ method, agent, maxHeaderSize: 64 * 1024 });
  request.maxHeadersCount = 0;
  request.on('error', () => {});
  request.on('response', (response: IncomingMessage) => {
    let body = '';
    response.on('error', () => {});
    response.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    response.on('end', () => {
      if (!response.complete) return;
      answer = {
        status: response.statusCode ?? 0,
        statusText: response.statusMessage ?? '',
        rawHeaders: response.rawHeaders,
        body,
        trailers: response.rawTrailers,
        keepAlive: request.shouldKeepAlive,
      };
    });
  });
  request.end();
  await settle(2);
  line.push(Buffer.from(text, 'latin1'));
  if (ends) line.push(null);
  await settle();
  agent.destroy();
  request.destroy();
  line.destroy();
  return answer;
}
