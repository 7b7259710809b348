// Space-Saving against exact counts: never too small, too large by the bound at most, and what is frequent is there.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSpaceSaving } from '../../src/statistics/space-saving.ts';

test.each([1, 2])('any texts in %i sketches: counts within n / places, and no frequent text is missing', (parts) => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 500 }), fc.integer({ min: 1, max: 20 }), (texts, places) => {
      const sketch = createSpaceSaving(places);
      const other = createSpaceSaving(places);
      const exact = new Map<string, number>();
      for (const [i, one] of texts.entries()) {
        const text = String(i % 3 === 0 ? one % 4 : one);
        (i % parts === 0 ? sketch : other).add(text);
        exact.set(text, (exact.get(text) ?? 0) + 1);
      }
      if (parts > 1) sketch.load(other.top());
      const top = new Map(sketch.top().map((one) => [one.text, one]));
      expect(top.size).toBeLessThanOrEqual(places);
      for (const [text, count] of exact) {
        const found = top.get(text);
        if (found === undefined) expect(count).toBeLessThanOrEqual(texts.length / places);
        else {
          expect(found.count).toBeGreaterThanOrEqual(count);
          expect(found.count - found.error).toBeLessThanOrEqual(count);
          expect(found.error).toBeLessThanOrEqual(texts.length / places);
        }
      }
    }),
  );
});

test('it goes on from what was saved', () => {
  const one = createSpaceSaving(3);
  for (const text of ['GB', 'FR', 'GB', 'DE', 'IT']) one.add(text);
  const other = createSpaceSaving(3);
  other.load(one.top());
  expect(other.top()).toEqual(one.top());
  expect(one.top()[0]).toEqual({ text: 'GB', count: 2, error: 0 });
});
