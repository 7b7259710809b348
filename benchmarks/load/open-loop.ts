// Open-loop load: requests are due at fixed times, whether or not earlier ones were answered, and latency runs from the time a
// request was due, so that a candidate that stalls is charged for everything that piled up behind it.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Pool, Shape } from '../workload.ts';
import { hrtimeOffsetMs } from './clock-offset.ts';
import { type Connection, type ConnectionEvents, openConnection } from './connection.ts';
import type { Pace } from './pacer.ts';

/** Bounds: this generator serves a benchmark of one machine and nothing else. */
const RATE_MAX = 10_000;
const SECONDS_MAX = 60;
const CONNECTIONS_MAX = 512;
const FAILURES_MAX = 1_000;
const LEAD_MS = 50;
const PATIENCE_MS = 5_000;

export interface OpenLoopOrder {
  readonly port: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly connections: number;
  readonly shape: Shape;
}

export interface OpenLoopResult {
  readonly intended: number;
  readonly completed: number;
  /** Answered with another status than 200, lost with its connection, or never answered. */
  readonly failed: number;
  readonly problem: string | null;
  /** From intended start to complete answer, in microseconds, in order of completion. */
  readonly latenciesUs: readonly number[];
  /**
   * From intended start to the moment the generator knew of it: its own fault, whatever the candidate does. A request that then
   * waits for a free connection waits for the candidate.
   */
  readonly latenessUs: readonly number[];
  /** CPU of the generator for each request, its pacer included. */
  readonly generatorCpuUs: number;
}

export async function runOpenLoop(order: OpenLoopOrder, pool: Pool): Promise<OpenLoopResult> {
  if (order.ratePerSecond > RATE_MAX || order.seconds > SECONDS_MAX || order.connections > CONNECTIONS_MAX) {
    throw new Error('an order over the bounds of the load generator');
  }
  const run = createRun(order, pool);
  const pacer = new Worker(new URL('./pacer.ts', import.meta.url));
  try {
    await Promise.all([...Array.from({ length: order.connections }, run.connect), once(pacer, 'message')]);
    const cpu = process.cpuUsage();
    const pace: Pace = {
      originNs: process.hrtime.bigint() + BigInt(LEAD_MS) * 1_000_000n,
      intervalMs: run.intervalMs,
      count: run.intended,
    };
    run.begin(Number(pace.originNs) / 1e6 + hrtimeOffsetMs());
    pacer.on('message', run.due);
    pacer.postMessage(pace);
    const deadline = setTimeout(run.end, LEAD_MS + order.seconds * 1000 + PATIENCE_MS);
    await run.ended;
    clearTimeout(deadline);
    const { user, system } = process.cpuUsage(cpu);
    return run.result(user + system);
  } finally {
    await pacer.terminate();
  }
}

/** The state of one run: requests come due, take an idle connection, and are answered or fail. */
function createRun(order: OpenLoopOrder, pool: Pool) {
  const intended = Math.round(order.ratePerSecond * order.seconds);
  const intervalMs = 1000 / order.ratePerSecond;
  const latenciesUs: number[] = [];
  const latenessUs: number[] = [];
  const idle: Connection[] = [];
  const open = new Set<Connection>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let originMs = 0;
  let dueCount = 0;
  let sent = 0;
  let failed = 0;
  let problem: string | null = null;

  const sinceDueUs = (request: number): number =>
    Math.round((performance.now() - originMs - request * intervalMs) * 1000);
  const conclude = (): void => {
    if (latenciesUs.length + failed >= intended || failed > FAILURES_MAX) end();
  };
  const fail = (why: string): void => {
    failed += 1;
    problem ??= why;
    conclude();
  };
  const sendDue = (): void => {
    while (sent < dueCount) {
      const connection = idle.pop();
      if (connection === undefined) return; // the request waits for one, and its latency runs
      const start = (sent % pool.count) * pool.size;
      connection.send(sent, pool.bytes.subarray(start, start + pool.size));
      sent += 1;
    }
  };
  const connect = async (): Promise<void> => {
    const connection = await openConnection(order.port, events);
    open.add(connection);
    idle.push(connection);
  };
  const events: ConnectionEvents = {
    answered(request, status) {
      if (status !== 200) return fail(`status ${status}`);
      latenciesUs.push(sinceDueUs(request));
      conclude();
    },
    free(connection) {
      idle.push(connection);
      sendDue();
    },
    lost(connection, request, why) {
      open.delete(connection);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      if (request >= 0) fail(why);
      connect().then(sendDue, (error: Error) => {
        problem ??= error.message;
        if (open.size === 0) end();
      });
    },
  };
  return {
    intended,
    intervalMs,
    connect,
    ended,
    end,
    begin(atMs: number): void {
      originMs = atMs;
    },
    due(request: number): void {
      latenessUs.push(sinceDueUs(request));
      dueCount = request + 1;
      sendDue();
    },
    result(cpuUs: number): OpenLoopResult {
      for (const connection of open) connection.close();
      const unanswered = intended - latenciesUs.length - failed;
      const silence = unanswered > 0 ? `${unanswered} requests were never answered` : null;
      return {
        intended,
        completed: latenciesUs.length,
        failed: failed + unanswered,
        problem: problem ?? silence,
        latenciesUs,
        latenessUs,
        generatorCpuUs: cpuUs / Math.max(1, sent),
      };
    },
  };
}
