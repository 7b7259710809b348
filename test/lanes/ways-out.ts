// The three ways out side by side: the same answer bytes, cut in the same places, go to a call by each transport. What the
// call's listener hears is the outcome.

import { createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { CallListener, OutgoingRequest } from '../../src/http/call.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createNodeTransport } from '../../src/upstream/node-transport.ts';
import { createSocketTransport } from '../../src/upstream/socket-transport.ts';
import type { Transport } from '../../src/upstream/transport.ts';
import { createUndiciTransport } from '../../src/upstream/undici-transport.ts';
import { Wire } from '../gateway/wire.ts';

/** How the upstream leaves its connection after the answer: open, ended, or reset. */
export type Finish = 'open' | 'end' | 'reset';

export interface Script {
  readonly pieces: readonly string[];
  readonly finish: Finish;
}

export interface Outcome {
  readonly informed: readonly number[];
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** `ended`, the code of a failure, or `pending` where the call still waits. */
  readonly end: string;
}

export const CLEAN = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean';

/** What has been sent has been received, and acted upon. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

export interface ScriptedUpstream {
  readonly origin: string;
  /** What the one request to `path` is answered with; anything else is answered with CLEAN. */
  script(path: string, script: Script): void;
  /** Whether the script for a path is being played. */
  plays(path: string): boolean;
  /** Whether the script for a path has been played to its end. */
  played(path: string): boolean;
  close(): Promise<void>;
}

export async function scriptedUpstream(): Promise<ScriptedUpstream> {
  const scripts = new Map<string, Script>();
  const playing = new Set<string>();
  const done = new Set<string>();
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket).catch(() => socket.destroy());
  });

  async function serve(socket: Socket): Promise<void> {
    const wire = new Wire(socket);
    for (;;) {
      const message = await wire.message();
      const path = message.startLine.split(' ')[1] ?? '';
      const script = scripts.get(path);
      if (script === undefined) {
        wire.write(CLEAN);
        continue;
      }
      playing.add(path);
      for (const piece of script.pieces) {
        wire.write(piece);
        await turns(2);
      }
      if (script.finish === 'end') wire.end();
      if (script.finish === 'reset') wire.reset();
      await turns(2);
      done.add(path);
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    script(path, script) {
      scripts.set(path, script);
    },
    plays: (path) => playing.has(path),
    played: (path) => done.has(path),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export const WAYS = ['socket', 'undici', 'node'] as const;
export type Way = (typeof WAYS)[number];

export function wayOut(way: Way, origin: string): Transport {
  const options = { connectTimeoutMs: 2000, connectionsMax: 1, tls: null, fastLane: true, clock: systemClock };
  switch (way) {
    case 'socket':
      return createSocketTransport(origin, options);
    case 'undici':
      return createUndiciTransport(origin, options);
    case 'node':
      return createNodeTransport(origin, options);
  }
}

const QUIET_TURNS = 12;

/** One call, until it has ended or nothing more will come. */
export async function call(
  transport: Transport,
  way: Way,
  upstream: ScriptedUpstream,
  path: string,
  method = 'POST',
): Promise<Outcome> {
  const informed: number[] = [];
  let status = 0;
  let statusText = '';
  let headers: readonly string[] = [];
  let body = '';
  let trailers: readonly string[] = [];
  let end = 'pending';
  let heard = 0;
  const listener: CallListener = {
    callSent() {},
    callInformed(code) {
      informed.push(code);
    },
    callStarted(code, text, raw) {
      heard++;
      status = code;
      statusText = text;
      headers = raw.slice();
    },
    callData(chunk) {
      body += Buffer.from(chunk).toString('latin1');
    },
    callEnded(flat) {
      heard++;
      trailers = flat;
      end = end === 'pending' ? 'ended' : `${end}, ended`;
    },
    callFailed({ code }) {
      heard++;
      end = end === 'pending' ? code : `${end}, ${code}`;
    },
  };
  const bytes = Buffer.from('{}');
  const request: OutgoingRequest = {
    method,
    path,
    headers: 'content-type: application/json\r\n',
    takesTrailers: false,
    announced: method === 'POST' ? 2 : -1,
    host: 'models.test',
    body: method !== 'POST' ? null : way === 'node' ? Readable.from([bytes]) : bytes,
    trailers: null,
  };
  const under = transport.call(request, listener);
  const deadline = performance.now() + 3000;
  while (end === 'pending' && !upstream.played(path) && performance.now() < deadline) await turns(1);
  for (let quiet = 0, length = -1; quiet < QUIET_TURNS && end === 'pending'; quiet++) {
    if (body.length !== length) quiet = 0;
    ({ length } = body);
    await turns(1);
  }
  // Timers of the transports may still have a word to say.
  if (end === 'pending') await new Promise((resolve) => setTimeout(resolve, 15));
  const outcome = { informed, status, statusText, headers, body, trailers, end };
  if (end === 'pending') under.abort();
  const before = heard;
  // What comes behind the answer has come before the next call is made: that it may cross a request is another matter.
  while (!upstream.played(path) && upstream.plays(path) && performance.now() < deadline) await turns(1);
  await turns(4);
  if (heard !== before) throw new Error(`${way}: an event after the end (${end})`);
  return outcome;
}
