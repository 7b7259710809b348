// The properties of the lanes, for as long as one likes: `npm run fuzz -- [minutes] [seed]`. Each round has a seed of its own;
// what fails is printed with it, shrunk, and can be had again with `npm run fuzz -- 0 <seed>`.

import fc from 'fast-check';
import { nearlyJsonAlike, validJsonAlike } from '../split/json-alike.ts';
import type { Checked } from './checked.ts';
import { answerHeadsAlike, chunkedBodiesAlike, plainHeadsAlike } from './heads-alike.ts';
import { lanesAlike } from './lanes-alike.ts';
import { waysOutAlike } from './ways-out-alike.ts';

const pure = (property: Checked['property']) => async (): Promise<Checked> => ({ property, close: async () => {} });

/** With runs per round: a few seconds each. */
const PROPERTIES: readonly (readonly [name: string, open: () => Promise<Checked>, runs: number])[] = [
  ['plain heads', plainHeadsAlike, 20_000],
  ['heads of answers', answerHeadsAlike, 20_000],
  ['chunked bodies', chunkedBodiesAlike, 10_000],
  ['sticky keys in JSON', pure(validJsonAlike), 10_000],
  ['sticky keys in what is nearly JSON', pure(nearlyJsonAlike), 20_000],
  ['lanes in', lanesAlike, 1000],
  ['ways out', waysOutAlike, 500],
];

const [minutes = '2', first = String(Date.now() % 1_000_000)] = process.argv.slice(2);

if (!(Number(minutes) >= 0) || !Number.isSafeInteger(Number(first))) {
  console.error('usage: npm run fuzz -- [minutes] [seed], both numbers');
  process.exit(64);
}
let seed = Number(first);
console.log(`Seeds from ${seed}, for ${minutes} minutes.`);
const until = performance.now() + Number(minutes) * 60_000;
const checked = await Promise.all(PROPERTIES.map(([, open]) => open()));

let failed = false;
do {
  for (const [i, [name, , runs]] of PROPERTIES.entries()) {
    const { property } = checked[i] as Checked;
    const from = performance.now();
    const result = await fc.check(property, { seed, numRuns: runs });
    console.log(`seed ${seed}: ${name}, ${result.numRuns} runs, ${((performance.now() - from) / 1000).toFixed(1)} s`);
    if (!result.failed) continue;
    failed = true;
    console.log(await fc.asyncDefaultReportMessage(result), result.errorInstance);
  }
  seed++;
} while (!failed && performance.now() < until);

await Promise.all(checked.map(({ close }) => close()));
console.log(failed ? `Failed. Again: npm run fuzz -- 0 ${seed - 1}` : 'Nothing found.');
process.exitCode = failed ? 1 : 0;
