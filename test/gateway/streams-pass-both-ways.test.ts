import { afterEach, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, standstill, startGate, until, version } from './gate-fixture.ts';
import type { RawUpstream, Wire } from './wire.ts';
import { ask, dial, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream;

async function start(serve: (wire: Wire) => void | Promise<void>, listen = {}, more = {}): Promise<void> {
  upstream = await rawUpstream(serve);
  gate = await startGate(plan([model([version('champion', upstream.url)], more)], listen));
}

afterEach(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

test('events of a stream arrive one by one, the head before the first of them', async () => {
  let stream: Wire | undefined;
  await start(async (wire) => {
    await wire.message();
    wire.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    stream = wire;
  });
  const client = await dial(gate.port);
  client.write(request('POST', '/generate', [], '{}'));
  const head = await client.head();
  expect(valuesOf(head.headers, 'content-type')).toEqual(['text/event-stream']);
  expect(client.total).toBeGreaterThan(0);
  for (let i = 0; i < 5; i++) {
    const event = `data: ${i}\n\n`;
    stream?.write(`${event.length.toString(16)}\r\n${event}\r\n`);
    await client.seen(event);
    expect(client.text).not.toContain(`data: ${i + 1}`);
  }
  stream?.write('0\r\n\r\n');
  await client.seen('0\r\n\r\n');
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ status: 200, failure: -1, truncated: false });
  expect(Buffer.concat(record?.response ?? []).toString()).toBe(
    'data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n',
  );
  client.destroy();
});

test('a chunked request goes up chunk by chunk once it is slow, and whole where it is quick', async () => {
  let chunks = 0;
  await start(async (wire) => {
    await wire.seen('abc');
    chunks++;
    upstream.requests.push(await wire.message());
    wire.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  const quick = await ask(
    gate.port,
    'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  );
  expect(statusOf(quick)).toBe(200);
  quick.wire.destroy();
  expect(upstream.requests[0]).toMatchObject({ framing: 'length' });
  expect(upstream.requests[0]?.body.toString()).toBe('abcde');

  const slow = await dial(gate.port);
  slow.write('POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
  await until(() => chunks === 2, 'the first chunk at the upstream');
  slow.write('2\r\nde\r\n0\r\n\r\n');
  expect(statusOf(await slow.message())).toBe(200);
  slow.destroy();
  expect(upstream.requests[1]).toMatchObject({ framing: 'chunked' });
  expect(upstream.requests[1]?.body.toString()).toBe('abcde');
  const records = await gate.records(2);
  expect(records.map(({ requestBytes, truncated }) => ({ requestBytes, truncated }))).toEqual([
    { requestBytes: 5, truncated: false },
    { requestBytes: 5, truncated: false },
  ]);
});

test('the head of a request goes up before its body, and a conversation may go back and forth', async () => {
  await start(async (wire) => {
    await wire.head();
    wire.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nready\r\n');
    await wire.seen('question');
    wire.write('6\r\nanswer\r\n');
    await wire.seen('0\r\n\r\n');
    wire.write('0\r\n\r\n');
  });
  const client = await dial(gate.port);
  client.write('POST /talk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  await client.seen('ready');
  client.write('8\r\nquestion\r\n');
  await client.seen('answer');
  client.write('0\r\n\r\n');
  await client.seen('0\r\n\r\n');
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ status: 200, failure: -1, requestBytes: 8, responseBytes: 11 });
  client.destroy();
});

const MEGABYTES = Number(process.env.HEADGATE_TEST_STREAM_MB ?? 64);
/** Socket buffers of the kernel on two hops, and what the gate holds: the same however long the stream is. */
const BETWEEN_BYTES_MAX = 32 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, 'x');

test('a slow reader slows the upstream down: what is between them stays small', async () => {
  const total = MEGABYTES * 1024 * 1024;
  let written = 0;
  await start(
    async (wire) => {
      await wire.message();
      wire.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const pump = (): void => {
        while (written < total) {
          written += PIECE.length;
          if (!wire.write(PIECE)) return;
        }
      };
      wire.socket.on('drain', pump);
      pump();
    },
    {},
    { timeout: { connectMs: 250, firstByteMs: 2000, totalMs: 0 } },
  );
  const client = await dial(gate.port);
  client.socket.removeAllListeners('data');
  client.socket.pause();
  client.write(request('GET', '/big'));
  await until(() => written > 0, 'the first piece');
  // The upstream comes to a standstill with most of its answer still to send: nobody takes it from him.
  await standstill(() => written);
  expect(written).toBeLessThan(BETWEEN_BYTES_MAX);
  let received = 0;
  client.socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  client.socket.resume();
  await until(() => received > total, 'the rest', 20_000);
  await gate.settled();
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ responseBytes: total, truncated: true, failure: -1 });
  expect(Buffer.concat(record?.response ?? []).length).toBe(256 * 1024);
  client.destroy();
});

test('an upstream that reads slowly slows the client down', async () => {
  const total = MEGABYTES * 1024 * 1024;
  let reader: Wire | undefined;
  await start(
    (wire) => {
      wire.socket.removeAllListeners('data');
      wire.socket.pause();
      reader = wire;
    },
    { bodyBytesMax: total * 2 },
    { timeout: { connectMs: 250, firstByteMs: 20_000, totalMs: 0 } },
  );
  const client = await dial(gate.port);
  client.write(`POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: ${total}\r\n\r\n`);
  let written = 0;
  const pump = (): void => {
    while (written < total) {
      written += PIECE.length;
      if (!client.write(PIECE)) return;
    }
  };
  client.socket.on('drain', pump);
  pump();
  await until(() => reader !== undefined, 'a connection');
  await standstill(() => written);
  expect(written).toBeLessThan(BETWEEN_BYTES_MAX);
  let received = 0;
  reader?.socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > total) reader?.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  reader?.socket.resume();
  expect(statusOf(await client.message())).toBe(200);
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ requestBytes: total, truncated: true, failure: -1 });
  client.destroy();
}, 60_000);
