// Plans for tests of the split and its lock, written as YAML and read as the gate reads them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlan } from '../../src/config/load.ts';
import type { ModelPlan, Plan } from '../../src/config/plan.ts';

/** @param models each `name: { ... }`, as it stands below `models:` */
export function planOf(...models: readonly string[]): Plan {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-'));
  try {
    const file = join(folder, 'gate.yaml');
    writeFileSync(file, `models:\n${models.map((model) => `  ${model}\n`).join('')}`);
    const loaded = loadPlan(file, { env: {}, serial: 1 });
    if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems, null, 2));
    return loaded.plan;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function modelOf(model: string): ModelPlan {
  const [only] = planOf(model).models;
  if (only === undefined) throw new Error('a plan has a model');
  return only;
}

/** Versions with an address each, for the middle of a model. */
export function versions(...names: readonly string[]): string {
  return `versions: { ${names.map((name) => `${name}: { url: "http://127.0.0.1:1" }`).join(', ')} }, champion: ${names[0]}, sticky: { header: account-id }`;
}
