import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { halfToNumber } from '../../src/protocols/binary-tensor.ts';
import { openInference } from '../../src/protocols/open-inference.ts';
import type { Payload } from '../../src/protocols/protocol.ts';
import { columnsOf, jsonPayload, NO_FEATURES, textPayload } from './payloads.ts';

const read = (payload: Payload) => columnsOf(openInference.readRequest(payload, NO_FEATURES));
const inputs = (...tensors: unknown[]) => jsonPayload({ inputs: tensors });

/** A request as tritonclient frames it: JSON, then the tensors' bytes. */
function binary(tensors: readonly { name: string; shape: number[]; datatype: string; bytes: Uint8Array }[]): Payload {
  const head = Buffer.from(
    JSON.stringify({
      inputs: tensors.map(({ bytes, ...rest }) => ({ ...rest, parameters: { binary_data_size: bytes.length } })),
      outputs: [{ name: 'y', parameters: { binary_data: true } }],
    }),
  );
  return {
    bytes: new Uint8Array(Buffer.concat([head, ...tensors.map(({ bytes }) => bytes)])),
    headers: { 'inference-header-content-length': String(head.length), 'content-type': 'application/octet-stream' },
  };
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

test('only inference calls are decisions', () => {
  const asks = (path: string) => openInference.isDecision('POST', path);
  expect(asks('/v2/models/m/infer')).toBe(true);
  expect(asks('/v2/models/m/versions/3/infer')).toBe(true);
  expect(asks('/v2/models/m/generate')).toBe(true);
  expect(asks('/v2/repository/models/m/load')).toBe(false);
  expect(asks('/v2/models/m/trace/setting')).toBe(false);
  expect(openInference.isDecision('GET', '/v2/models/m/infer')).toBe(false);
});

describe('JSON tensors', () => {
  test('[N] and [N,1] are one column, [N,k] is k', () => {
    const body = inputs(
      { name: 'age', shape: [2], datatype: 'INT64', data: [31, 64] },
      { name: 'pay', shape: [2, 1], datatype: 'FP64', data: [[1.5], [null]] },
      { name: 'x', shape: [2, 3], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6] },
    );
    expect(read(body)).toEqual({ age: [31, 64], pay: [1.5, null], x_0: [1, 4], x_1: [2, 5], x_2: [3, 6] });
  });

  test('nested and flattened data say the same', () => {
    const flat = inputs({ name: 'x', shape: [2, 2, 2], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6, 7, 8] });
    const nested = inputs({
      name: 'x',
      shape: [2, 2, 2],
      datatype: 'FP32',
      data: [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ],
    });
    expect(read(nested)).toEqual(read(flat));
    expect(read(flat)).toEqual({ x_0: [1, 5], x_1: [2, 6], x_2: [3, 7], x_3: [4, 8] });
  });

  test('BOOL and BYTES are categories', () => {
    const body = inputs(
      { name: 'a', shape: [2], datatype: 'BOOL', data: [1, false] },
      { name: 'b', shape: [2], datatype: 'BYTES', data: ['x', 7] },
    );
    expect(read(body)).toEqual({ a: [true, false], b: ['x', '7'] });
  });

  test('integers beyond 2^53 keep every digit', () => {
    const body = textPayload(
      '{"inputs":[{"name":"id","shape":[3],"datatype":"INT64","data":[9007199254740993,-9223372036854775808,1]}],"x":1e300}',
    );
    expect(read(body)).toEqual({ id: ['9007199254740993', '-9223372036854775808', 1] });
  });

  test('bare NaN and Infinity are numbers, and the same words in strings are not touched', () => {
    const body = textPayload(
      '{"id":"NaN \\" Infinity","inputs":[{"name":"NaN","shape":[4],"datatype":"FP32","data":[NaN,Infinity,-Infinity,0e-1]}]}',
    );
    expect(read(body)).toEqual({ NaN: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0] });
  });

  test.each([
    ['', 'empty body'],
    ['{', 'not JSON'],
    ['[]', 'the body is not an object'],
    ['{}', 'the body has no inputs'],
    ['{"inputs":[{"name":"a","shape":[2],"datatype":"FP32","data":[1]}]}', 'a tensor differs from its shape'],
    ['{"inputs":[{"name":"a","shape":[-1],"datatype":"FP32","data":[1]}]}', 'a tensor has no shape'],
    ['{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[{}]}]}', 'a cell is not a scalar'],
    [
      '{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]},{"name":"b","shape":[2],"datatype":"FP32","data":[1,2]}]}',
      'columns differ in rows',
    ],
    [
      '{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]},{"name":"a","shape":[1],"datatype":"FP32","data":[1]}]}',
      'two columns have one name',
    ],
    [
      '{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"shared_memory_region":"r"}}]}',
      'a tensor lies in shared memory',
    ],
    [
      '{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}',
      'a binary tensor is longer than the body',
    ],
  ])('%s is unreadable', (text, why) => {
    expect(read(textPayload(text))).toBe(why);
  });

  test('text that is not UTF-8 is unreadable', () => {
    expect(read({ bytes: new Uint8Array([0x22, 0xff, 0x22]), headers: {} })).toBe('not UTF-8');
  });

  test('more columns or rows than the bounds are refused', () => {
    const wide = { name: 'x', shape: [1, 10_001], datatype: 'FP32', data: new Array(10_001).fill(0) };
    const long = { name: 'x', shape: [100_001], datatype: 'FP32', data: new Array(100_001).fill(0) };
    expect(read(inputs(wide))).toBe('more than 10000 columns');
    expect(read(inputs(long))).toBe('more than 100000 rows');
  });

  test('outputs are the predictions', () => {
    const answer = jsonPayload({
      model_name: 'm',
      outputs: [{ name: 'predict', shape: [2, 1], datatype: 'INT64', data: [0, 1] }],
    });
    expect(columnsOf(openInference.readResponse(answer))).toEqual({ predict: [0, 1] });
  });
});

describe('the binary extension', () => {
  test('every datatype is read as it was written', () => {
    const strings = Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.from('hi'), Buffer.from([0, 0, 0, 0])]);
    const payload = binary([
      { name: 'f32', shape: [2, 1], datatype: 'FP32', bytes: bytesOf(Float32Array.of(0.5, Number.NaN)) },
      { name: 'f64', shape: [2], datatype: 'FP64', bytes: bytesOf(Float64Array.of(0.1, -1e300)) },
      { name: 'f16', shape: [2], datatype: 'FP16', bytes: bytesOf(Uint16Array.of(0x3c00, 0xc000)) },
      { name: 'bf16', shape: [2], datatype: 'BF16', bytes: bytesOf(Uint16Array.of(0x3f80, 0xc040)) },
      { name: 'i64', shape: [2], datatype: 'INT64', bytes: bytesOf(BigInt64Array.of(-5n, 9007199254740993n)) },
      { name: 'u64', shape: [2], datatype: 'UINT64', bytes: bytesOf(BigUint64Array.of(5n, 18446744073709551615n)) },
      { name: 'i32', shape: [2], datatype: 'INT32', bytes: bytesOf(Int32Array.of(-1, 2)) },
      { name: 'u16', shape: [2], datatype: 'UINT16', bytes: bytesOf(Uint16Array.of(65535, 2)) },
      { name: 'i8', shape: [2], datatype: 'INT8', bytes: bytesOf(Int8Array.of(-1, 2)) },
      { name: 'bool', shape: [2], datatype: 'BOOL', bytes: Uint8Array.of(1, 0) },
      { name: 'bytes', shape: [2], datatype: 'BYTES', bytes: strings },
      { name: 'wide', shape: [2, 2], datatype: 'FP32', bytes: bytesOf(Float32Array.of(1, 2, 3, 4)) },
    ]);
    const expected = {
      f32: [0.5, Number.NaN],
      f64: [0.1, -1e300],
      f16: [1, -2],
      bf16: [1, -3],
      i64: [-5, '9007199254740993'],
      u64: [5, '18446744073709551615'],
      i32: [-1, 2],
      u16: [65535, 2],
      i8: [-1, 2],
      bool: [true, false],
      bytes: ['hi', ''],
      wide_0: [1, 3],
      wide_1: [2, 4],
    };
    expect(read(payload)).toEqual(expected);
    const { 'inference-header-content-length': length = '' } = payload.headers;
    const gzipped = {
      bytes: gzipSync(payload.bytes),
      headers: { 'content-encoding': 'gzip', 'inference-header-content-length': length },
    };
    expect(read(gzipped)).toEqual(expected);
  });

  test('half floats agree with the definition at its corners', () => {
    expect([0x0000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x3555].map(halfToNumber)).toEqual([
      0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0.333251953125,
    ]);
    expect(halfToNumber(0x7e00)).toBeNaN();
  });

  test('bytes left over, cut off or undescribed are unreadable', () => {
    const whole = binary([{ name: 'x', shape: [2], datatype: 'FP32', bytes: new Uint8Array(8) }]);
    const longer = { ...whole, bytes: new Uint8Array([...whole.bytes, 0]) };
    const shorter = { ...whole, bytes: whole.bytes.subarray(0, -1) };
    expect(read(longer)).toBe('bytes are left after the last tensor');
    expect(read(shorter)).toBe('a binary tensor is longer than the body');
    expect(read({ ...whole, headers: { 'inference-header-content-length': '0' } })).toBe(
      'a raw tensor without its description',
    );
    expect(read({ ...whole, headers: { 'inference-header-content-length': '99999' } })).toMatch(/is no length/);
    expect(read(binary([{ name: 'x', shape: [1], datatype: 'FP32', bytes: new Uint8Array(3) }]))).toMatch(
      /ends inside an element/,
    );
    expect(read(binary([{ name: 'x', shape: [1], datatype: 'BYTES', bytes: Uint8Array.of(9, 0, 0, 0, 1) }]))).toMatch(
      /ends inside/,
    );
  });
});
