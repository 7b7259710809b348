// Model plans and tables for the drift tests.

import type { ModelPlan } from '../../src/config/plan.ts';
import type { Table, Value } from '../../src/protocols/protocol.ts';

const version = (name: string) => ({
  name,
  endpoints: [{ origin: 'http://127.0.0.1:1', path: null }],
  balance: 'leastBusy' as const,
  health: null,
  auth: null,
  tls: null,
  connectionsMax: 1,
  lineage: {},
});

export function modelPlan(name = 'credit', changes: Partial<ModelPlan> = {}): ModelPlan {
  return {
    name,
    owner: null,
    description: null,
    protocol: 'json',
    match: { paths: [`/${name}`], methods: null, host: null, headers: {} },
    champion: 0,
    versions: [version('old'), version('new'), version('dark')],
    sticky: null,
    salt: name,
    split: [0.9, 0.1, 0],
    overrides: new Map(),
    rules: [],
    eligible: 1,
    holdout: 0,
    layer: null,
    drain: null,
    mirrors: [{ version: 2, share: 1, timeoutMs: 1000, callsMax: 1, bytesMax: 1 }],
    fallback: true,
    retry: { attempts: 1, on: [], budget: 0 },
    timeout: { connectMs: 1, firstByteMs: 1, totalMs: 1 },
    breaker: { failures: 1, openMs: 1 },
    inflightMax: 1,
    capture: { sample: 1, bodies: 'full', redact: [], redactHeaders: [], hash: null, headers: [], durability: 'async' },
    features: {},
    drift: { baseline: null, against: 'baseline', tickMs: 1000, tolerance: 0, provisionalRows: 1000 },
    quality: null,
    ...changes,
  };
}

export function tableOf(columns: Readonly<Record<string, readonly (Value | undefined)[]>>): Table {
  const all = Object.entries(columns).map(([name, values]) => ({ name, values }));
  return { rows: all[0]?.values.length ?? 0, columns: all };
}
