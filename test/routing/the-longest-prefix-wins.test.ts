import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RouteMatch } from '../../src/routing/route-table.ts';
import { createRouteTable } from '../../src/routing/route-table.ts';

const on = (paths: readonly string[], more: Partial<RouteMatch> = {}): RouteMatch => ({
  paths,
  methods: null,
  host: null,
  headers: {},
  ...more,
});

function table(
  entries: Readonly<Record<string, RouteMatch>>,
): (path: string, method?: string, host?: string, headers?: readonly string[]) => string | undefined {
  const routes = createRouteTable(Object.entries(entries).map(([route, match]) => ({ match, route })));
  return (path, method = 'POST', host = 'a', headers = []) => routes.find(method, path, host, headers);
}

test('prefixes end on the borders of segments and before colons', () => {
  const find = table({ m: on(['/v1/models/m']), all: on(['']) });
  for (const path of [
    '/v1/models/m',
    '/v1/models/m/',
    '/v1/models/m/infer',
    '/v1/models/m:predict',
    '/v1/models/m/versions/2:predict',
  ]) {
    expect(find(path)).toBe('m');
  }
  for (const path of [
    '/',
    '/v1/models/mm',
    '/v1/models/m2/infer',
    '/v1/models',
    '/v1/Models/m',
    '//v1/models/m',
    '/x/v1/models/m',
    '/v1/models/m%2Finfer',
  ]) {
    expect(find(path)).toBe('all');
  }
});

test('nothing matches where no prefix does', () => {
  const find = table({ m: on(['/a/b']) });
  for (const path of ['/', '/a', '/b', '/ab', '/a/bc', '']) expect(find(path)).toBeUndefined();
});

test('the longest prefix wins, then the one with the most conditions', () => {
  const find = table({
    short: on(['/a'], { methods: ['POST'], headers: { x: '1' }, host: 'a' }),
    long: on(['/a/b']),
    narrow: on(['/a/b'], { methods: ['POST'], headers: { region: 'EU' } }),
    hosted: on(['/a/b'], { host: 'models.test' }),
  });
  expect(find('/a/b/c')).toBe('long');
  expect(find('/a/b/c', 'POST', 'a', ['Region', 'EU'])).toBe('narrow');
  expect(find('/a/b/c', 'GET', 'a', ['Region', 'EU'])).toBe('long');
  expect(find('/a/b', 'GET', 'Models.Test:8080')).toBe('hosted');
  expect(find('/a', 'POST', 'a', ['X', '1'])).toBe('short');
  expect(find('/a', 'POST', 'a', ['X', '2'])).toBeUndefined();
});

test('where the longer prefix does not fit, a shorter one does', () => {
  const find = table({ reads: on(['/a/b'], { methods: ['GET'] }), rest: on(['/a']) });
  expect(find('/a/b/c', 'GET')).toBe('reads');
  expect(find('/a/b/c', 'POST')).toBe('rest');
});

test('hosts compare without port and case, IPv6 among them', () => {
  const find = table({ v6: on([''], { host: '[::1]' }), name: on([''], { host: 'a.test' }) });
  expect(find('/', 'GET', '[::1]:8080')).toBe('v6');
  expect(find('/', 'GET', '[::1]')).toBe('v6');
  expect(find('/', 'GET', 'A.Test:1')).toBe('name');
  expect(find('/', 'GET', '')).toBeUndefined();
});

const MODELS = 400;

test('four hundred models are told apart', () => {
  const entries = Object.fromEntries(
    Array.from({ length: MODELS }, (_, i) => [`m${i}`, on([`/v2/models/m${i}`, `/v1/models/m${i}`])]),
  );
  const find = table(entries);
  for (let i = 0; i < MODELS; i++) {
    expect(find(`/v2/models/m${i}/versions/3/infer`)).toBe(`m${i}`);
    expect(find(`/v1/models/m${i}:predict`)).toBe(`m${i}`);
  }
});

test('a path of many segments costs no more than the deepest prefix', () => {
  const find = table({ m: on(['/a/b']) });
  const deep = `/a/b${'/x:y'.repeat(8000)}`;
  const began = performance.now();
  for (let i = 0; i < 1000; i++) find(deep);
  expect(performance.now() - began).toBeLessThan(200);
  expect(find(deep)).toBe('m');
});

test('agrees with trying every prefix', () => {
  const segment = fc.constantFrom('a', 'b', 'ab', 'a:b', '');
  const path = fc.array(segment, { maxLength: 4 }).map((segments) => segments.map((s) => `/${s}`).join(''));
  fc.assert(
    fc.property(
      fc.uniqueArray(
        path.filter((p) => !p.endsWith('/')),
        { minLength: 1, maxLength: 6 },
      ),
      path,
      (prefixes, asked) => {
        const find = table(
          Object.fromEntries(prefixes.map((prefix) => [prefix === '' ? 'root' : prefix, on([prefix])])),
        );
        const fits = (prefix: string): boolean =>
          prefix === '' || asked === prefix || asked.startsWith(`${prefix}/`) || asked.startsWith(`${prefix}:`);
        const best = prefixes.filter(fits).sort((a, b) => b.length - a.length)[0];
        expect(find(asked)).toBe(best === '' ? 'root' : best);
      },
    ),
    { numRuns: 2000 },
  );
});
