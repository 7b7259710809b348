// What a second gateway thread is worth. Here the gate is not bound to one core, and shares all of them with load and upstreams.

import { figuresOf } from '../compare.ts';
import { CORES } from '../conditions.ts';
import { EVERYTHING, PASS } from '../gate.ts';
import type { Course } from '../measure.ts';
import type { Bench, Findings, Section } from '../section.ts';
import { type CellFigure, figureOf, measureVariants, ratioOf, type Variant } from '../variants.ts';
import { spreadText } from '../words.ts';

const ROUNDS = 3;
const VARIANTS: readonly Variant[] = [
  { id: 'pass-1', title: 'one version, 1 thread', setup: PASS },
  { id: 'pass-2', title: 'one version, 2 threads', setup: { ...PASS, threads: 2 } },
  { id: 'everything-1', title: 'everything on, 1 thread', setup: EVERYTHING },
  { id: 'everything-2', title: 'everything on, 2 threads', setup: { ...EVERYTHING, threads: 2 } },
];
const COURSE: Course = { connections: 64, latencies: false, warmUpSeconds: 2, phases: [], saturationSeconds: 3 };
const CELL_SECONDS = 8;

export const threads: Section = {
  id: 'threads',
  title: 'listen.threads: 2',
  seconds: ({ rounds }) => VARIANTS.length * (rounds ?? ROUNDS) * CELL_SECONDS,
  run: twoThreads,
};

const perSecond: CellFigure = ({ saturation }) => saturation?.requestsPerSecond;
const cpu: CellFigure = ({ saturation }) => saturation?.cpuUsPerRequest;

async function twoThreads(bench: Bench): Promise<Findings> {
  const rounds = bench.options.rounds ?? ROUNDS;
  const { cells, warnings } = await measureVariants(VARIANTS, COURSE, rounds, bench, bench.placements.everywhere);
  const single = (id: string): string => id.replace('-2', '-1');
  return {
    tables: [
      {
        title: 'Saturated, 64 connections',
        head: ['configuration', 'requests/s', 'x 1 thread', 'CPU us/request', 'x 1 thread'],
        rows: VARIANTS.map(({ id, title }) => [
          title,
          spreadText(figureOf(cells, id, perSecond), 0),
          spreadText(ratioOf(cells, id, single(id), perSecond), 2),
          spreadText(figureOf(cells, id, cpu), 0),
          spreadText(ratioOf(cells, id, single(id), cpu), 2),
        ]),
      },
    ],
    figures: figuresOf(
      Object.fromEntries(
        VARIANTS.flatMap(({ id }) => [
          [`threads/${id}/per-second`, figureOf(cells, id, perSecond)],
          [`threads/${id}/x-one-thread`, ratioOf(cells, id, single(id), perSecond)],
        ]),
      ),
    ),
    everywhere: true,
    notes: [
      `On ${CORES} cores that load, upstreams and monitor use as well: a second thread can only take what they leave. Where cores are free it is worth more than this shows.`,
    ],
    warnings,
  };
}
