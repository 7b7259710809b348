// Stickiness and spread at full scale: `node benchmarks/simulations/split.ts [--units 1000000] [--sequences 400] [--salts 400]`.
// Prints what it found and ends with 1 where a promise is broken. Some minutes on one core.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadPlan } from '../../src/config/load.ts';
import type { ModelPlan } from '../../src/config/plan.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { simulateEnrolment } from './enrolment-edits.ts';
import { FAMILIES, type PValues, simulateSpread, slotsOfFamily } from './slot-spread.ts';
import { simulateEdits } from './split-edits.ts';

/** Eight lists of p-values are looked at: a false alarm in a thousand runs. */
const ALARM = 0.001 / 8;

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '1000000' },
    sequences: { type: 'string', default: '400' },
    edits: { type: 'string', default: '12' },
    salts: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
  },
});
const [units, sequences, edits, salts] = [values.units, values.sequences, values.edits, values.salts].map(Number) as [
  number,
  number,
  number,
  number,
];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const count = (number: number): string => number.toLocaleString('en-US');
let isBroken = false;
const judge = (good: boolean): string => {
  if (!good) isBroken = true;
  return good ? 'good' : 'BROKEN';
};

const from = performance.now();
const slots = slotsOfFamily(FAMILIES[3] ?? (FAMILIES[0] as (typeof FAMILIES)[number]), units, 'model');
const found = simulateEdits(template(), slots, { sequences, edits, random: createSeededRandom(Number(values.seed)) });
const kinds = Object.entries(found.kinds).map(([kind, number]) => `${kind} ${number}`);
say(
  `${count(units)} units, ${sequences} sequences, ${count(found.edits)} edits (${kinds.join(', ')}), seed ${values.seed}`,
);
say(`  changes of version                          ${count(found.moved)}`);
say(`  from a version that did not shrink          ${found.leftWithoutNeed}  ${judge(found.leftWithoutNeed === 0)}`);
say(`  to a version that did not grow              ${found.wentWithoutNeed}  ${judge(found.wentWithoutNeed === 0)}`);
say(`  edits that moved more than the minimum      ${found.aboveMinimum}  ${judge(found.aboveMinimum === 0)}`);
say(`  slots owned by a version that is gone       ${found.ownerless}  ${judge(found.ownerless === 0)}`);
say(`  shares handed on that became a whole number ${count(found.handedWhole)}  ${judge(found.handedWhole > 0)}`);
say(`  versions further off than the bound allows  ${found.roundedTooFar}  ${judge(found.roundedTooFar === 0)}`);
say(`  edits whose moves roundings do not explain  ${found.movedTooFar}  ${judge(found.movedTooFar === 0)}`);
say(`  moved slots from the exact distance, worst  ${found.worstExcess.toFixed(2)} of 10,000`);
say(`  a version's slots from its share, worst     ${found.worstRounding.toFixed(2)} of 10,000`);
say(`  locks not read back as written              ${found.unreadable}  ${judge(found.unreadable === 0)}`);
say(`  took ${((performance.now() - from) / 1000).toFixed(0)} s`);

const some = { units: Math.min(units, 20_000), edits: sequences, random: createSeededRandom(Number(values.seed)) };
const enrolled = simulateEnrolment(some);
const enrolmentKinds = Object.entries(enrolled.edits).map(([kind, number]) => `${kind} ${number}`);
say(`${count(some.units)} units, three models of one layer, ${count(some.edits)} edits (${enrolmentKinds.join(', ')})`);
say(`  changes of version                          ${count(enrolled.moved)}`);
say(`  of models that were not edited              ${enrolled.bystanders}  ${judge(enrolled.bystanders === 0)}`);
say(
  `  against a change of enrolment               ${enrolled.againstEnrolment}  ${judge(enrolled.againstEnrolment === 0)}`,
);
say(`  by a name                                   ${enrolled.byName}  ${judge(enrolled.byName === 0)}`);
say(`  edits that moved units and were not told    ${enrolled.untold}  ${judge(enrolled.untold === 0)}`);
say(`  told from moved, worst, in standard errors  ${enrolled.worstTold.toFixed(1)}  ${judge(enrolled.worstTold < 6)}`);

for (const family of FAMILIES) {
  const start = performance.now();
  const spread = simulateSpread(family, units, salts);
  say(`${count(units)} ${family.name} over ${salts} salts`);
  say(`  bucket counts        ${told(spread.buckets, salts)}`);
  say(`  pairs of models      ${told(spread.pairs, salts - 1)}`);
  say(`  took ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
say(isBroken ? 'a promise is broken' : 'every promise held');
process.exitCode = isBroken ? 1 : 0;

function told({ least, uniform }: PValues, tests: number): string {
  const good = uniform > ALARM && least > ALARM / tests;
  return `p-values uniform with p = ${uniform.toFixed(3)}, least ${least.toExponential(1)} of ${tests}  ${judge(good)}`;
}

function template(): ModelPlan {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-'));
  try {
    const file = join(folder, 'gate.yaml');
    writeFileSync(file, 'models: { model: { versions: { v0: { url: "http://127.0.0.1:1" } } } }\n');
    const loaded = loadPlan(file, { env: {}, serial: 1 });
    const [model] = loaded.kind === 'plan' ? loaded.plan.models : [];
    if (model === undefined) throw new Error('the template is a good configuration');
    return model;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
