// Whether a decision costs more where there are more models or more rules. With many models the requests go to all of them in turn.

import { figuresOf } from '../compare.ts';
import { EVERYTHING, type Setup } from '../gate.ts';
import type { Course } from '../measure.ts';
import type { Bench, Findings, Section } from '../section.ts';
import { type CellFigure, figureOf, measureVariants, ratioOf, type Variant } from '../variants.ts';
import { spreadText } from '../words.ts';

const ROUNDS = 3;
/** Every model has its baseline before what counts, however many they are; and ticks are as rare as one cell allows. */
const BASE: Setup = { ...EVERYTHING, drift: { tick: '10s', provisional: 20 } };
const VARIANTS: readonly Variant[] = [
  { id: 'models-1', title: '1 model', setup: BASE },
  { id: 'models-40', title: '40 models', setup: { ...BASE, models: 40 } },
  { id: 'models-400', title: '400 models', setup: { ...BASE, models: 400 } },
  { id: 'rules-1', title: '1 model, 1 rule that does not hold', setup: { ...BASE, rules: 1 } },
  { id: 'rules-100', title: '1 model, 100 rules that do not hold', setup: { ...BASE, rules: 100 } },
];
const RATE = 1_000;
const COURSE: Course = {
  connections: 32,
  latencies: false,
  warmUpSeconds: 4,
  phases: [{ ratePerSecond: RATE, seconds: 1.5 }],
  saturationSeconds: 2,
};
const CELL_SECONDS = 11.5;

export const scale: Section = {
  id: 'scale',
  title: '1, 40 and 400 models; 1 and 100 rules',
  seconds: ({ rounds }) => VARIANTS.length * (rounds ?? ROUNDS) * CELL_SECONDS,
  run: scales,
};

const saturated: CellFigure = ({ saturation }) => saturation?.cpuUsPerRequest;
const paced: CellFigure = ({ open }) => open[0]?.cpuUsPerRequest;
const resident: CellFigure = ({ residentMiB }) => residentMiB;

async function scales(bench: Bench): Promise<Findings> {
  const rounds = bench.options.rounds ?? ROUNDS;
  const { cells, warnings } = await measureVariants(VARIANTS, COURSE, rounds, bench, bench.placements.candidate);
  const base = VARIANTS[0]?.id ?? '';
  return {
    tables: [
      {
        title: 'CPU per request with everything on, and as a ratio to one model in the same round',
        head: ['configuration', 'us, saturated', 'ratio', `us, ${RATE}/s`, 'ratio', 'MiB'],
        rows: VARIANTS.map(({ id, title }) => [
          title,
          spreadText(figureOf(cells, id, saturated), 0),
          spreadText(ratioOf(cells, id, base, saturated), 2),
          spreadText(figureOf(cells, id, paced), 0),
          spreadText(ratioOf(cells, id, base, paced), 2),
          spreadText(figureOf(cells, id, resident), 0),
        ]),
      },
    ],
    figures: figuresOf(
      Object.fromEntries(
        VARIANTS.flatMap(({ id }) => [
          [`scale/${id}/us-saturated`, figureOf(cells, id, saturated)],
          [`scale/${id}/ratio`, ratioOf(cells, id, base, saturated)],
          [`scale/${id}/ratio-paced`, ratioOf(cells, id, base, paced)],
        ]),
      ),
    ),
    notes: [
      'Drift is computed every 10 s here (the default is every minute), in each cell about once; a baseline is taken after 20 rows, so that every model has one.',
      'Each model has pools of its own to champion, challenger and shadow, though all share three upstreams: 400 models keep some thousand connections.',
    ],
    warnings,
  };
}
