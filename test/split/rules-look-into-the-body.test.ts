// when.body: texts at places of a JSON body, all read in one scan together with the unit.

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { assign } from '../../src/split/assign.ts';
import { compilePlaces, scanPlaces } from '../../src/split/json-scan.ts';
import { given, givenByBody, NOTHING, splitOf, unit } from './split-plans.ts';

const texts = (json: string, pointers: readonly (readonly string[])[]): (string | undefined)[] =>
  scanPlaces(Buffer.from(json), compilePlaces(pointers)).map((found) => found?.text);

test('several places are found in one scan, each as if it were looked for alone', () => {
  const key = fc.constantFrom('a', 'b', '0', '1', '');
  const pointer = fc.array(key, { maxLength: 3 });
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, false, 1, -0.5, 'x', 'é', ''),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(key, tie('json'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(json, fc.array(pointer, { minLength: 1, maxLength: 5 }), (value, pointers) => {
      const source = JSON.stringify(value);
      expect(texts(source, pointers)).toEqual(pointers.map((one) => texts(source, [one])[0]));
    }),
    { numRuns: 300 },
  );
});

test('a place holds the text of a string, a number, true, false or null; objects, lists and gaps hold nothing', () => {
  const json = '{"s":"1.0","n":1.0,"t":true,"f":false,"z":null,"o":{},"l":[1,{"deep":"x"}]}';
  const pointers = ['s', 'n', 't', 'f', 'z', 'o', 'l', 'gone'].map((key) => [key]);
  expect(texts(json, [...pointers, ['l', '1', 'deep']])).toEqual([
    '1.0',
    '1.0',
    'true',
    'false',
    'null',
    undefined,
    undefined,
    undefined,
    'x',
  ]);
});

describe('a rule on the body', () => {
  const rules = [
    { when: { body: { '/customer/country': 'CH', '/tier': '3' } }, split: { new: 1 } },
    { when: { body: { '/flags/beta': 'true' }, path: '/' }, split: { new: 1 } },
  ];
  const split = splitOf({ sticky: { body: '/id' }, split: { old: 1 }, rules });
  const ask = (body: string) => givenByBody(split, body, () => 0);

  it.each([
    ['{"id":"u","customer":{"country":"CH"},"tier":3}', 0],
    ['{"tier":"3","customer":{"country":"CH"},"id":7}', 0],
    ['{"id":"u","customer":{"country":"CH"},"tier":3.0}', -1],
    ['{"id":"u","customer":{"country":"ch"},"tier":3}', -1],
    ['{"id":"u","flags":{"beta":true}}', 1],
    ['{"id":"u","flags":{"beta":false}}', -1],
  ])('%s: rule %i', (body, rule) => {
    expect(ask(body)).toMatchObject({ rule, reason: rule < 0 ? 'split' : 'rule', version: rule < 0 ? 0 : 1 });
  });

  it('does not hold for a body that was not held, is no JSON, or is not there; nor has such a body a unit', () => {
    expect(ask('{"id":"u","flags":{"beta":true}} x')).toMatchObject({ rule: -1, reason: 'no_key' });
    expect(given(split, 'u')).toMatchObject({ rule: -1, reason: 'split' });
  });

  it('and a unit that is true is none, though a rule may look at it', () => {
    expect(ask('{"id":true,"flags":{"beta":true}}')).toMatchObject({ rule: 1, reason: 'no_key', slot: -1 });
  });
});

test('a header is compared as UTF-8 bytes', () => {
  const split = splitOf({ rules: [{ when: { header: { City: 'Zürich' } }, split: { new: 1 } }] });
  const sent = (value: string) => given(split, 'u', { ...NOTHING, rawHeaders: ['city', value] }).reason;
  expect(sent(Buffer.from('Zürich', 'utf8').toString('latin1'))).toBe('rule');
  expect(sent('Zürich')).toBe('split');
});

test('an override names a unit by its bytes: text that stands for broken UTF-8 names none', () => {
  const split = splitOf({ overrides: { 'a\ufffd': 'new' } });
  expect(assign(split, unit('a\ufffd'), NOTHING, () => 0)).toMatchObject({ version: 1, reason: 'override' });
  const broken = { bytes: Buffer.from([97, 0xff]), text: 'a\ufffd' };
  expect(assign(split, broken, NOTHING, () => 0)).toMatchObject({ version: 0, reason: 'split' });
});
