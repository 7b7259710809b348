// What `redact` points at is in no byte of any segment: not in a body, not in a feature, not when the body cannot be read.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decoded } from '../../src/capture/keep.ts';
import { masksOf } from '../../src/capture/masks.ts';
import { payloadOf } from '../../src/capture/payload.ts';
import { redact } from '../../src/capture/redact.ts';
import { openCapture, rowsUnder, text } from './open-capture.ts';
import { capturePlan } from './plans.ts';
import { bodies, exchange } from './records.ts';

const SECRET = 4929123456781234;
const BODY = JSON.stringify({
  inputs: [
    { name: 'amount', datatype: 'FP64', shape: [1], data: [12.5] },
    { name: 'card', datatype: 'INT64', shape: [1], data: [SECRET] },
  ],
});
const ANSWER = '{"outputs":[{"name":"p","datatype":"FP64","shape":[1],"data":[0.5]}]}';
const AS_THEY_CAME: Decoded = {
  features: {
    rows: 1,
    columns: [
      { name: 'amount', values: [12.5] },
      { name: 'card', values: [SECRET] },
    ],
  },
  predictions: { rows: 1, columns: [{ name: 'p', values: [0.5] }] },
};

async function bytesUnder(data: string): Promise<string> {
  const folder = join(data, 'captures');
  const files = await readdir(folder);
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')))).join('');
}

test.each([['/inputs/1/data'], ['/inputs/1/data/0'], ['/inputs/1'], ['/inputs']])('%s', async (pointer) => {
  const { capture, data } = await openCapture();
  const model = capturePlan({ redact: [pointer.split('/').slice(1)] });
  capture.append(exchange(bodies(BODY, ANSWER)), { generation: 'g', model }, AS_THEY_CAME);
  await capture.close();
  expect(await bytesUnder(data)).not.toContain(String(SECRET));
  const [row] = await rowsUnder(data);
  expect(row?.withheld).toEqual([]);
  expect(row?.predictions).toEqual({ p: [0.5] });
  if (pointer.startsWith('/inputs/1/data')) expect(row?.features).toEqual({ amount: [12.5], card: [null] });
});

test('a compressed body is redacted in the clear and said to be so', async () => {
  const { capture, data } = await openCapture();
  const model = capturePlan({ redact: [['inputs', '1', 'data']] });
  const request = gzipSync(BODY);
  const record = exchange({
    ...bodies('', ANSWER),
    request: [request],
    requestBytes: request.length,
    requestHeaders: ['content-encoding', 'gzip', 'content-type', 'application/json'],
  });
  capture.append(record, { generation: 'g', model }, AS_THEY_CAME);
  await capture.close();
  const [row] = await rowsUnder(data);
  expect(JSON.parse(text(row?.request) ?? '').inputs[1].data).toEqual([null]);
  expect(row?.request_headers).toEqual(['content-type', 'application/json']);
});

test.each([
  ['no JSON', Buffer.from(`{"inputs": NaN, "card": ${SECRET}`)],
  ['cut short', Buffer.from(BODY.slice(0, -3))],
  ['not UTF-8', Buffer.concat([Buffer.from(`{"card":${SECRET},"x":"`), Buffer.from([0xff]), Buffer.from('"}')])],
  ['nested beyond the stack', Buffer.from(`${'['.repeat(50_000)}${SECRET}${']'.repeat(50_000)}`)],
])('a body that is %s is withheld, and counted', async (_, request) => {
  const { capture, data } = await openCapture();
  const model = capturePlan({ redact: [['inputs', '1', 'data']] });
  const record = exchange({ ...bodies('', ANSWER), request: [request], requestBytes: request.length });
  capture.append(record, { generation: 'g', model }, AS_THEY_CAME);
  await capture.close();
  expect(await bytesUnder(data)).not.toContain(String(SECRET));
  const [row] = await rowsUnder(data);
  expect(row).toMatchObject({ withheld: ['request'], request: null, features: null, request_bytes: request.length });
  expect(text(row?.response)).toBe(ANSWER);
  expect(capture.totals()).toMatchObject({ captured: 1, withheld: 1 });
});

test('everything that is not pointed at survives redaction to the digit', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (secret, rest) => {
      const body = JSON.stringify({ secret, rest, large: 0 }).replace('"large":0', '"large":12345678901234567890');
      const masks = masksOf(capturePlan({ redact: [['secret'], ['nowhere', '0']] }).capture);
      const out = redact(payloadOf([Buffer.from(body)], []), masks?.pointers ?? []);
      const after = text(out?.bytes) ?? '';
      expect(after).toContain('"large":12345678901234567890');
      expect(JSON.parse(after).rest).toEqual(JSON.parse(body).rest);
      const blanked = JSON.stringify(JSON.parse(after).secret).replaceAll(/[[\],]|null/g, '');
      expect(blanked).toBe('');
    }),
    { numRuns: 200 },
  );
});
