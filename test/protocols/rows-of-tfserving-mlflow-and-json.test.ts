import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../src/protocols/csv.ts';
import { json } from '../../src/protocols/json.ts';
import { mlflow } from '../../src/protocols/mlflow.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { tfserving } from '../../src/protocols/tfserving.ts';
import { columnsOf, jsonPayload, NO_FEATURES, textPayload } from './payloads.ts';

const asked = (protocol: Protocol, body: unknown) => columnsOf(protocol.readRequest(jsonPayload(body), NO_FEATURES));
const answered = (protocol: Protocol, body: unknown) => columnsOf(protocol.readResponse(jsonPayload(body)));

describe('tfserving', () => {
  test('only its verbs are decisions', () => {
    expect(tfserving.isDecision('POST', '/v1/models/m:predict')).toBe(true);
    expect(tfserving.isDecision('POST', '/v1/models/m/versions/2:classify')).toBe(true);
    expect(tfserving.isDecision('POST', '/v1/models/m%3Aregress')).toBe(true);
    expect(tfserving.isDecision('POST', '/v1/models/m:explain')).toBe(false);
    expect(tfserving.isDecision('GET', '/v1/models/m')).toBe(false);
    expect(tfserving.defaultPaths('m')).toContain('/v1/models/m:predict');
  });

  test('instances as objects, lists and scalars', () => {
    expect(asked(tfserving, { instances: [{ a: 1, b: ['x'], c: [1, 2] }, { a: 2 }] })).toEqual({
      a: [1, 2],
      b: ['x', undefined],
      c_0: [1, undefined],
      c_1: [2, undefined],
    });
    expect(
      asked(tfserving, {
        instances: [
          [1, 2],
          [3, 4],
        ],
      }),
    ).toEqual({ feature_0: [1, 3], feature_1: [2, 4] });
    expect(
      asked(tfserving, {
        instances: [
          [1, [2]],
          [3, [4]],
        ],
      }),
    ).toEqual({ feature_0: [1, 3], feature_1: [2, 4] });
    expect(asked(tfserving, { instances: [1, null] })).toEqual({ feature: [1, null] });
    expect(asked(tfserving, { instances: [] })).toEqual({ feature: [] });
  });

  test('inputs as columns, examples with a context', () => {
    expect(
      asked(tfserving, {
        inputs: {
          a: [1, 2],
          b: [[3], [4]],
          c: [
            [1, 2],
            [3, 4],
          ],
        },
      }),
    ).toEqual({
      a: [1, 2],
      b: [3, 4],
      c_0: [1, 3],
      c_1: [2, 4],
    });
    expect(asked(tfserving, { examples: [{ a: 1 }, { a: 2 }], context: { k: 'v' } })).toEqual({
      a: [1, 2],
      k: ['v', 'v'],
    });
    expect(asked(tfserving, { inputs: { a: [1, 2], b: [3] } })).toBe('columns differ in rows');
  });

  test('answers', () => {
    expect(answered(tfserving, { predictions: [0.1, 0.9] })).toEqual({ prediction: [0.1, 0.9] });
    expect(answered(tfserving, { predictions: [[0.1, 0.9]] })).toEqual({ prediction_0: [0.1], prediction_1: [0.9] });
    expect(answered(tfserving, { outputs: { p: [0.5], label: ['x'] } })).toEqual({ p: [0.5], label: ['x'] });
    expect(
      answered(tfserving, {
        result: [
          [
            ['good', 0.8],
            ['bad', 0.2],
          ],
        ],
      }),
    ).toEqual({ score_good: [0.8], score_bad: [0.2] });
    expect(answered(tfserving, { result: [0.3] })).toEqual({ prediction: [0.3] });
    expect(answered(tfserving, { error: 'no such model' })).toBe('the body has no predictions');
  });

  test('features are named by pointers, from each instance or from the body', () => {
    const body = { instances: [{ deep: { x: 1 } }, { deep: {} }], client: 'c' };
    const options = { features: { x: ['deep', 'x'], who: ['client'] } };
    expect(columnsOf(tfserving.readRequest(jsonPayload(body), options))).toEqual({
      x: [1, undefined],
      who: ['c', 'c'],
    });
  });
});

describe('mlflow', () => {
  test('every form of the request', () => {
    const two = { a: [1, 3], b: ['x', null] };
    expect(
      asked(mlflow, {
        dataframe_split: {
          columns: ['a', 'b'],
          index: [0, 1],
          data: [
            [1, 'x'],
            [3, null],
          ],
        },
      }),
    ).toEqual(two);
    expect(
      asked(mlflow, {
        dataframe_records: [
          { a: 1, b: 'x' },
          { a: 3, b: null },
        ],
      }),
    ).toEqual(two);
    expect(asked(mlflow, { inputs: two })).toEqual(two);
    expect(asked(mlflow, { instances: [[1, 2]] })).toEqual({ feature_0: [1], feature_1: [2] });
    expect(asked(mlflow, { dataframe_split: { columns: ['a'], data: [[1, 2]] } })).toBe(
      'rows differ from the list of columns',
    );
    expect(asked(mlflow, { messages: [] })).toBe('the body has no dataframe, instances or inputs');
  });

  test('CSV', () => {
    const csv = 'id,name,x\r\n9007199254740993,"Smith, ""J""\nJr",\r\n1,b,2.5e1\r\n';
    expect(
      columnsOf(mlflow.readRequest(textPayload(csv, { 'content-type': 'text/csv; charset=utf-8' }), NO_FEATURES)),
    ).toEqual({
      id: ['9007199254740993', 1],
      name: ['Smith, "J"\nJr', 'b'],
      x: [null, 25],
    });
  });

  test('answers, wrapped and bare', () => {
    expect(answered(mlflow, { predictions: [0, 1] })).toEqual({ prediction: [0, 1] });
    expect(answered(mlflow, { predictions: [{ p: 1 }, { p: 2 }] })).toEqual({ p: [1, 2] });
    expect(answered(mlflow, { predictions: { p: [1, 2] } })).toEqual({ p: [1, 2] });
    expect(answered(mlflow, [[0.25, 0.75]])).toEqual({ prediction_0: [0.25], prediction_1: [0.75] });
    expect(answered(mlflow, { predictions: 3 })).toEqual({ prediction: [3] });
    expect(answered(mlflow, { error_code: 'BAD_REQUEST', message: 'x' })).toBe('the answer is an error');
  });

  test('sparse rows cannot ask for more cells than the bound', () => {
    const sparse = Array.from({ length: 5000 }, (_, row) => ({ [`k${row}`]: 1 }));
    expect(asked(mlflow, { dataframe_records: sparse })).toBe('more than 4000000 cells');
  });

  test('a name of a megabyte is refused before it is multiplied', () => {
    expect(asked(mlflow, { instances: [{ ['n'.repeat(1e6)]: new Array(9000).fill(0) }] })).toMatch(
      /a name of more than/,
    );
  });

  test('CSV survives a round trip', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') });
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        (rows, eol) => {
          const text = [['first', 'second'], ...rows].map((row) => row.map(quote).join(',')).join(eol);
          const { columns } = readCsv(text);
          const back = rows.map((_, row) => columns.map(({ values }) => values[row] ?? ''));
          expect(back).toEqual(rows);
        },
      ),
    );
  });
});

describe('json', () => {
  test('top-level scalars only, from an object or a list', () => {
    expect(asked(json, { amount: 12, card: 'visa', deep: { x: 1 }, list: [1] })).toEqual({
      amount: [12],
      card: ['visa'],
    });
    expect(asked(json, [{ a: 1 }, { a: null, b: true }])).toEqual({ a: [1, null], b: [undefined, true] });
    expect(asked(json, [[1, 2]])).toEqual({ feature_0: [1], feature_1: [2] });
    expect(asked(json, { deep: {} })).toMatch(/no top-level scalar/);
    expect(answered(json, { score: 0.5, why: ['a'] })).toEqual({ score: [0.5] });
    expect(answered(json, { predictions: [0.5, 0.6] })).toEqual({ prediction: [0.5, 0.6] });
    expect(answered(json, 0.5)).toEqual({ prediction: [0.5] });
  });

  test('__proto__ is a column like any other', () => {
    const reading = json.readRequest(textPayload('{"__proto__":1,"constructor":2}'), NO_FEATURES);
    expect(reading).toMatchObject({
      table: {
        columns: [
          { name: '__proto__', values: [1] },
          { name: 'constructor', values: [2] },
        ],
      },
    });
    const options = { features: { a: ['toString'], b: ['__proto__'] } };
    expect(columnsOf(json.readRequest(textPayload('{}'), options))).toEqual({ a: [undefined], b: [undefined] });
  });

  test('pointers reach into depth, name each row, and refuse what is no scalar', () => {
    const options = { features: { amount: ['inputs', '0', 'data', '0'], all: ['list'], 'a/b': ['a/b'] } };
    const body = { inputs: [{ data: [7] }], list: [1, 2], 'a/b': true };
    expect(columnsOf(json.readRequest(jsonPayload(body), options))).toEqual({
      amount: [7, 7],
      all: [1, 2],
      'a/b': [true, true],
    });
    expect(columnsOf(json.readRequest(jsonPayload([{ x: { y: 1 } }, {}]), { features: { y: ['x', 'y'] } }))).toEqual({
      y: [1, undefined],
    });
    expect(columnsOf(json.readRequest(jsonPayload({ x: {} }), { features: { x: ['x'] } }))).toBe(
      'feature x points at something that is no scalar',
    );
    expect(columnsOf(json.readRequest(jsonPayload({ x: [1], y: [1, 2] }), { features: { x: ['x'], y: ['y'] } }))).toBe(
      'features differ in rows',
    );
  });
});
