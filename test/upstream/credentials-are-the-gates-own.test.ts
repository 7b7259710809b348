// What every upstream auth promises: its credentials replace the caller's under the same name, and change nothing else.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuthPlan } from '../../src/config/plan.ts';
import { AUTHS, signHeaders } from '../../src/upstream/auth/auths.ts';

/** One plan per auth, and the header it sends. A new auth needs a line here. */
const CASES: { readonly [Type in keyof typeof AUTHS]: readonly [Extract<AuthPlan, { type: Type }>, string, string] } = {
  bearer: [{ type: 'bearer', token: 't0ken' }, 'authorization', 'Bearer t0ken'],
  header: [{ type: 'header', name: 'X-Api-Key', value: 'k3y' }, 'x-api-key', 'k3y'],
};

const name = fc.oneof(
  fc.constantFrom('authorization', 'Authorization', 'AUTHORIZATION', 'x-api-key', 'X-Api-Key', 'X-API-KEY', 'accept'),
  fc.stringMatching(/^[A-Za-z-]{1,16}$/),
);
const headers = fc
  .array(fc.tuple(name, fc.stringMatching(/^[\x21-\x7e]{0,12}$/)), { maxLength: 12 })
  .map((pairs) => pairs.flat());

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);
}

test.each(Object.keys(AUTHS))('%s is among the cases', (type) => {
  expect(Object.keys(CASES)).toContain(type);
});

describe.each(Object.values(CASES))('$type', (plan, sent, value) => {
  test('is sent once, in place of what the caller sent under that name; the rest stays, in order', () => {
    fc.assert(
      fc.property(headers, (given) => {
        const before = [...given];
        const out = pairs(signHeaders(plan, given));
        expect(given).toEqual(before);
        expect(out.filter(([key]) => key.toLowerCase() === sent).map(([, its]) => its)).toEqual([value]);
        const rest = (all: readonly [string, string][]) => all.filter(([key]) => key.toLowerCase() !== sent);
        expect(rest(out)).toEqual(rest(pairs(given)));
      }),
    );
  });

  test('signing twice is signing once', () => {
    fc.assert(
      fc.property(headers, (given) => {
        const once = signHeaders(plan, given);
        expect(signHeaders(plan, once)).toEqual(once);
      }),
    );
  });
});

test("without auth the caller's own headers go up as they are", () => {
  fc.assert(
    fc.property(headers, (given) => {
      expect(signHeaders(null, given)).toEqual(given);
    }),
  );
});
