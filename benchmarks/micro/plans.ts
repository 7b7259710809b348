// Plans for the micro benchmarks: written as the YAML that people write, read as Headgate reads it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../src/config/load.ts';
import type { Plan } from '../../src/config/plan.ts';

/** @returns the path of a configuration with so many models of two versions each */
export function writeConfiguration(folder: string, models: number): string {
  const file = join(folder, `headgate-${models}.yaml`);
  const each = Array.from({ length: models }, (_, index) =>
    [
      `  ${modelName(index)}:`,
      '    versions:',
      `      old: { url: "http://127.0.0.1:9101" }`,
      `      new: { url: "http://127.0.0.1:9102" }`,
      '    champion: old',
      '    sticky: { header: account-id }',
      '    split: { old: 90, new: 10 }',
      '    drift: { provisional: 20 }',
    ].join('\n'),
  );
  writeFileSync(file, `models:\n${each.join('\n')}\n`);
  return file;
}

/** @returns the path of a configuration of one model, all of whose requests are mirrored */
export function writeMirrored(folder: string): string {
  const file = join(folder, 'mirrored.yaml');
  const lines = [
    'models:',
    '  bench:',
    '    protocol: open-inference',
    '    versions: { old: { url: "http://127.0.0.1:9101" }, new: { url: "http://127.0.0.1:9102" } }',
    '    champion: old',
    '    mirror: { new: 100% }',
    '    drift: { provisional: 200 }',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

export function modelName(index: number): string {
  return `model-${String(index).padStart(3, '0')}`;
}

/** @throws with the problems that the configuration has */
export function readPlan(file: string): Plan {
  const result = loadPlan(file, { env: {}, serial: 1 });
  if (result.kind === 'plan') return result.plan;
  throw new Error(`${file} has problems: ${JSON.stringify(result.problems)}`);
}
