// Both ends of event streams in one process, so that a chunk is stamped and read by one clock: an upstream that sends an event
// every so often, and a client that says how old each was when it came. Takes one order at a time from its parent.

import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setPriority } from 'node:os';

export interface StreamOrder {
  /** Of the candidate, or of the upstream itself. */
  readonly port: number;
  readonly path: string;
  readonly streams: number;
  readonly events: number;
  readonly everyMs: number;
}

export type StreamReply =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'result'; readonly agesUs: readonly number[]; readonly missing: number }
  | { readonly kind: 'failed'; readonly why: string };

const SLACK_MS = 5_000;

const reply = (message: StreamReply): void => {
  process.send?.(message);
};

try {
  setPriority(-10);
} catch {
  // Only root may.
}

/** The request says what it wants: `?events=50&every=20`. */
const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  request.resume();
  const query = new URL(request.url ?? '/', 'http://upstream').searchParams;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  send(response, Number(query.get('events')), Number(query.get('every')));
});

function send(response: ServerResponse, events: number, everyMs: number): void {
  let left = events;
  const timer = setInterval(() => {
    left -= 1;
    response.write(`data: {"at":${performance.now()}}\n\n`);
    if (left > 0 && !response.destroyed) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
}

async function run(order: StreamOrder): Promise<StreamReply> {
  const all = await Promise.all(
    Array.from({ length: order.streams }, (_, index) => read(order, (index * order.everyMs) / order.streams)),
  );
  const agesUs = all.flat();
  return { kind: 'result', agesUs, missing: order.streams * order.events - agesUs.length };
}

/** The ages of one stream's events, in order. */
function read({ port, path, events, everyMs }: StreamOrder, delayMs: number): Promise<number[]> {
  const ages: number[] = [];
  return new Promise((resolve, reject) => {
    setTimeout(() => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.write(
        `POST ${path}?events=${events}&every=${everyMs} HTTP/1.1\r\nHost: models.internal\r\naccount-id: acct-1\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
      );
      const deadline = setTimeout(() => socket.destroy(), events * everyMs + SLACK_MS);
      let rest = '';
      socket.on('data', (chunk: Buffer) => {
        const now = performance.now();
        rest += chunk.toString('latin1');
        for (;;) {
          const found = /"at":([\d.]+)\}/.exec(rest);
          if (found === null) break;
          ages.push(Math.round((now - Number(found[1])) * 1000));
          rest = rest.slice(found.index + found[0].length);
        }
        if (ages.length >= events) socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => {
        clearTimeout(deadline);
        resolve(ages);
      });
    }, delayMs);
  });
}

process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', (order) => {
  run(order as StreamOrder).then(reply, (error: Error) => reply({ kind: 'failed', why: error.message }));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  reply({ kind: 'ready', port: address !== null && typeof address === 'object' ? address.port : 0 });
});
