// How many false alarms a fleet raises that is looked at all the time, and how late it finds changes: `node benchmarks/simulations/fleet.ts
// [streams] [delay runs]`. 40,000 streams x 4 weeks of minutes are 1.6e9 judgements; here a part of the streams is watched for 4 weeks of
// hours, at a threshold that allows 100 alarms in all (so that the bound is met, not only kept), and at that of the full fleet.

import { createSeededRandom } from '../../src/kernel/random.ts';
import { sharesOf, type World, watchStream } from './fleet-of-streams.ts';

const TICKS = 4 * 7 * 24;
const ALARMS_ALLOWED = 100;
/** 40,000 streams, a week of minutes, one alarm. */
const FULL = Math.log(40_000 * 10_080);
const streams = Number(process.argv[2] ?? 2000);
const runs = Number(process.argv[3] ?? 101);
const random = createSeededRandom(20_261_125);

const quiet = { baselineRows: 10_000, tolerance: 0.1, rowsPerTick: 50 };
const WORLDS: readonly World[] = [
  { ...quiet, name: 'null, baseline known, tolerance 0', baselineRows: Number.POSITIVE_INFINITY, tolerance: 0 },
  { ...quiet, name: 'null, baseline of 10,000, tolerance 0', tolerance: 0 },
  { ...quiet, name: 'null, baseline of 10,000' },
  { ...quiet, name: 'null, baseline of 1,000', baselineRows: 1000 },
  { ...quiet, name: 'wobble of 8 %', wobble: 0.08 },
  { ...quiet, name: 'seasons of 0.5 sd by hour, baseline knows', season: 0.5 },
  { ...quiet, name: 'bursts of 4 alike, overdispersion 4', burst: 4, overdispersion: 4 },
];

const out = (line: string): boolean => process.stdout.write(`${line}\n`);
const tight = Math.log((streams * TICKS) / ALARMS_ALLOWED);
out(`${streams} streams x ${TICKS} hourly ticks of 50 rows, 20 bins; streams that ever alarm`);
out(
  `| world | at the threshold of ${ALARMS_ALLOWED} | at the full fleet's | PSI > 0.1, 5 ticks | chi-square p < 0.001 a tick |`,
);
out('|---|---|---|---|---|');
for (const world of WORLDS) {
  const found = Array.from({ length: streams }, () => watchStream(world, TICKS, TICKS, [tight, FULL], random));
  const count = (of: (one: (typeof found)[number]) => number | undefined) =>
    found.filter((one) => (of(one) ?? -1) !== -1).length;
  const e = [count((one) => one.firstAlarms[0]), count((one) => one.firstAlarms[1])];
  out(
    `| ${world.name} | ${e[0]} | ${e[1]} | ${count((one) => one.psiAlarm)} | ${count((one) => one.chiSquareAlarm)} |`,
  );
}

const CHANGES: readonly (readonly [string, (bins: Float64Array) => Float64Array])[] = [
  ['+0.1 sd', () => sharesOf(0.1)],
  ['+0.2 sd', () => sharesOf(0.2)],
  ['+0.5 sd', () => sharesOf(0.5)],
  ['+1 sd', () => sharesOf(1)],
  ['sd x 1.25', () => sharesOf(0, 1.25)],
  ['sd x 2', () => sharesOf(0, 2)],
  ['nulls 0 -> 10 %', (bins) => bins.map((share, bin) => (bin === 0 ? 0.1 : share * 0.9))],
];

out(
  `\nmedian rows until the alarm, ${runs} runs, ticks of 20 rows, 2000 rows before the change, threshold of 40,000 streams a minute; - above 20,000`,
);
out(`| baseline | tolerance | ${CHANGES.map(([name]) => name).join(' | ')} |`);
out(`|---|---|${CHANGES.map(() => '---').join('|')}|`);
for (const [baselineRows, tolerance] of [
  [Number.POSITIVE_INFINITY, 0],
  [Number.POSITIVE_INFINITY, 0.05],
  [Number.POSITIVE_INFINITY, 0.1],
  [100_000, 0.1],
  [10_000, 0],
  [10_000, 0.1],
  [1000, 0.1],
] as const) {
  const medians = CHANGES.map(([name, change]) => {
    const world = { name, baselineRows, tolerance, rowsPerTick: 20, change };
    const delays = Array.from({ length: runs }, () => {
      const [at = -1] = watchStream(world, 1100, 100, [FULL], random).firstAlarms;
      return at === -1 ? Number.POSITIVE_INFINITY : at < 100 ? Number.NaN : (at - 99) * 20;
    }).sort((one, other) => one - other);
    const median = delays[Math.floor(delays.length / 2)] ?? Number.NaN;
    return Number.isFinite(median) ? String(median) : '-';
  });
  out(
    `| ${baselineRows === Number.POSITIVE_INFINITY ? 'known' : baselineRows} | ${tolerance * 100} % | ${medians.join(' | ')} |`,
  );
}
