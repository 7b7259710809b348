// Times the small operations that every decision pays for: `node benchmarks/micro/run.ts [--smoke] [name ...]`.
// One process, no load, nothing else running: figures in nanoseconds, the median of several rounds with their range.

import { assignment } from './assignment.ts';
import { FULL, type Micro, SMOKE, time } from './micro.ts';
import { routing } from './routing.ts';
import { slab } from './slab.ts';

const MICROS: readonly Micro[] = [assignment, ...routing, ...slab];

const words = process.argv.slice(2);
const effort = words.includes('--smoke') ? SMOKE : FULL;
const names = words.filter((word) => !word.startsWith('--'));
const unknown = names.filter((name) => !MICROS.some((micro) => micro.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no micro benchmark is called ${unknown.join(', ')}; there are ${MICROS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(1);
}

for (const micro of MICROS) {
  if (names.length > 0 && !names.includes(micro.name)) continue;
  const { medianNs, lowestNs, highestNs, checksum } = time(micro, effort);
  const target = micro.targetNs === null ? '' : `, target ${micro.targetNs}`;
  process.stdout.write(
    `${micro.name}: ${medianNs.toFixed(1)} ns (${lowestNs.toFixed(1)}..${highestNs.toFixed(1)}${target}) for ${micro.operation} [${checksum}]\n`,
  );
}
