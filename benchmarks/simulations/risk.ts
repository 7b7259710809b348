// The alarm on the risk at full scale: `node benchmarks/simulations/risk.ts [--versions 1000] [--labels 60000]`. Prints the table of
// docs/quality.md, and ends with 1 where more versions are called drifting without a reason than the level allows.

import { parseArgs } from 'node:util';
import { LIVES, PLAN, quantile, simulate } from './risk-versions.ts';

const { values } = parseArgs({
  options: {
    versions: { type: 'string', default: '1000' },
    labels: { type: 'string', default: '60000' },
    seed: { type: 'string', default: '1' },
  },
});
const [versions, labels, seed] = [Number(values.versions), Number(values.labels), Number(values.seed)];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
let isBroken = false;

say(`${versions} versions of ${labels} labels each, a look after every hundred, seed ${seed}`);
say(`| a version | called drifting, of ${versions} | labels until then, half / nine in ten |`);
for (const life of LIVES) {
  const { falseAlarms, delays } = simulate(life, versions, labels, seed);
  // Four standard errors above the level.
  const most = versions * PLAN.falseAlarms + 4 * Math.sqrt(versions * PLAN.falseAlarms);
  if (falseAlarms > most) isBroken = true;
  const soon = delays.length === 0 ? '–' : `${quantile(delays, 0.5)} / ${quantile(delays, 0.9)}`;
  const before = life.changeAt === null || falseAlarms === 0 ? '' : `, and ${falseAlarms} before it`;
  say(`| ${life.name} | ${life.changeAt === null ? falseAlarms : delays.length}${before} | ${soon} |`);
}
if (isBroken) say('BROKEN: more false alarms than the level allows');
process.exitCode = isBroken ? 1 : 0;
