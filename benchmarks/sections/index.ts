// Every section, in the order of the report.

import type { Section } from '../section.ts';
import { bodies } from './bodies.ts';
import { compaction } from './compaction.ts';
import { ladder, rivals } from './cost.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { micro } from './micro.ts';
import { reload } from './reload.ts';
import { scale } from './scale.ts';
import { shadow } from './shadow.ts';
import { start } from './start.ts';
import { stream } from './stream.ts';
import { threads } from './threads.ts';

export const SECTIONS: readonly Section[] = [
  ladder,
  rivals,
  latency,
  shadow,
  compaction,
  stream,
  bodies,
  scale,
  reload,
  start,
  threads,
  memory,
  micro,
];
