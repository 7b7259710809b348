// A thread that wakes at each intended start and says so. Node's own timers fire on whole milliseconds, which is coarser than
// what is measured; a wait on shared memory ends within some tens of microseconds and costs no CPU.

import { parentPort } from 'node:worker_threads';
import { hrtimeOffsetMs } from './clock-offset.ts';

export interface Pace {
  /** Of process.hrtime: the intended start of request 0. */
  readonly originNs: bigint;
  readonly intervalMs: number;
  readonly count: number;
}

/** Said once, before any request is due: a thread takes a while to start, and that is nobody's latency. */
const READY = -1;

parentPort?.once('message', ({ originNs, intervalMs, count }: Pace) => {
  const originMs = Number(originNs) / 1e6 + hrtimeOffsetMs();
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let due = 0; due < count; due++) {
    const aheadMs = originMs + due * intervalMs - performance.now();
    if (aheadMs > 0) Atomics.wait(never, 0, 0, aheadMs);
    parentPort?.postMessage(due);
  }
});
parentPort?.postMessage(READY);
