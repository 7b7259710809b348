// Whether a decision costs more where there are more models or more rules. With many models the requests go to all of them in turn.

import { figuresOf } from '../compare.ts';
import { EVERYTHING } from '../gate.ts';
import type { Course } from '../measure.ts';
import type { Bench, Findings, Section } from '../section.ts';
import { type CellFigure, figureOf, measureVariants, ratioOf, type Variant } from '../variants.ts';
import { spreadText } from '../words.ts';

const ROUNDS = 3;
const VARIANTS: readonly Variant[] = [
  { id: 'models-1', title: '1 model', setup: EVERYTHING },
  { id: 'models-40', title: '40 models', setup: { ...EVERYTHING, models: 40 } },
  { id: 'models-400', title: '400 models', setup: { ...EVERYTHING, models: 400 } },
  { id: 'rules-1', title: '1 model, 1 rule that does not hold', setup: { ...EVERYTHING, rules: 1 } },
  { id: 'rules-100', title: '1 model, 100 rules that do not hold', setup: { ...EVERYTHING, rules: 100 } },
];
const RATE = 1_000;
const COURSE: Course = {
  connections: 32,
  warmUpSeconds: 2,
  phases: [{ ratePerSecond: RATE, seconds: 1.5 }],
  saturationSeconds: 2,
};
const CELL_SECONDS = 9;

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
      'Each model has pools of its own to champion, challenger and shadow, though all share three upstreams: 400 models keep some thousand connections.',
    ],
    warnings,
  };
}
