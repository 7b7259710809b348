// Variants of Headgate measured in turn, round by round: what one costs as a ratio to the first of them, in the same round.

import { createSeededRandom } from '../src/kernel/random.ts';
import { type Setup, startGate } from './gate.ts';
import { type Cell, type Course, measureRunning } from './measure.ts';
import type { Placement } from './placement.ts';
import type { Bench, Spread } from './section.ts';
import { shuffled } from './statistics.ts';
import { spreadOf, warnings } from './summary.ts';
import { startUpstreams } from './upstreams.ts';
import { SHAPE } from './workload.ts';

export interface Variant {
  readonly id: string;
  readonly title: string;
  readonly setup: Setup;
}

export interface Varied {
  readonly cells: readonly Cell[];
  readonly warnings: readonly string[];
}

export async function measureVariants(
  variants: readonly Variant[],
  course: Course,
  rounds: number,
  bench: Bench,
  placement: Placement,
): Promise<Varied> {
  const upstreams = await startUpstreams();
  const random = createSeededRandom(bench.options.seed);
  const cells: Cell[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      bench.say(`  round ${round} of ${rounds}`);
      for (const { id, setup } of shuffled(variants, random)) {
        const gate = await startGate(setup, upstreams.ports, placement);
        try {
          const measured = await measureRunning(gate, bench, upstreams, course, { ...SHAPE, models: setup.models });
          cells.push({ candidate: id, round, ...measured });
          bench.say(
            `    ${id}: ${measured.saturation?.cpuUsPerRequest?.toFixed(1) ?? '-'} us, ${measured.saturation?.requestsPerSecond ?? '-'}/s`,
          );
        } finally {
          await gate.stop();
        }
      }
    }
  } finally {
    await upstreams.stop();
  }
  const found = variants.flatMap(({ id, setup }) =>
    warnings(
      cells.filter(({ candidate }) => candidate === id),
      setup.work.mirror,
    ).map((warning) => `${id}: ${warning}`),
  );
  return { cells, warnings: found };
}

export type CellFigure = (cell: Cell) => number | null | undefined;

export function figureOf(cells: readonly Cell[], id: string, figure: CellFigure): Spread | null {
  return spreadOf(cells.filter(({ candidate }) => candidate === id).map((cell) => figure(cell) ?? null));
}

/** One variant's figure over another's in the same round. */
export function ratioOf(cells: readonly Cell[], id: string, base: string, figure: CellFigure): Spread | null {
  return spreadOf(
    cells
      .filter(({ candidate }) => candidate === id)
      .map((cell) => {
        const other = cells.find(({ candidate, round }) => candidate === base && round === cell.round);
        const [above, below] = [figure(cell) ?? null, other === undefined ? null : (figure(other) ?? null)];
        return above === null || below === null || below === 0 ? null : above / below;
      }),
  );
}
