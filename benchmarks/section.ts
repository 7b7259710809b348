// The contract of a section: one question, its candidates and its figures. Each runs by itself in under three minutes, so that a run can
// be taken up where it was left, and gives words and numbers in one shape, whatever it measures. The list is sections/index.ts.

import type { Generator } from './load/generator.ts';
import type { Saturator } from './load/saturate.ts';
import type { Options } from './options.ts';
import type { Placements } from './placement.ts';
import type { Interval } from './statistics.ts';

/** Median of the rounds with their range. */
export interface Spread extends Interval {
  readonly median: number;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Findings {
  readonly tables: readonly Table[];
  /** By name: `cpu/nginx`, `ratio/drift/nginx`, ... What targets and the README are judged by. */
  readonly figures: Readonly<Record<string, Spread>>;
  /** How it was measured, and how it is to be read. */
  readonly notes: readonly string[];
  /** Whether the candidates were not bound to the core that is theirs elsewhere. */
  readonly everywhere?: true;
  /** Not as it should be: work not done, requests failed, a generator that was late, a candidate that was refused. */
  readonly warnings: readonly string[];
}

export interface Bench {
  readonly placements: Placements;
  readonly generator: Generator;
  readonly saturator: Saturator;
  readonly options: Options;
  say(line: string): void;
}

export interface Section {
  readonly id: string;
  /** The question that it answers. */
  readonly title: string;
  /** About how long it takes, in seconds. */
  seconds(options: Options): number;
  run(bench: Bench): Promise<Findings>;
}
