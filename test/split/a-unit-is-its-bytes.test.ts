// What counts as a unit, and as which bytes: empty, long, broken and numeric ones.

import { expect, test } from 'vitest';
import { UNIT_BYTES_MAX } from '../../src/model.ts';
import { compilePlaces } from '../../src/split/json-scan.ts';
import { readPlaces, unitOf } from '../../src/split/unit.ts';
import { NOTHING } from './split-plans.ts';

const PLACES = compilePlaces([['id']]);

function inBody(body: string | Uint8Array): Uint8Array | undefined {
  const attributes = { ...NOTHING, body: readPlaces(PLACES, Buffer.from(body)) };
  return unitOf({ kind: 'body', tokens: ['id'] }, attributes)?.bytes;
}

function inHeader(value: string): { readonly bytes: Uint8Array; readonly text: string } | null {
  return unitOf({ kind: 'header', name: 'id' }, { ...NOTHING, rawHeaders: ['id', value] });
}

const inQuery = (target: string) => unitOf({ kind: 'query', name: 'id' }, { ...NOTHING, target });

test('an empty unit is none, wherever it stands', () => {
  expect(inHeader('')).toBeNull();
  expect(inQuery('/m?id=')).toBeNull();
  expect(inBody('{"id":""}')).toBeUndefined();
});

test(`a unit of ${UNIT_BYTES_MAX} bytes is one, of a byte more is none, of 64 KB least of all`, () => {
  for (const [length, expected] of [
    [UNIT_BYTES_MAX, UNIT_BYTES_MAX],
    [UNIT_BYTES_MAX + 1, undefined],
    [64 * 1024, undefined],
  ] as const) {
    expect(inBody(JSON.stringify({ id: 'x'.repeat(length) }))?.length).toBe(expected);
    expect(inHeader('x'.repeat(length))?.bytes.length).toBe(expected);
    expect(inQuery(`/m?id=${'x'.repeat(length)}`)?.bytes.length).toBe(expected);
  }
  expect(inBody(JSON.stringify({ id: 'é'.repeat(UNIT_BYTES_MAX / 2 + 1) }))).toBeUndefined();
});

test('a number is its source text: 1, 1.0 and 1e0 are three units, and so are long ones that a double cannot tell apart', () => {
  for (const source of ['1', '1.0', '1e0', '-0', '12345678901234567890', '12345678901234567891']) {
    expect(Buffer.from(inBody(`{"id": ${source} }`) ?? []).toString()).toBe(source);
  }
  expect(inBody('{"id":"1"}')).toEqual(inBody('{"id":1}'));
});

test('invalid UTF-8 is hashed as sent in a header, and is no unit in a body', () => {
  const sent = inHeader('a\xff\xfe');
  expect([...(sent?.bytes ?? [])]).toEqual([97, 255, 254]);
  expect(sent?.text).toBe('a\ufffd\ufffd');
  expect([...(inQuery('/m?id=a%ff')?.bytes ?? [])]).toEqual([97, 255]);
  expect(inBody(Buffer.from('{"id":"a\xff"}', 'latin1'))).toBeUndefined();
});

test('nothing is normalised: composed and decomposed are two units; half a surrogate pair is U+FFFD', () => {
  expect(inBody('{"id":"Zo\\u00eb"}')).toEqual(Buffer.from('Zo\u00eb'));
  expect(inBody('{"id":"Zoe\\u0308"}')).toEqual(Buffer.from('Zoe\u0308'));
  expect(inBody('{"id":"\\ud800"}')).toEqual(Buffer.from('\ufffd'));
});
