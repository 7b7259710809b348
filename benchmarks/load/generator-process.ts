// Entry of the generator's process: takes one order at a time from its parent, and ends with it.

import { setPriority } from 'node:os';
import { createPool, type Pool, type Shape } from '../workload.ts';
import type { GeneratorReply } from './generator.ts';
import { type OpenLoopOrder, runOpenLoop } from './open-loop.ts';

/** Ahead of the upstreams beside it, whoever is measured: a late generator charges its lateness to the candidate. */
const PRIORITY = -10;

try {
  setPriority(PRIORITY);
} catch {
  // Only root may; without it, cells in which the generator was late are marked all the same.
}

let made: { readonly key: string; readonly pool: Pool } | undefined;

/** Made before the clock runs, and kept for the orders that follow. */
function poolOf(shape: Shape): Pool {
  const key = JSON.stringify(shape);
  if (made?.key !== key) made = { key, pool: createPool(shape) };
  return made.pool;
}

const reply = (message: GeneratorReply): void => {
  process.send?.(message);
};

// Ctrl-C reaches the whole terminal: the parent decides when this process ends.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', (order) => {
  const { shape } = order as OpenLoopOrder;
  runOpenLoop(order as OpenLoopOrder, poolOf(shape)).then(
    (result) => reply({ kind: 'result', result }),
    (error: Error) => reply({ kind: 'failed', why: error.message }),
  );
});
