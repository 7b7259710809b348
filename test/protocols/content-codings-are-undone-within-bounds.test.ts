import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeBody } from '../../src/protocols/decode-body.ts';

const text = Buffer.from('{"a": 1}'.repeat(20));

test.each([
  ['gzip', gzipSync(text)],
  ['X-Gzip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['identity', text],
  ['gzip, identity, br', brotliCompressSync(gzipSync(text))],
])('%s', (coding, bytes) => {
  expect(Buffer.from(decodeBody({ bytes, headers: { 'content-encoding': coding } }))).toEqual(text);
});

test.each([
  ['gzip', Buffer.from('no gzip'), 'broken gzip coding'],
  ['gzip', gzipSync(text).subarray(0, 20), 'broken gzip coding'],
  ['compress', text, 'unknown content coding'],
  ['gzip,gzip,gzip,gzip', text, 'more than 3 content codings'],
  ['gzip', gzipSync(Buffer.alloc(1_000_000)), 'decodes to more than 1000 bytes'],
  ['zstd', zstdCompressSync(Buffer.alloc(1_000_000)), 'decodes to more than 1000 bytes'],
  ['br', brotliCompressSync(Buffer.alloc(1_000_000)), 'decodes to more than 1000 bytes'],
  ['identity', Buffer.alloc(1001), 'longer than 1000 bytes'],
])('%s is refused where it is broken or too large', (coding, bytes, why) => {
  expect(() => decodeBody({ bytes, headers: { 'content-encoding': coding } }, 1000)).toThrow(why);
});
