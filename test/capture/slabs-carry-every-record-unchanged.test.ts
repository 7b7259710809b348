// What a gateway packs is what the monitor reads, in order, whatever the record holds; and the accounts of slabs are exact.

import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSlabWriter, readSlab, type SlabMessage } from '../../src/capture/handover/slab.ts';
import { bytesAtMost } from '../../src/capture/handover/slab-layout.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import { arbitraryRecord, exchange } from './records.ts';

/** Bodies joined and copied, so that two records compare by their content. */
function whole(record: ExchangeRecord): unknown {
  return {
    ...record,
    request: Buffer.concat(record.request).toString('hex'),
    response: Buffer.concat(record.response).toString('hex'),
  };
}

function read(messages: readonly SlabMessage[]): unknown[] {
  const records: unknown[] = [];
  for (const { buffer, used, count } of messages) {
    const before = records.length;
    readSlab(buffer, used, (record) => records.push(whole(record)));
    expect(records.length - before).toBe(count);
  }
  return records;
}

test('any records survive the round trip, in order, over slabs of any size', () => {
  fc.assert(
    fc.property(
      fc.array(arbitraryRecord, { maxLength: 20 }),
      fc.integer({ min: 32, max: 8192 }).map((n) => n * 8),
      fc.nat({ max: 5 }),
      (records, slabBytes, flushEvery) => {
        const posted: SlabMessage[] = [];
        const writer = createSlabWriter({ post: (message) => posted.push(message), slabBytes });
        records.forEach((record, i) => {
          expect(writer.write(record)).toBe(true);
          if (flushEvery > 0 && i % flushEvery === 0) writer.flush();
        });
        writer.flush();
        expect(writer.out).toBe(posted.length);
        expect(read(posted)).toStrictEqual(records.map(whole));
        for (const { used, buffer } of posted) expect(used).toBeLessThanOrEqual(buffer.byteLength);
      },
    ),
    { numRuns: 60 },
  );
});

test('a full set of slabs refuses the record, and a returned slab takes the next one', () => {
  const posted: SlabMessage[] = [];
  const writer = createSlabWriter({ post: (message) => posted.push(message), slabBytes: 4096, slabsMax: 3 });
  const record = exchange({ request: [new Uint8Array(1500)] });
  const taken: boolean[] = [];
  for (let i = 0; i < 12; i++) taken.push(writer.write(record));
  const accepted = taken.filter(Boolean).length;
  expect(accepted).toBe(6);
  expect(taken.lastIndexOf(true)).toBe(5);
  expect(writer.out).toBe(3);
  const first = posted[0];
  if (first === undefined) throw new Error('nothing was posted');
  writer.recycle(first.buffer);
  expect(writer.out).toBe(2);
  expect(writer.write(record)).toBe(true);
  writer.flush();
  expect(posted.at(-1)?.buffer).toBe(first.buffer);
  expect(read(posted.slice(1)).length).toBe(5);
});

test('a record larger than a slab has a buffer of its own, behind what was packed before it', () => {
  const posted: SlabMessage[] = [];
  const writer = createSlabWriter({ post: (message) => posted.push(message), slabBytes: 4096, slabsMax: 3 });
  const large = exchange({ decisionId: 'large', request: [new Uint8Array(50_000).fill(7)] });
  expect(writer.write(exchange({ decisionId: 'before' }))).toBe(true);
  expect(writer.write(large)).toBe(true);
  expect(writer.write(exchange({ decisionId: 'after' }))).toBe(true);
  expect(writer.write(large)).toBe(false);
  writer.flush();
  expect(posted.map((message) => message.count)).toEqual([1, 1, 1]);
  expect(read(posted)).toStrictEqual(
    [exchange({ decisionId: 'before' }), large, exchange({ decisionId: 'after' })].map(whole),
  );
  for (const { buffer } of posted) writer.recycle(buffer);
  expect(writer.out).toBe(0);
});

test('a large buffer that has come back takes the next large record, unless that is far smaller', () => {
  const posted: SlabMessage[] = [];
  const writer = createSlabWriter({ post: (message) => posted.push(message), slabBytes: 4096, recordBytesMax: 4e6 });
  const sizes = [900_000, 880_000, 300_000, 900_000];
  const records = sizes.map((size, at) => exchange({ request: [new Uint8Array(size).fill(at + 1)] }));
  for (const [at, record] of records.entries()) {
    expect(writer.write(record)).toBe(true);
    expect(read(posted.slice(at))).toStrictEqual([whole(record)]);
    const { buffer } = posted[at] as SlabMessage;
    writer.recycle(buffer);
  }
  const [first, second, third, fourth] = posted.map(({ buffer }) => buffer);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect(fourth).toBe(first);
});

test('a record over its bound is refused without a slab', () => {
  const writer = createSlabWriter({ post: () => undefined, recordBytesMax: 10_000 });
  const long = exchange({ response: [new Uint8Array(10_000)] });
  expect(writer.write(long)).toBe(false);
  expect(writer.isTooLarge(long)).toBe(true);
  expect(writer.out).toBe(0);
  writer.bound(20_000);
  expect(writer.isTooLarge(long)).toBe(false);
  expect(writer.write(long)).toBe(true);
});

test('large records out at once are bounded by their bytes, and one always goes', () => {
  const writer = createSlabWriter({
    post: () => undefined,
    slabBytes: 4096,
    recordBytesMax: 100_000,
    outBytesMax: 30_000,
  });
  const long = exchange({ response: [new Uint8Array(20_000)] });
  expect([writer.write(long), writer.write(long)]).toEqual([true, false]);
  writer.recycle(new ArrayBuffer(bytesAtMost(long)));
  expect(writer.write(long)).toBe(true);
});

test('slabs cross a real port by transfer and come back to be filled again', async () => {
  const { port1, port2 } = new MessageChannel();
  const writer = createSlabWriter({ post: (message, transfer) => port1.postMessage(message, transfer), slabsMax: 2 });
  const seen: string[] = [];
  port2.on('message', (message: SlabMessage) => {
    readSlab(message.buffer, message.used, (record) => seen.push(record.unit));
    port2.postMessage({ kind: 'slab', buffer: message.buffer }, [message.buffer]);
  });
  const units = ['a', 'ÿ', 'Ωmega-£', '', 'acct-9'];
  for (const unit of units) {
    while (!writer.write(exchange({ unit }))) await returned(port1, writer);
    writer.flush();
  }
  while (writer.out > 0) await returned(port1, writer);
  port1.close();
  expect(seen).toEqual(units);
});

function returned(port: MessageChannel['port1'], writer: { recycle(buffer: ArrayBuffer): void }): Promise<void> {
  return new Promise((resolve) => {
    port.once('message', (message: { buffer: ArrayBuffer }) => {
      writer.recycle(message.buffer);
      resolve();
    });
  });
}

test('bytes that no writer made are refused', () => {
  expect(() => readSlab(new ArrayBuffer(1024), 1024, () => undefined)).toThrow(/claims 0 bytes/);
});
