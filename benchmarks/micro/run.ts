// Times the small operations that every decision pays for: `node benchmarks/micro/run.ts [--quick | --smoke] [name ...]`.
// One process, no load, nothing else running: the median of several rounds with their range. A target that is missed ends it
// with 1; of what it ran on it tells on the standard error.

import { availableParallelism, cpus } from 'node:os';
import { guardProcesses } from '../processes.ts';
import { assignment } from './assignment.ts';
import { drift } from './drift.ts';
import { FULL, type Micro, QUICK, SMOKE, time } from './micro.ts';
import { monitor } from './monitor.ts';
import { reload } from './reload.ts';
import { routing } from './routing.ts';
import { slab } from './slab.ts';

const MICROS: readonly Micro[] = [...assignment, ...routing, ...slab, ...monitor, ...drift, reload];

guardProcesses(); // for the folders that benchmarks write to

const words = process.argv.slice(2);
const effort = words.includes('--smoke') ? SMOKE : words.includes('--quick') ? QUICK : FULL;
const names = words.filter((word) => !word.startsWith('--'));
const unknown = names.filter((name) => !MICROS.some((micro) => micro.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no micro benchmark is called ${unknown.join(', ')}; there are ${MICROS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(1);
}

process.stderr.write(
  `Node ${process.version.slice(1)}, ${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'an unknown CPU'}; of each the median of ${effort.rounds} rounds (lowest..highest)\n`,
);
for (const micro of MICROS) {
  if (names.length > 0 && !names.includes(micro.name)) continue;
  const { medianNs, lowestNs, highestNs, checksum } = time(micro, effort);
  const isMet = micro.targetNs === null || medianNs <= micro.targetNs;
  if (!isMet && effort === FULL) process.exitCode = 1;
  const target = micro.targetNs === null ? '' : `, target ${inUnits(micro.targetNs)}: ${isMet ? 'met' : 'MISSED'}`;
  process.stdout.write(
    `${micro.name}: ${inUnits(medianNs)} (${inUnits(lowestNs)}..${inUnits(highestNs)}${target}) for ${micro.operation} [${checksum}]\n`,
  );
}

function inUnits(nanoseconds: number): string {
  return nanoseconds < 1e5 ? `${nanoseconds.toFixed(1)} ns` : `${(nanoseconds / 1e6).toFixed(2)} ms`;
}
