// A body on record is known for one that a mask has changed, by redact itself: of any protocol and form, and only then.

import { expect, test } from 'vitest';
import { isMasked } from '../../src/capture/is-masked.ts';
import { masksOf } from '../../src/capture/masks.ts';
import { redact } from '../../src/capture/redact.ts';
import type { CapturePlan } from '../../src/config/plan.ts';
import type { Payload } from '../../src/protocols/protocol.ts';
import { capturePlan } from './plans.ts';

const KEY = 'a key of many characters';
const HIDES: Partial<CapturePlan> = { redact: [['inputs', 'name', 'data']] };
const HIDES_WHOLE: Partial<CapturePlan> = { redact: [['inputs', 'name']] };
const HASHES: Partial<CapturePlan> = { hash: { key: KEY, pointers: [['rows', '*', 'email']], headers: [] } };

const json = (body: unknown): Payload => ({ bytes: Buffer.from(JSON.stringify(body)), headers: {} });
const tensor = (name: string, data: readonly unknown[]) => ({ name, shape: [data.length], datatype: 'BYTES', data });

/** V2 with one tensor behind the JSON. */
function binary(name: string): Payload {
  const tensorBytes = Buffer.from([3, 0, 0, 0, 0x61, 0x62, 0x63]);
  const head = {
    inputs: [{ name, shape: [1], datatype: 'BYTES', parameters: { binary_data_size: tensorBytes.length } }],
  };
  const text = Buffer.from(JSON.stringify(head));
  return {
    bytes: Buffer.concat([text, tensorBytes]),
    headers: { 'inference-header-content-length': String(text.length) },
  };
}

const CASES: readonly (readonly [string, Partial<CapturePlan>, Payload, boolean])[] = [
  ['a tensor, hidden', HIDES, json({ inputs: [tensor('name', ['Ada', 'Bob']), tensor('age', [3])] }), true],
  ['a tensor, hidden as a whole', HIDES_WHOLE, json({ inputs: [tensor('name', ['Ada']), tensor('age', [3])] }), true],
  ['a batch, hashed', HASHES, json({ rows: [{ email: 'a@example.com' }, { email: 'b@example.com' }] }), true],
  ['a binary tensor, hidden', HIDES, binary('name'), true],
  ['a body in which no pointer leads anywhere', HIDES, json({ inputs: [tensor('age', [3])] }), false],
  ['a binary body in which none does', HIDES, binary('age'), false],
];

test.each(CASES)('%s', (_, changes, payload, isChanged) => {
  const { capture } = capturePlan(changes);
  expect(isMasked(payload, capture)).toBe(false);
  const left = redact(payload, masksOf(capture)?.pointers ?? []);
  if (left === undefined) throw new Error('it was withheld');
  const headers: Record<string, string> = {};
  if (left.jsonBytes !== null) headers['inference-header-content-length'] = String(left.jsonBytes);
  expect(isMasked({ bytes: left.bytes, headers }, capture)).toBe(isChanged);
  // Who hides nothing cannot know, and asks nothing.
  expect(isMasked({ bytes: left.bytes, headers }, capturePlan({}).capture)).toBe(false);
});

test('what cannot be read counts as masked where anything is', () => {
  const broken: Payload = { bytes: Buffer.from('{"inputs": '), headers: { 'content-encoding': 'gzip' } };
  expect(isMasked(broken, capturePlan(HIDES).capture)).toBe(true);
  expect(isMasked(broken, capturePlan({}).capture)).toBe(false);
});
