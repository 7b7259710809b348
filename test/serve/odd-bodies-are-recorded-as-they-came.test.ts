// Bodies that are unusual, or not what they say they are: each goes through byte for byte, and its record, read back from the
// disk and from the store, holds the same bytes and what can be read from them.

import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaptureRow } from '../../src/capture/row.ts';
import { compactNow, parquetRows } from '../store/filled.ts';
import { captured } from './captured.ts';
import { settled } from './scrape.ts';
import { type ReadyGate, startServe, startUpstream, temporaryFolder, type Upstream } from './served-gate.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const tensor = (data: string, datatype = 'FP64'): string =>
  `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[${data === '' ? 0 : data.split(',').length}],"data":[${data}]}]}`;
const PLAIN = tensor('1.5,2');

let upstream: Upstream;
let gate: ReadyGate;
let small: ReadyGate;
let sent = 0;
const folder = temporaryFolder();
beforeAll(async () => {
  // An echo: what comes back is what had arrived.
  upstream = await startUpstream((asked, answer) => {
    const { 'content-type': type, 'content-encoding': coding } = asked.headers;
    if (type !== undefined) answer.setHeader('content-type', type);
    if (coding !== undefined) answer.setHeader('content-encoding', coding);
    asked.pipe(answer);
  });
  const yaml = (buffer: string): string => `
listen: { host: 127.0.0.1, port: 0, drain: 1s, body: { max: 16MiB, buffer: ${buffer} } }
admin: { port: 0 }
models: { m: { versions: { one: { url: "${upstream.url}" } }, timeout: { firstByte: 20s, total: 60s } } }
`;
  [gate, small] = await Promise.all([startServe(yaml('8MiB'), { folder }), startServe(yaml('64KiB'))]);
});
afterAll(async () => {
  await Promise.all([gate.stop(), small.stop()]);
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

function send(
  to: ReadyGate,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly answer: Buffer; readonly id: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${to.dataUrl}/v2/models/m/infer`,
      { method: 'POST', headers: { ...headers, 'content-length': String(body.length) } },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ answer: Buffer.concat(pieces), id: String(response.headers['headgate-decision']) }),
        );
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

async function recorded(
  to: ReadyGate,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<CaptureRow> {
  const { answer, id } = await send(to, body, headers);
  expect(answer.equals(body)).toBe(true);
  if (to === gate) sent += 1;
  await settled(to, to === gate ? sent : 1);
  const row = (await captured(`${to.folder}/data`)).rows.find((one) => one.decision_id === id);
  if (row === undefined) throw new Error(`${id} is not on record`);
  expect(row).toMatchObject({ request_bytes: body.length, response_bytes: body.length, withheld: [] });
  return row;
}

const BIG = Buffer.from(tensor(Array.from({ length: 1_400_000 }, (_, i) => i % 1000).join(',')));
/** As long as may be held: `listen.body.buffer`. */
const EIGHT = Buffer.concat([BIG, Buffer.alloc(8 * 1024 ** 2 - BIG.length, ' ')]);

test.each<[string, Uint8Array, Readonly<Record<string, string>>, unknown]>([
  ['NaN and infinities', Buffer.from(tensor('NaN,Infinity,-Infinity,1')), JSON_TYPE, [null, null, null, 1]],
  [
    'integers beyond 2^53',
    Buffer.from(tensor('9007199254740993,-9223372036854775808,5', 'INT64')),
    JSON_TYPE,
    ['9007199254740993', '-9223372036854775808', 5],
  ],
  [
    'a key that is there twice',
    Buffer.from('{"inputs":[],"inputs":[{"name":"x","datatype":"FP64","shape":[1],"data":[1],"data":[2]}]}'),
    JSON_TYPE,
    [2],
  ],
  ['an empty body', Buffer.alloc(0), JSON_TYPE, undefined],
  ['bytes of no meaning', randomBytes(10_000), { 'content-type': 'application/octet-stream' }, undefined],
  ['bytes that call themselves JSON', randomBytes(10_000), JSON_TYPE, undefined],
  ['gzip', gzipSync(PLAIN), { ...JSON_TYPE, 'content-encoding': 'gzip' }, [1.5, 2]],
  ['deflate', deflateSync(PLAIN), { ...JSON_TYPE, 'content-encoding': 'deflate' }, [1.5, 2]],
  ['deflate without its head', deflateRawSync(PLAIN), { ...JSON_TYPE, 'content-encoding': 'deflate' }, [1.5, 2]],
  ['brotli', brotliCompressSync(PLAIN), { ...JSON_TYPE, 'content-encoding': 'br' }, [1.5, 2]],
  ['zstd', zstdCompressSync(PLAIN), { ...JSON_TYPE, 'content-encoding': 'zstd' }, [1.5, 2]],
  ['two codings', brotliCompressSync(gzipSync(PLAIN)), { ...JSON_TYPE, 'content-encoding': 'gzip, br' }, [1.5, 2]],
  ['a coding that it has not', Buffer.from(PLAIN), { ...JSON_TYPE, 'content-encoding': 'gzip' }, undefined],
  ['a coding that nobody knows', Buffer.from(PLAIN), { ...JSON_TYPE, 'content-encoding': 'rot13' }, undefined],
  ['a bomb', gzipSync(Buffer.alloc(64 * 1024 ** 2)), { ...JSON_TYPE, 'content-encoding': 'gzip' }, undefined],
  ['five megabytes each way', BIG, JSON_TYPE, undefined],
  ['8 MiB each way, as much as is held', EIGHT, JSON_TYPE, undefined],
  [
    '8 MiB of bytes of no meaning',
    randomBytes(8 * 1024 ** 2),
    { 'content-type': 'application/octet-stream' },
    undefined,
  ],
])(
  '%s',
  async (_, body, headers, x) => {
    const row = await recorded(gate, body, headers);
    expect(Buffer.from(row.request ?? []).equals(body)).toBe(true);
    expect(Buffer.from(row.response ?? []).equals(body)).toBe(true);
    expect(row.truncated).toBe(false);
    expect(row.features?.x).toEqual(x);
  },
  30_000,
);

test('a body over what is held is recorded in its first part, with its true length', async () => {
  const row = await recorded(small, BIG, JSON_TYPE);
  expect(row.truncated).toBe(true);
  expect(Buffer.from(row.request ?? []).equals(BIG.subarray(0, 64 * 1024))).toBe(true);
  expect(row.features).toBeNull();
}, 30_000);

test('the value of a header that is no UTF-8 is kept byte for byte, as latin1', async () => {
  const row = await recorded(gate, Buffer.from(PLAIN), { ...JSON_TYPE, 'user-agent': 'M\xfcller \xff\x80' });
  const { request_headers: headers } = row;
  expect(headers[headers.indexOf('user-agent') + 1]).toBe('M\xfcller \xff\x80');
});

test('all of them go into the store as they came, with every digit', async () => {
  expect(await gate.stop()).toBe(0);
  const data = `${folder}/data`;
  const { rows } = await captured(data);
  expect(rows.length).toBe(sent);
  expect(await compactNow(data, { wall: Date.now })).toMatchObject({ rows: sent });
  const columns = 'replica, sequence, decision_id, md5(request) AS asked, md5(response) AS answered';
  const stored = await parquetRows(
    data,
    `${columns}, to_json(request_headers) AS headers, to_json(f_x) AS x, truncated`,
  );
  const md5 = (bytes: Uint8Array | null): string =>
    createHash('md5')
      .update(bytes ?? new Uint8Array())
      .digest('hex');
  // Numbers and digits in quotes share this column: compared as numbers here, digit by digit below.
  const text = (value: unknown): string => (value === null ? 'null' : String(value));
  expect(
    stored.map(({ decision_id, asked, answered, headers, x, truncated }) => ({
      decision_id,
      asked,
      answered,
      headers: JSON.parse(String(headers)),
      x: x === null ? null : (JSON.parse(String(x)) as unknown[]).map((value) => Number(text(value))),
      truncated,
    })),
  ).toEqual(
    rows.map((row) => ({
      decision_id: row.decision_id,
      asked: md5(row.request),
      answered: md5(row.response),
      headers: row.request_headers,
      x: row.features?.x === undefined ? null : row.features.x.map((value) => Number(text(value))),
      truncated: row.truncated,
    })),
  );
  // The digits that no double holds.
  const digits = await parquetRows(data, 'replica, sequence, f_x::VARCHAR AS x');
  expect(digits.map(({ x }) => x)).toContainEqual(expect.stringMatching(/9007199254740993, -9223372036854775808, 5/));
}, 60_000);
