// A reader that learns the form of bodies says of every body what the protocol's own reader says, to the bit and to the word.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLearnedReader, type LearnedReader } from '../../src/protocols/learned-reader.ts';
import type { Payload, Protocol, Reading } from '../../src/protocols/protocol.ts';
import { PROTOCOLS, protocolOf } from '../../src/protocols/registry.ts';
import { NO_FEATURES } from './payloads.ts';

const JSON_HEADERS = ['content-type', 'application/json'];

type Ordinary = (payload: Payload) => Reading;

/** Both readers of one side, and how often the learned one had to ask the other. */
function bothReaders(protocol: Protocol, side: 'request' | 'response') {
  const ordinary: Ordinary =
    side === 'request' ? (payload) => protocol.readRequest(payload, NO_FEATURES) : protocol.readResponse;
  let asked = 0;
  const learned = createLearnedReader({
    ordinary(payload) {
      asked += 1;
      return ordinary(payload);
    },
    looksAt: protocol.looksAt[side],
  });
  return {
    asked: () => asked,
    agree(text: string | Uint8Array): void {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      const found = learned.read(bytes, JSON_HEADERS);
      expect(found).toStrictEqual(ordinary({ bytes, headers: { 'content-type': 'application/json' } }));
    },
  };
}

/** Texts of one scalar: what clients write, and the corners of JSON's grammar and of doubles. */
const numberText = fc.oneof(
  fc.integer({ min: -1000, max: 100_000 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.nat(25)).map(([value, places]) => value.toFixed(places)),
  fc
    .tuple(fc.stringMatching(/^-?(0|[1-9]\d{0,24})$/), fc.stringMatching(/^(\.\d{1,25})?([eE][+-]?\d{1,3})?$/))
    .map((parts) => parts.join('')),
  fc.constantFrom('0', '-0', '0.0', '-0.0', '-0e5', '0e-777', '1e22', '1e23', '1e999', '-1e999', '5e-324', '2.5e-324'),
  fc.constantFrom(
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '9007199254740993.0',
  ),
  fc.constantFrom(
    '0.1',
    '0.30000000000000004',
    '123456789012345678',
    '0.000001',
    '1E5',
    '1e+5',
    '179769313486231580793e289',
  ),
);
const otherText = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    'false',
    '""',
    '"a"',
    '"DE"',
    '"\\u0041"',
    '"\\n"',
    '"ü"',
    '"a\\"b"',
    '"\\\\"',
    '"0"',
  ),
  fc.string().map((text) => JSON.stringify(text)),
  fc.constantFrom(
    'NaN',
    'Infinity',
    '-Infinity',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '-',
    '0x10',
    'nul',
    'True',
    "'a'",
    '[1]',
    '{}',
  ),
);
const scalarText = fc.oneof({ weight: 6, arbitrary: numberText }, { weight: 2, arbitrary: otherText });

/** Bodies of each protocol with places for scalars: $ is one that varies. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  'open-inference': [
    '{"id":$,"inputs":[{"name":"a","shape":[1,1],"datatype":"FP64","data":[$]},{"name":"b","shape":[1],"datatype":"BYTES","data":[$]}]}',
    '{"inputs":[{"name":"a","shape":[2],"datatype":"BOOL","data":[$,$]},{"name":"b","shape":[2],"datatype":"INT64","data":[$,1]}],"parameters":{"x":$}}',
    '{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[$,$],[$,$]]}]}',
    '{"inputs":[{"name":"a","shape":[$],"datatype":"FP32","data":[$]}]}',
    '{"inputs":[{"name":"a","shape":[1],"datatype":$,"data":[$],"parameters":{"binary_data_size":$}}]}',
    '{ "outputs" : [ { "name" : $ , "shape" : [ 1 ] , "datatype" : "FP64" , "data" : [ $ ] } ] , "model_name" : $ }',
    '{"outputs":[{"name":"y","shape":[1],"datatype":"FP64","data":[$],"data":[$]}]}',
    '{"outputs":[{"name":"y","shape":[1,2],"datatype":"FP64","data":[$,$]}],"model_version":$,"outputs":[]}',
  ],
  tfserving: [
    '{"signature_name":$,"instances":[{"a":$,"b":[$,$],"c":{"d":$}}]}',
    '{"instances":[[$,$],[$,$]]}',
    '{"instances":[$,$]}',
    '{"examples":[{"a":$}],"context":{"c":$}}',
    '{"inputs":{"a":[$,$],"b":[[$],[$]]}}',
    '{"predictions":[$]}',
    '{"predictions":[[$,$]]}',
    '{"result":[[["a",$],[$,0.5]]]}',
    '{"outputs":$,"predictions":$}',
  ],
  mlflow: [
    '{"dataframe_split":{"columns":["a",$],"data":[[$,$]]}}',
    '{"dataframe_records":[{"a":$,"b":$}]}',
    '{"inputs":{"a":[$],"b":$}}',
    '{"predictions":[$],"other":$}',
    '{"predictions":$}',
    '[$,$]',
    '$',
    '{"error_code":$,"predictions":[$]}',
  ],
  json: [
    '{"a":$,"b":$,"c":[$]}',
    '[{"a":$},{"a":$}]',
    '{"predictions":[$,$],"b":$}',
    '$',
    '[$,$]',
    '{"__proto__":$,"a":$}',
  ],
  raw: ['{"a":$}'],
};

const fill = (form: string, texts: readonly string[]): string => {
  let next = 0;
  return form.replaceAll('$', () => texts[next++ % texts.length] ?? '0');
};

describe.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))('%s', (name, protocol) => {
  const form = fc.constantFrom(...(FORMS[name] ?? []));
  const side = fc.constantFrom('request' as const, 'response' as const);

  test('over bodies of one form', () => {
    const run = fc.array(fc.array(scalarText, { minLength: 1, maxLength: 6 }), { minLength: 6, maxLength: 60 });
    fc.assert(
      fc.property(form, side, run, (text, which, bodies) => {
        const { agree } = bothReaders(protocol, which);
        for (const texts of bodies) agree(fill(text, texts));
      }),
      { numRuns: 300 },
    );
  });

  test('over bodies that were once a number each, and then anything', () => {
    const later = fc.array(fc.array(scalarText, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(form, side, later, (text, which, bodies) => {
        const { agree } = bothReaders(protocol, which);
        for (let i = 0; i < 30; i++) agree(fill(text, [String(i), String(i * 1.5), String(-i)]));
        for (const texts of bodies) agree(fill(text, texts));
      }),
      { numRuns: 300 },
    );
  });

  test('over bodies with bytes changed, left out and put in', () => {
    const change = fc.record({
      at: fc.nat(400),
      cut: fc.nat(3),
      put: fc.oneof(
        fc.string({ maxLength: 2 }),
        fc.constantFrom('"', '\\', ',', '}', ' ', '\n', '0', '-', '.', 'e', '\uFEFF'),
      ),
    });
    fc.assert(
      fc.property(form, side, fc.array(change, { minLength: 1, maxLength: 40 }), (text, which, changes) => {
        const { agree } = bothReaders(protocol, which);
        for (let i = 0; i < 12; i++) agree(fill(text, [String(i), `"${i}"`]));
        changes.forEach(({ at, cut, put }, i) => {
          const body = Buffer.from(fill(text, [String(i), '"x"', '0.5']));
          const from = at % (body.length + 1);
          agree(Buffer.concat([body.subarray(0, from), Buffer.from(put), body.subarray(from + cut)]));
        });
      }),
      { numRuns: 300 },
    );
  });

  test('what the protocol does not look at changes nothing', () => {
    for (const which of ['request', 'response'] as const) {
      const members = protocol.looksAt[which];
      if (members === null) continue;
      const read = (body: object): Reading => {
        const payload = { bytes: Buffer.from(JSON.stringify(body)), headers: {} };
        return which === 'request' ? protocol.readRequest(payload, NO_FEATURES) : protocol.readResponse(payload);
      };
      const bodies = (FORMS[name] ?? []).map((text) => JSON.parse(fill(text, ['1', '"b"', '2'])) as unknown);
      fc.assert(
        fc.property(fc.constantFrom(...bodies), fc.string(), fc.jsonValue(), (body, member, value) => {
          fc.pre(typeof body === 'object' && body !== null && !Array.isArray(body) && !members.has(member));
          expect(read({ ...body, [member]: value })).toStrictEqual(read(body as object));
        }),
      );
    }
  });
});

describe('templates are used', () => {
  const read = (reader: LearnedReader, text: string) => reader.read(Buffer.from(text), JSON_HEADERS);
  const request = (id: string, amount: string, country: string) =>
    `{"id":"${id}","inputs":[{"name":"amount","shape":[1,1],"datatype":"FP64","data":[${amount}]},{"name":"country","shape":[1,1],"datatype":"BYTES","data":["${country}"]}]}`;

  test('for bodies that differ in scalars alone, the ordinary reader is asked a few times and then no more', () => {
    const { agree, asked } = bothReaders(protocolOf('open-inference'), 'request');
    for (let i = 0; i < 100; i++) agree(request(`row-${i}`, `${i}.25`, ['DE', 'FR', 'IT'][i % 3] ?? ''));
    const before = asked();
    for (let i = 100; i < 1100; i++) agree(request(`row-${i}`, `-${i}`, ['PL', 'FR', `C${i % 7}`][i % 3] ?? ''));
    expect(asked()).toBe(before);
  });

  test('a table that was handed out is not written again', () => {
    const reader = createLearnedReader({
      ordinary: (payload) => protocolOf('open-inference').readRequest(payload, NO_FEATURES),
      looksAt: protocolOf('open-inference').looksAt.request,
    });
    const readings = Array.from({ length: 30 }, (_, i) => read(reader, request(`${i}`, `${i}.5`, `c${i}`)));
    readings.forEach((reading, i) => {
      const columns = reading.kind === 'table' ? reading.table.columns : [];
      expect(columns.map(({ values }) => values)).toEqual([[i + 0.5], [`c${i}`]]);
    });
  });

  test('a body of which one number is beyond 2^53 is read with care as a whole', () => {
    const { agree } = bothReaders(protocolOf('open-inference'), 'request');
    const body = (text: string) =>
      `{"inputs":[{"name":"a","shape":[2],"datatype":"INT64","data":[9007199254740993,${text}]}]}`;
    for (let i = 0; i < 30; i++) agree(body(String(i)));
    for (const text of ['0e-777', '-0e-777', '1', '9007199254740995']) agree(body(text));
  });

  test('bodies alike in nothing are tried ever more seldom', () => {
    const { agree, asked } = bothReaders(protocolOf('json'), 'request');
    for (let i = 0; i < 2000; i++) agree(`{"key-${i}":${i}}`);
    expect(asked()).toBeLessThan(2100);
  });

  test('four callers that write in ways of their own are all learned, in whatever order they come', () => {
    const { agree, asked } = bothReaders(protocolOf('tfserving'), 'request');
    const bodies = [1, 2, 3, 4].map((n) => (i: number) => `{"instances":[${Array(n).fill(i).join(',')}]}`);
    for (let i = 0; i < 2000; i++) agree(bodies[(i * 7) % 4]?.(i) ?? '');
    const before = asked();
    for (let i = 0; i < 1000; i++) agree(bodies[(i * 3) % 4]?.(i) ?? '');
    expect(asked()).toBe(before);
  });

  test('a body with a coding or with binary tensors is never held for plain JSON', () => {
    const seen: string[] = [];
    const reader = createLearnedReader({
      ordinary: ({ headers }) => {
        seen.push(Object.keys(headers).join());
        return { kind: 'unreadable', why: 'not asked' };
      },
      looksAt: null,
    });
    const body = Buffer.from('{"a":1}');
    for (const name of ['content-encoding', 'inference-header-content-length']) reader.read(body, [name, 'gzip']);
    reader.read(body, ['content-type', 'text/csv']);
    expect(seen).toEqual(['content-encoding', 'inference-header-content-length', 'content-type']);
  });
});
