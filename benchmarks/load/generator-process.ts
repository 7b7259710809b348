// Entry of the generator's process: takes one order at a time from its parent, and ends with it.

import { createPool } from '../workload.ts';
import type { GeneratorReply } from './generator.ts';
import { type OpenLoopOrder, runOpenLoop } from './open-loop.ts';

const pool = createPool();
const reply = (message: GeneratorReply): void => {
  process.send?.(message);
};

// Ctrl-C reaches the whole terminal: the parent decides when this process ends.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', (order) => {
  runOpenLoop(order as OpenLoopOrder, pool).then(
    (result) => reply({ kind: 'result', result }),
    (error: Error) => reply({ kind: 'failed', why: error.message }),
  );
});
