// The generation is equal wherever the same content was read: order of keys, layout over files, environment and folder do not
// change it; every value does.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { SECRETS } from '../../src/config/generation.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { loadPlan } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-generation-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FULL = {
  listen: { port: 8081, body: { max: '4MiB', buffer: '64KiB' } },
  admin: { host: '127.0.0.1', token: `\${TOKEN}` },
  defaults: { timeout: { connect: '100ms', total: '3s' }, retry: { on: ['connect', 503] } },
  models: {
    'credit-default': {
      champion: '1',
      versions: {
        '1': { url: 'http://127.0.0.1:9101', auth: { type: 'bearer', token: `\${TOKEN}` } },
        '2': { url: ['http://127.0.0.1:9102', 'http://127.0.0.1:9112'], connections: `\${CONNECTIONS:-7}` },
        forest: { url: 'http://127.0.0.1:9103' },
      },
      sticky: { header: 'account-id', missing: 'champion' },
      split: { '1': 90, '2': 10 },
      overrides: { a: '2', b: '1' },
      mirror: { forest: { share: '25%', timeout: '1s' } },
      rules: [{ when: { header: { region: 'EU', tier: 'gold' } }, split: { '1': 1 } }],
    },
    churn: { match: '/churn', versions: { only: { url: 'http://127.0.0.1:9201' } } },
  },
};

let files = 0;
function generation(text: string, env: Record<string, string> = { TOKEN: 't', OTHER: 'o' }): string {
  const file = join(folder, `${files++}.yaml`);
  writeFileSync(file, text);
  const result = loadPlan(file, { env, serial: files });
  if (result.kind === 'problems') throw new Error(JSON.stringify(result.problems));
  return result.plan.generation;
}

/** Paths of what the schema calls `writeOnly`, from the gate or from a model on. */
function secretPlaces(schema: unknown, path: readonly string[]): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('writeOnly' in schema) return [path.join('.').replace(/^(?:models\.\*|defaults)\./, '')];
  return Object.entries(schema).flatMap(([key, value]) => {
    if (key === 'properties') return Object.entries(value).flatMap(([name, one]) => secretPlaces(one, [...path, name]));
    return secretPlaces(value, key === 'additionalProperties' ? [...path, '*'] : path);
  });
}

/** The same value with the keys of every map in another order. */
function reordered(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, below]) => ({ key, below: reordered(below, random), at: random() }));
  // A Map keeps its order for keys such as `1`, too.
  return new Map(entries.sort((a, b) => a.at - b.at).map(({ key, below }) => [key, below]));
}

describe('the generation', { timeout: 60_000 }, () => {
  const own = generation(stringify(FULL));

  it('is 16 hex digits', () => expect(own).toMatch(/^[0-9a-f]{16}$/));

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (chances) => {
        const next = () => chances.next().value ?? 0;
        expect(generation(stringify(reordered(FULL, next)))).toBe(own);
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on what the environment holds', () => {
    expect(generation(stringify(FULL), { TOKEN: 'another', CONNECTIONS: '9' })).toBe(own);
  });

  it('does not depend on remarks, quoting or style', () => {
    expect(generation(`# a remark\n${JSON.stringify(FULL)}`)).toBe(own);
  });

  it('does not depend on how the models are spread over files', () => {
    const { models, ...rest } = FULL;
    writeFileSync(join(folder, 'churn.part'), stringify({ models: { churn: models.churn } }));
    const main = { ...rest, models: { 'credit-default': models['credit-default'] }, include: ['*.part'] };
    expect(generation(stringify(main))).toBe(own);
  });

  it('does not depend on a default being written', () => {
    expect(generation(stringify({ ...FULL, listen: { ...FULL.listen, threads: 1, drain: '20000ms' } }))).toBe(own);
  });

  it('changes with every single value', () => {
    const seen = new Set([own]);
    let variants = 0;
    const text = stringify(FULL);
    for (const [from, to] of [
      ['8081', '8082'],
      ['64KiB', '65KiB'],
      ['100ms', '101ms'],
      ['on:\n      - connect', 'on:\n      - reset'],
      ['9112', '9113'],
      [`\${TOKEN}`, `\${OTHER}`],
      ['CONNECTIONS:-7', 'CONNECTIONS:-8'],
      ['account-id', 'card-id'],
      ['missing: champion', 'missing: random'],
      ['"1": 90', '"1": 80'],
      ['a: "2"', 'a: "1"'],
      ['25%', '26%'],
      ['region: EU', 'region: US'],
      ['/churn', '/churn2'],
      ['only:', 'sole:'],
    ] as const) {
      expect(text, from).toContain(from);
      seen.add(generation(text.replace(from, () => to)));
      variants++;
    }
    expect(seen.size).toBe(variants + 1);
  });

  it('tells nothing of a secret, however it is written', () => {
    const auth = (kind: object) => ({ type: 'header', name: 'x-key', ...kind });
    const withSecrets = (token: string, header: string, value: string): string =>
      generation(
        stringify({
          admin: { token },
          telemetry: { traces: { headers: { authorization: header } } },
          models: {
            m: {
              champion: 'a',
              versions: {
                a: { url: 'http://127.0.0.1:9101', auth: { type: 'bearer', token } },
                b: { url: 'http://127.0.0.1:9102', auth: auth({ value }) },
              },
            },
          },
        }),
      );
    const own = withSecrets('one', 'two', 'three');
    for (const [token, header, value] of [
      ['1', 'two', 'three'],
      ['one', '2', 'three'],
      ['one', 'two', '3'],
    ] as const) {
      expect(withSecrets(token, header, value)).toBe(own);
    }
    // Neither is the default of a reference; the name of a variable is no secret.
    const referred = withSecrets('one', 'two', `\${KEY:-three}`);
    expect(withSecrets('one', 'two', `\${KEY:-3}`)).toBe(referred);
    expect(withSecrets('one', 'two', `\${LOCK:-3}`)).not.toBe(referred);
    expect(referred).not.toBe(own);
  });

  it('knows every secret of the schema', () => {
    expect([...new Set(secretPlaces(configJsonSchema(), []))].sort()).toEqual(
      SECRETS.map((place) => place.join('.')).sort(),
    );
  });

  it('follows the content of named files, not their place on the machine', () => {
    const text = stringify({
      ...FULL,
      models: { churn: { ...FULL.models.churn, drift: { baseline: 'b/churn.json' } } },
    });
    const generations = ['{"rows":1}', '{"rows":1}', '{"rows":2}'].map((baseline, index) => {
      const place = join(folder, `place-${index}`);
      mkdirSync(join(place, 'b'), { recursive: true });
      writeFileSync(join(place, 'b/churn.json'), baseline);
      writeFileSync(join(folder, 'main.yaml'), text);
      cpSync(join(folder, 'main.yaml'), join(place, 'main.yaml'));
      const result = loadPlan(join(place, 'main.yaml'), { env: { TOKEN: 't' }, serial: 1 });
      if (result.kind === 'problems') throw new Error(JSON.stringify(result.problems));
      return result.plan.generation;
    });
    expect(generations[1]).toBe(generations[0]);
    expect(generations[2]).not.toBe(generations[0]);
  });
});
