// Plans for tests: a model with two versions and whatever a test changes.

import type { ModelPlan, VersionPlan } from '../../src/config/plan.ts';

export function versionPlan(name: string, port = 9101): VersionPlan {
  return {
    name,
    endpoints: [{ origin: `http://127.0.0.1:${port}`, path: null }],
    balance: 'leastBusy',
    health: null,
    auth: null,
    tls: null,
    connectionsMax: 64,
    lineage: {},
  };
}

export function modelPlan(changes: Partial<ModelPlan> = {}): ModelPlan {
  return {
    name: 'credit-default',
    owner: null,
    description: null,
    protocol: 'open-inference',
    match: { paths: ['/v2/models/credit-default'], methods: null, host: null, headers: {} },
    champion: 0,
    versions: [versionPlan('logistic'), versionPlan('boosted', 9102)],
    sticky: { source: { kind: 'header', name: 'account-id' }, missing: 'random' },
    salt: 'credit-default',
    split: [0.9, 0.1],
    overrides: new Map(),
    rules: [],
    eligible: 1,
    holdout: 0,
    layer: null,
    drain: null,
    mirrors: [],
    fallback: false,
    retry: { attempts: 1, on: ['connect'], budget: 0.2 },
    timeout: { connectMs: 250, firstByteMs: 2000, totalMs: 10_000 },
    breaker: { failures: 5, openMs: 10_000 },
    inflightMax: 1024,
    capture: { sample: 1, bodies: 'full', redact: [], redactHeaders: [], hash: null, headers: [], durability: 'async' },
    features: {},
    drift: { baseline: null, against: 'baseline', tickMs: 60_000, tolerance: 0.1, provisionalRows: 1000 },
    quality: null,
    ...changes,
  };
}

export function capturePlan(changes: Partial<ModelPlan['capture']>): ModelPlan {
  return modelPlan({ capture: { ...modelPlan().capture, ...changes } });
}
