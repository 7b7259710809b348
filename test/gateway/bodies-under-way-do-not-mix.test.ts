// Every connection of a thread is read into one buffer. Bodies that come in pieces, many at once and in turns, reach the version,
// its shadow and the record as each was sent; and a record holds no bytes that nobody reads or keeps.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CapturePlan } from '../../src/config/plan.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import { answering, dial, OK, type RawUpstream, statusOf } from './wire.ts';

const CLIENTS = 12;
const ROUNDS = 4;
const HELD = 128 * 1024;
const random = createSeededRandom(11);

let primary: RawUpstream;
let shadow: RawUpstream;
beforeAll(async () => {
  primary = await answering(OK);
  shadow = await answering(OK);
});
afterAll(() => Promise.all([primary.close(), shadow.close()]));

/** Some bodies are held, some streamed; each is of one byte that tells whose it is, and of its position. */
function body(client: number, round: number): Buffer {
  const length = 1 + Math.floor(random() * 2 * HELD);
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i % 3 === 0 ? client * ROUNDS + round : (i * 31) & 255)));
}

const mirrored = (capture: Partial<CapturePlan> = {}) => {
  const base = model([version('champion', primary.url), version('shadow', shadow.url)]);
  const mirrors = [{ version: 1, share: 1, timeoutMs: 5000, callsMax: 100, bytesMax: 100 * HELD }];
  return plan([{ ...base, mirrors, capture: { ...base.capture, ...capture } }], { bodyBytesHeld: HELD });
};

test('each of many bodies in pieces arrives, is mirrored and is recorded as it was sent', async () => {
  const gate = await startGate(mirrored());
  const sent: Buffer[] = [];
  let turn = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const wire = await dial(gate.port);
      for (let round = 0; round < ROUNDS; round++) {
        const bytes = body(client, round);
        sent.push(bytes);
        wire.write(`POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes.length}\r\n\r\n`);
        for (let at = 0; at < bytes.length; ) {
          const piece = bytes.subarray(at, at + 1 + Math.floor(random() * 40_000));
          wire.write(piece);
          at += piece.length;
          // Others are heard in between, now after one turn, now after several.
          for (let turns = turn++ % 3; turns >= 0; turns--) await new Promise((resolve) => setImmediate(resolve));
        }
        expect(statusOf(await wire.message())).toBe(200);
      }
      wire.destroy();
    }),
  );
  const held = sent.filter(({ length }) => length <= HELD);
  const records = await gate.records(sent.length + held.length);
  const sorted = (bodies: readonly Uint8Array[]): string[] =>
    bodies.map((bytes) => Buffer.from(bytes).toString('latin1')).sort();
  expect(sorted(primary.requests.map((one) => one.body))).toEqual(sorted(sent));
  expect(sorted(shadow.requests.map((one) => one.body))).toEqual(sorted(held));
  const recorded = (role: string): Buffer[] =>
    records.filter((record) => record.role === role).map(({ request }) => Buffer.concat(request));
  expect(sorted(recorded('champion'))).toEqual(sorted(sent.map((bytes) => bytes.subarray(0, HELD))));
  expect(sorted(recorded('shadow'))).toEqual(sorted(held));
  await gate.settled();
  await gate.close();
}, 30_000);

test.each([
  ['none', 1],
  ['full', 0],
] as const)('bodies: %s at a sample of %d, under a protocol that reads none: lengths alone', async (bodies, sample) => {
  const gate = await startGate(mirrored({ bodies, sample }));
  const wire = await dial(gate.port);
  wire.write('POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  expect((await wire.message()).body.toString()).toBe('ok');
  for (const { request, response, requestBytes, responseBytes, truncated } of await gate.records(2)) {
    expect([request, response]).toEqual([[], []]);
    expect([requestBytes, responseBytes, truncated]).toEqual([5, 2, false]);
  }
  wire.destroy();
  await gate.settled();
  await gate.close();
});
