// `redact` and `hash` by JSON pointer, in every member of a batch, in tensors by name, in binary tensors, and by header: the value
// is in no byte on disk, what is beside it is there to the digit, and the hash is one that others can compute.

import { createHmac } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spansOf } from '../../src/capture/json-spans.ts';
import { masked } from '../../src/capture/masks.ts';
import type { ModelPlan } from '../../src/config/plan.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import { openCapture, rowsUnder, text } from './open-capture.ts';
import { capturePlan } from './plans.ts';
import { bodies, exchange } from './records.ts';

const KEY = 'a key of the environment';
const SECRET = '4929123456781234';
const hmac = (value: string): string => `hmac:${createHmac('sha256', KEY).update(value).digest('hex')}`;
const tokens = (pointer: string): string[] => pointer.split('/').slice(1);

async function written(
  record: ExchangeRecord,
  capture: Partial<ModelPlan['capture']>,
  changes: Partial<ModelPlan> = {},
) {
  const opened = await openCapture();
  const model = { ...capturePlan(capture), ...changes };
  opened.capture.append(record, { generation: 'g', model }, { features: null, predictions: null });
  await opened.capture.close();
  const folder = join(opened.data, 'captures');
  const files = await readdir(folder);
  const bytes = Buffer.concat(await Promise.all(files.map((name) => readFile(join(folder, name)))));
  const [row] = await rowsUnder(opened.data);
  if (row === undefined) throw new Error('nothing was written');
  return { row, bytes };
}

const hash = (pointers: readonly string[], headers: readonly string[] = []) => ({
  hash: { pointers: pointers.map(tokens), headers, key: KEY },
});

test('every member of a batch', async () => {
  const instances = [1, 2, 3].map((i) => ({ ssn: `${SECRET}${i}`, age: i, card: Number(`4929${i}`) }));
  const request = JSON.stringify({ instances });
  const { row, bytes } = await written(exchange(bodies(request, '{"predictions":[1,2,3]}')), {
    redact: [tokens('/instances/*/ssn')],
    ...hash(['/instances/*/card']),
  });
  expect(bytes.includes(SECRET)).toBe(false);
  expect(JSON.parse(text(row.request) ?? '').instances).toEqual(
    instances.map(({ age, card }) => ({ ssn: null, age, card: hmac(String(card)) })),
  );
  expect(row.withheld).toEqual([]);
});

test('tensors by name, wherever a client has put them', async () => {
  const card = { name: 'card', datatype: 'BYTES', shape: [2], data: [SECRET, '7'] };
  const amount = { name: 'amount', datatype: 'FP64', shape: [2], data: [1.5, 2] };
  for (const inputs of [
    [card, amount],
    [amount, card],
  ]) {
    for (const [capture, expected] of [
      [{ redact: [tokens('/inputs/card/data')] }, [null, null]],
      [hash(['/inputs/card/data']), [hmac(SECRET), hmac('7')]],
      [hash(['/inputs/card/data/0']), [hmac(SECRET), '7']],
    ] as const) {
      const { row, bytes } = await written(exchange(bodies(JSON.stringify({ inputs }), '{}')), capture);
      expect(bytes.includes(SECRET)).toBe(false);
      expect(row.features?.amount).toEqual([1.5, 2]);
      expect(row.features?.card).toEqual(expected);
    }
  }
});

/** The V2 binary extension: FP64 and BYTES behind their description. */
function binaryBody(): { readonly body: Buffer; readonly headers: readonly string[] } {
  const amounts = Buffer.alloc(16);
  amounts.writeDoubleLE(1.5, 0);
  amounts.writeDoubleLE(2.5, 8);
  const words = [SECRET, 'x'].map((word) => {
    const bytes = Buffer.alloc(4 + word.length);
    bytes.writeUInt32LE(word.length, 0);
    bytes.write(word, 4);
    return bytes;
  });
  const cards = Buffer.concat(words);
  const json = JSON.stringify({
    inputs: [
      { name: 'card', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: cards.length } },
      { name: 'amount', datatype: 'FP64', shape: [2], parameters: { binary_data_size: 16 } },
    ],
  });
  const headers = ['content-type', 'application/octet-stream', 'inference-header-content-length', String(json.length)];
  return { body: Buffer.concat([Buffer.from(json), cards, amounts]), headers };
}

test.each([
  ['redacted', { redact: [tokens('/inputs/card/data')] }, [null, null]],
  ['redacted from above', { redact: [tokens('/inputs/0')] }, undefined],
  ['hashed', hash(['/inputs/0/data']), [hmac(SECRET), hmac('x')]],
])('binary tensors, %s', async (_, capture, cards) => {
  const { body, headers } = binaryBody();
  const record = exchange({ ...bodies('', '{}'), request: [body], requestBytes: body.length, requestHeaders: headers });
  const { row, bytes } = await written(record, capture);
  expect(bytes.includes(SECRET)).toBe(false);
  expect(row.withheld).toEqual([]);
  // What is written can be read as what it says it is.
  if (cards !== undefined) expect(row.features).toEqual({ card: cards, amount: [1.5, 2.5] });
  const length = Number(row.request_headers[row.request_headers.indexOf('inference-header-content-length') + 1]);
  const tail = Buffer.from(row.request ?? []).subarray(length);
  expect([tail.length, tail.readDoubleLE(0), tail.readDoubleLE(8)]).toEqual([16, 1.5, 2.5]);
});

test('a binary body that is not whole, or not as it says, is withheld', async () => {
  const { body, headers } = binaryBody();
  for (const [request, requestBytes] of [
    [body.subarray(0, -1), body.length],
    [body.subarray(0, -1), body.length - 1],
    [Buffer.concat([body, Buffer.from(SECRET)]), body.length + SECRET.length],
  ] as const) {
    const record = exchange({ ...bodies('', '{}'), request: [request], requestBytes, requestHeaders: headers });
    const { row, bytes } = await written(record, { redact: [tokens('/nothing/here')] });
    expect(bytes.includes(SECRET)).toBe(false);
    expect(row).toMatchObject({ withheld: ['request'], request: null, features: null });
  }
});

test('the first part of a longer body is withheld even where it parses', async () => {
  const record = exchange({ ...bodies(SECRET, '{}'), requestBytes: 40, truncated: true });
  const { row, bytes } = await written(record, { redact: [tokens('/a')] });
  expect(bytes.includes(SECRET)).toBe(false);
  expect(row).toMatchObject({ withheld: ['request'], truncated: true, request_bytes: 40 });
});

test('headers, whatever is kept of bodies', async () => {
  const headers = ['user-agent', SECRET, 'x-card', SECRET, 'content-type', 'application/json'];
  for (const kept of ['full', 'features', 'none'] as const) {
    for (const redact of [[], [tokens('/a')]]) {
      const record = exchange({ ...bodies('{"a":1}', '{}'), requestHeaders: headers });
      const { row, bytes } = await written(record, {
        bodies: kept,
        redact,
        redactHeaders: ['user-agent'],
        ...hash([], ['x-card']),
      });
      expect(bytes.includes(SECRET)).toBe(false);
      expect(row.request_headers).toEqual([
        'user-agent',
        '',
        'x-card',
        hmac(SECRET),
        'content-type',
        'application/json',
      ]);
    }
  }
});

test('what is beside a mask stays as it came, to the digit', async () => {
  const request =
    '{"a":{"card":1.0,"n":12345678901234567890,"f":1.50,"e":1e5,"z":-0,"d":"1","d":"2"},"list":[{"x":null}]}';
  const { row } = await written(
    exchange(bodies(request, '{}')),
    hash(['/a/card', '/list/*/x', '/a/n/deeper', '/list/5']),
  );
  expect(text(row.request)).toBe(
    `{"a":{"card":"${hmac('1.0')}","n":12345678901234567890,"f":1.50,"e":1e5,"z":-0,"d":"1","d":"2"},"list":[{"x":null}]}`,
  );
});

test('objects and lists keep their form under a hash; what is also redacted is redacted', async () => {
  const request = '{"who":{"name":"a","tags":["b",true,{"c":3}]},"both":"d"}';
  const { row } = await written(exchange(bodies(request, '{}')), {
    redact: [tokens('/both')],
    ...hash(['/who', '/both']),
  });
  expect(JSON.parse(text(row.request) ?? '')).toEqual({
    who: { name: hmac('a'), tags: [hmac('b'), hmac('true'), { c: hmac('3') }] },
    both: null,
  });
});

test('a key that stands twice, or is written in escapes, hides nothing of itself', async () => {
  const request = `{ "card" : "${SECRET}",\t"card":["${SECRET}"],"c\\u0061rd":{"a":"${SECRET}"}, "caf\u00e9": "\\"card\\": x" }`;
  const { row, bytes } = await written(exchange(bodies(request, '{}')), { redact: [tokens('/card')] });
  expect(bytes.includes(SECRET)).toBe(false);
  expect(text(row.request)).toBe('{ "card" : null,\t"card":[null],"c\\u0061rd":null, "caf\u00e9": "\\"card\\": x" }');
});

test('where a pointer leads in text is where it leads in the parsed body', () => {
  // Not a backslash as well: JSON.parse of Node 24.21 then takes one for the other, where it has met such an object before.
  const key = fc.constantFrom('a', 'b', 'name', '0', '1', '"', 'x"y', '');
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 1.5, 'a', '"]', ''),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(key, tie('node'), { maxKeys: 4 }),
    ),
  })).node;
  const token = fc.oneof(key, fc.constant('*'));
  fc.assert(
    fc.property(value, fc.array(token, { minLength: 1, maxLength: 4 }), fc.nat({ max: 3 }), (body, pointer, indent) => {
      const json = JSON.stringify(body, null, indent);
      let out = '';
      let from = 0;
      for (const { start, end } of spansOf(json, pointer)) {
        JSON.parse(json.slice(start, end));
        out += `${json.slice(from, start)}"MASKED"`;
        from = end;
      }
      out += json.slice(from);
      expect(JSON.parse(out)).toEqual(masked(JSON.parse(json), pointer, () => 'MASKED'));
    }),
    { numRuns: 2000 },
  );
});
