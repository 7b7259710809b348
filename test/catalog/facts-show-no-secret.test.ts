// The catalog says what a model is and who plays which part, and never shows what could be a credential.

import { expect, test } from 'vitest';
import { modelFacts } from '../../src/catalog/facts.ts';
import { partsOf } from '../../src/catalog/parts.ts';
import { modelPlan, versionPlan } from '../capture/plans.ts';

const FOREST = {
  ...versionPlan('forest'),
  endpoints: [{ origin: 'https://user:hunter2@models.example:8443', path: '/score?key=hunter2' }],
  auth: { type: 'bearer', token: 'hunter2' },
  lineage: { revision: 'git:4f2c9e1' },
} as const;

test('facts of a model, without credentials', () => {
  const model = modelPlan({
    owner: 'risk-ml@example.com',
    versions: [versionPlan('logistic'), FOREST],
    mirrors: [{ version: 1, share: 0.25, timeoutMs: 1000, callsMax: 10, bytesMax: 1000 }],
    sticky: { source: { kind: 'body', tokens: ['customer', 'a/b~c'] }, missing: 'random' },
  });
  const facts = modelFacts(model);
  expect(facts).toMatchObject({
    champion: 'logistic',
    owner: 'risk-ml@example.com',
    sticky: 'body /customer/a~1b~0c',
    mirrors: [{ version: 'forest', share: 0.25 }],
    versions: [
      { name: 'logistic', champion: true, share: 0.9, urls: ['http://127.0.0.1:9101'] },
      {
        name: 'forest',
        champion: false,
        urls: ['https://models.example:8443/score'],
        lineage: { revision: 'git:4f2c9e1' },
      },
    ],
  });
  expect(JSON.stringify(facts)).not.toContain('hunter2');
});

test.each([
  [{ kind: 'header', name: 'account-id' }, 'header account-id'],
  [{ kind: 'cookie', name: 'sid' }, 'cookie sid'],
] as const)('sticky in words: %o', (source, words) => {
  expect(modelFacts(modelPlan({ sticky: { source, missing: 'reject' } })).sticky).toBe(words);
  expect(modelFacts(modelPlan({ sticky: null })).sticky).toBeNull();
});

test('a version that only watches answers nobody; a part that the Plan gave up stays while it has counts', () => {
  const facts = modelFacts(
    modelPlan({
      versions: [versionPlan('logistic'), versionPlan('boosted'), versionPlan('forest')],
      split: [0.9, 0.1, 0],
      mirrors: [{ version: 2, share: 0.25, timeoutMs: 1000, callsMax: 10, bytesMax: 1000 }],
    }),
  );
  const planned = [
    { version: 'logistic', role: 'champion', share: 0.9 },
    { version: 'boosted', role: 'challenger', share: 0.1 },
    { version: 'forest', role: 'shadow', share: 0.25 },
  ];
  expect(partsOf(facts, () => false)).toEqual(planned);
  expect(partsOf(facts, (version, role) => version === 'boosted' && role === 'champion')).toEqual([
    ...planned,
    { version: 'boosted', role: 'champion', share: 0 },
  ]);
});
