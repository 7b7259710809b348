import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flush, isWaiting, post } from '../../src/kernel/outbox.ts';

// Every byte that was posted arrives once, in order, at the socket it was posted to - whatever the sizes, however slowly it is
// read, and though all messages share one piece of memory.

let server: Server;
const accepted: Socket[] = [];

beforeAll(async () => {
  server = createServer((socket) => accepted.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** A sender and what its other end has read; nothing is read before `read` is called. */
async function line(): Promise<{ sender: Socket; read(length: number): Promise<string>; close(): void }> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const receiver = connect(address.port, '127.0.0.1').pause();
  receiver.on('error', () => {});
  const before = accepted.length;
  await once(receiver, 'connect');
  while (accepted.length === before) await new Promise((resolve) => setImmediate(resolve));
  const sender = accepted[before] as Socket;
  return {
    sender,
    async read(length) {
      let text = '';
      receiver.setEncoding('latin1').resume();
      while (text.length < length) text += (await once(receiver, 'data'))[0];
      return text;
    },
    close() {
      receiver.destroy();
      sender.destroy();
    },
  };
}

const sizes = fc.oneof(
  { weight: 20, arbitrary: fc.nat(600) },
  { weight: 3, arbitrary: fc.integer({ min: 30_000, max: 35_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 400_000 }) },
);
const messages = fc.array(
  fc.tuple(fc.nat(2), sizes, fc.constantFrom('', 'head\r\n'), fc.constantFrom('', '\r\n'), fc.boolean()),
  {
    minLength: 1,
    maxLength: 60,
  },
);

test('all bytes arrive in order, though nobody reads until everything is posted', async () => {
  await fc.assert(
    fc.asyncProperty(messages, async (all) => {
      const lines = [await line(), await line(), await line()];
      const expected = ['', '', ''];
      let taken = 0;
      for (const [i, [to, size, before, after, turn]] of all.entries()) {
        const body = Buffer.alloc(size, 97 + (i % 26));
        const own = lines[to];
        if (own === undefined) continue;
        post(own.sender, before, body, after, () => taken++);
        // Whoever posts may use his bytes again.
        if (size <= 600) body.fill(0);
        expected[to] += before + String.fromCharCode(97 + (i % 26)).repeat(size) + after;
        if (turn) await new Promise((resolve) => setImmediate(resolve));
      }
      const read = await Promise.all(lines.map((own, i) => own.read(expected[i]?.length ?? 0)));
      for (const [i, text] of read.entries()) expect(text === expected[i]).toBe(true);
      while (taken < all.length) await new Promise((resolve) => setImmediate(resolve));
      for (const own of lines) own.close();
    }),
    { numRuns: 25 },
  );
});

test('what waits is written by a flush, and not at all to a socket that is gone', async () => {
  const there = await line();
  const gone = await line();
  post(there.sender, 'a', Buffer.from('b'), 'c');
  post(gone.sender, 'a', Buffer.from('b'), 'c', () => expect.unreachable());
  expect([isWaiting(there.sender), isWaiting(gone.sender)]).toEqual([true, true]);
  gone.sender.destroy();
  flush();
  expect([isWaiting(there.sender), isWaiting(gone.sender)]).toEqual([false, false]);
  expect(await there.read(3)).toBe('abc');
  there.close();
  gone.close();
});
