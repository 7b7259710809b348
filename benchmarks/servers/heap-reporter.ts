// Loaded into each thread of a gate that is watched for leaks (`node --expose-gc --import`): on demand it collects, and writes how
// much heap is left. A demand is a file `ask` in the folder, whose text is its number; a thread answers in a file of its own.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

const POLL_MS = 200;
const folder = process.env.HEADGATE_BENCH_HEAP ?? '';
const question = join(folder, 'ask');
let answered = '';

setInterval(() => {
  if (!existsSync(question)) return;
  const number = readFileSync(question, 'utf8');
  if (number === answered || number === '') return;
  answered = number;
  // Twice: what finalizers let go of is collected by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(join(folder, `thread-${threadId}`), `${number} ${heapUsed} ${external}`);
}, POLL_MS).unref();
