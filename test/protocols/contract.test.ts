// What every protocol promises, whatever bytes it meets: read by itself, and as the monitor reads it, by a reader that learns.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLearnedReader, type LearnedReader } from '../../src/protocols/learned-reader.ts';
import { hasPointers } from '../../src/protocols/pointed-columns.ts';
import { type Payload, PROTOCOL_NAMES, type Protocol, type Reading } from '../../src/protocols/protocol.ts';
import { PROTOCOLS, protocolOf } from '../../src/protocols/registry.ts';
import { NO_FEATURES, textPayload } from './payloads.ts';

const header = fc.constantFrom(
  'gzip',
  'br',
  'deflate',
  'zstd',
  'identity',
  'gzip, br',
  'x',
  ',,',
  'gzip,gzip,gzip,gzip',
);
const headers = fc.record(
  {
    'content-encoding': header,
    'content-type': fc.constantFrom('application/json', 'text/csv', 'application/octet-stream'),
    'inference-header-content-length': fc.constantFrom('0', '2', '5', '999999', '-1', 'x', ''),
  },
  { requiredKeys: [] },
);
const options = fc.constantFrom(NO_FEATURES, { features: { a: ['x', '0'], b: [] } });

/** Bodies that look like the real thing in places, so that the readers are entered. */
const scalar = fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.bigInt().map(Number));
const tensor = fc.record(
  {
    name: fc.string(),
    shape: fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 }),
    datatype: fc.constantFrom('FP32', 'BOOL', 'BYTES', 'INT64', 'X'),
    data: fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), { maxLength: 8 }),
    parameters: fc.record({ binary_data_size: fc.integer({ min: -1, max: 9 }) }),
  },
  { requiredKeys: [] },
);
const rows = fc.oneof(
  fc.array(fc.oneof(scalar, fc.dictionary(fc.string(), fc.jsonValue()), fc.array(scalar, { maxLength: 3 })), {
    maxLength: 6,
  }),
  fc.dictionary(fc.string(), fc.array(scalar, { maxLength: 3 }), { maxKeys: 4 }),
);
const likely = fc.record(
  {
    inputs: fc.oneof(fc.array(tensor, { maxLength: 3 }), rows),
    outputs: fc.oneof(fc.array(tensor, { maxLength: 3 }), rows),
    instances: rows,
    examples: rows,
    context: fc.jsonValue(),
    predictions: rows,
    result: rows,
    dataframe_records: rows,
    dataframe_split: fc.record({ columns: fc.array(fc.string(), { maxLength: 3 }), data: rows }, { requiredKeys: [] }),
    x: fc.array(scalar, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const text = fc.oneof(
  likely.map((body) => JSON.stringify(body)),
  fc.json(),
  fc.string().map((inner) => `{"a":NaN,"b":-Infinity,"c":"${inner}`),
  fc.string({ unit: fc.constantFrom('"', '\\', ',', '\n', '\r', 'a', '1', '{', '[', 'N', 'a', 'N') }),
);

function expectSound(reading: Reading): void {
  if (reading.kind === 'unreadable') {
    expect(reading.why).toMatch(/^.{1,100}$/);
    return;
  }
  const { rows: count, columns } = reading.table;
  expect(count).toBeGreaterThanOrEqual(0);
  for (const column of columns) expect(column.values.length).toBe(count);
  expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length);
}

/** The protocol as the monitor reads it: a reader for each side that learns, and that has to say what the protocol itself says. */
function learned(protocol: Protocol): Protocol {
  const readers = new Map<unknown, LearnedReader>();
  function read(key: unknown, { bytes, headers: given }: Payload, ordinary: Ordinary, looksAt: Members): Reading {
    const reader = readers.get(key) ?? createLearnedReader({ ordinary, looksAt });
    readers.set(key, reader);
    const expected = ordinary({ bytes, headers: given });
    const flat = Object.entries(given).flat();
    // As often as it takes to learn a body, and once more to read it by what was learned.
    for (let times = 0; times < TIMES_TO_LEARN; times++) expect(reader.read(bytes, flat)).toStrictEqual(expected);
    return reader.read(bytes, flat);
  }
  return {
    ...protocol,
    readRequest: (payload, opts) =>
      read(
        opts,
        payload,
        (each) => protocol.readRequest(each, opts),
        hasPointers(opts) ? null : protocol.looksAt.request,
      ),
    readResponse: (payload) => read('response', payload, protocol.readResponse, protocol.looksAt.response),
  };
}

type Ordinary = (payload: Payload) => Reading;
type Members = Protocol['looksAt']['request'];
const TIMES_TO_LEARN = 5;

test('the list holds every name once, under its own name', () => {
  expect(PROTOCOLS.map(({ name }) => name)).toEqual([...PROTOCOL_NAMES]);
  for (const name of PROTOCOL_NAMES) expect(protocolOf(name).name).toBe(name);
});

describe.each([
  ...PROTOCOLS.map((protocol) => [protocol.name, protocol] as const),
  ...PROTOCOLS.map((protocol) => [`${protocol.name}, learned`, learned(protocol)] as const),
])('%s', (_name, protocol) => {
  test('offers paths that a router can take', () => {
    for (const model of ['credit-default', 'a', 'with space', 'ünï']) {
      const paths = protocol.defaultPaths(model);
      expect(paths.length).toBeGreaterThan(0);
      for (const path of paths) expect(path).toMatch(/^(?:\/[\x21-\x7e]+)+$/);
      for (const path of paths) expect(path.endsWith('/')).toBe(false);
    }
  });

  test('holds health and metadata for no decision', () => {
    for (const path of [
      '/health',
      '/ping',
      '/v2/health/ready',
      '/v2/models/m/ready',
      '/v1/models/m/metadata',
      '/metrics',
    ]) {
      expect(protocol.isDecision('GET', path)).toBe(false);
    }
    expect(protocol.isDecision('HEAD', '/m')).toBe(false);
    expect(protocol.isDecision('OPTIONS', '/m')).toBe(false);
  });

  test('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), headers, options, (bytes, given, opts) => {
        expectSound(protocol.readRequest({ bytes, headers: given }, opts));
        expectSound(protocol.readResponse({ bytes, headers: given }));
      }),
    );
  });

  test('reads sound tables, or says why not, from bodies that look right', () => {
    fc.assert(
      fc.property(text, headers, options, (body, given, opts) => {
        const { 'content-encoding': _, ...plain } = given;
        expectSound(protocol.readRequest(textPayload(body, plain), opts));
        expectSound(protocol.readResponse(textPayload(body, plain)));
      }),
      { numRuns: 300 },
    );
  });

  test('survives nesting without end', () => {
    for (const unit of ['[', '{"inputs":', '{"instances":[', '[[1],']) {
      expectSound(protocol.readRequest(textPayload(unit.repeat(50_000)), NO_FEATURES));
    }
    const deep = `${'['.repeat(50_000)}1${']'.repeat(50_000)}`;
    expectSound(
      protocol.readRequest(
        textPayload(`{"instances":${deep},"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":${deep}}]}`),
        NO_FEATURES,
      ),
    );
    expectSound(protocol.readResponse(textPayload(`{"predictions":${deep}, "a": NaN}`)));
  });
});
