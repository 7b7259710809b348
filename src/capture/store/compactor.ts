// When the store is compacted: a process is started (store-process.ts) where closed segments wait, as often as the configuration
// says, and sooner where many wait; now and then also where none do, since days end and records age. One at a time, and never
// two for one folder (lock.ts).

import type { ChildProcess } from 'node:child_process';
import type { StorePlan } from '../../config/plan.ts';
import type { Clock } from '../../kernel/clock.ts';
import { capturesFolder } from '../segments/folder.ts';
import { listSegments } from '../segments/segment-name.ts';
import type { Compacted } from './compact.ts';
import type { CompactJob, FromStoreProcess } from './messages.ts';

export interface CompactorCounts {
  readonly runs: number;
  readonly failures: number;
  readonly rows: number;
  readonly segments: number;
  /** Unix ms of the last run that ended well; null: none yet. */
  readonly lastSuccessAt: number | null;
}

export interface Compactor {
  /** Look whether there is work; call it about once a second. */
  tick(): void;
  configure(plan: StorePlan): void;
  readonly counts: CompactorCounts;
  /** End the process, if one runs; what it had not finished is done by the next. */
  stop(): Promise<void>;
}

export interface CompactorOptions {
  readonly data: string;
  readonly plan: StorePlan;
  readonly clock: Clock;
  readonly start: () => ChildProcess;
  /** Close the segment that is being written, so that its records can go in. */
  readonly roll: () => Promise<void>;
  readonly report: (message: string) => void;
}

/** Closed segments of so many bytes are not left waiting. */
const WAITING_BYTES = 256 * 1024 ** 2;
/** Between two runs, and between two looks at the folder. */
const PAUSE_MS = 5000;
/** Without segments: days end, records age. */
const IDLE_MS = 60 * 60_000;

export function createCompactor(options: CompactorOptions): Compactor {
  const { data, clock, report } = options;
  const folder = capturesFolder(data);
  let { plan } = options;
  let child: ChildProcess | null = null;
  let working: Promise<void> | null = null;
  let stopped = false;
  let lookedAt = clock.now();
  let startedAt = clock.now();
  /** Segments that the last run left: held by a sink, or of another process that compacts. */
  let leftBytes = 0;
  let failing: string | null = null;
  const counts = { runs: 0, failures: 0, rows: 0, segments: 0, lastSuccessAt: null as number | null };

  async function closedBytes(): Promise<number> {
    const segments = await listSegments(folder).catch(() => []);
    return segments.reduce((sum, { state, bytes }) => sum + (state === 'capture' ? bytes : 0), 0);
  }

  async function look(everyMs: number): Promise<void> {
    const elapsed = clock.now() - startedAt;
    if (elapsed >= everyMs) await options.roll();
    const waiting = (await closedBytes()) - leftBytes;
    const isDue = (waiting > 0 && elapsed >= everyMs) || waiting >= WAITING_BYTES || elapsed >= IDLE_MS;
    if (!isDue || stopped) return;
    startedAt = clock.now();
    await run();
    leftBytes = await closedBytes();
  }

  async function run(): Promise<void> {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const { memoryBytes, retention } = plan;
    const job: CompactJob = { kind: 'compact', data, memoryBytes, retention, operationBytes: null };
    let outcome: FromStoreProcess | null = null;
    counts.runs += 1;
    const started = options.start();
    child = started;
    started.on('message', (message: FromStoreProcess) => {
      if (message.kind === 'report') report(message.message);
      else outcome = message;
    });
    started.on('error', (error) => {
      outcome = { kind: 'failed', request: null, problem: error.message };
      resolve();
    });
    started.on('exit', () => resolve());
    started.send(job, () => undefined);
    await ended;
    child = null;
    settle(outcome);
  }

  function settle(outcome: FromStoreProcess | null): void {
    if (outcome?.kind === 'compacted') {
      succeeded(outcome.done);
      return;
    }
    if (stopped) return;
    counts.failures += 1;
    const problem = outcome?.kind === 'failed' ? outcome.problem : 'its process was killed';
    if (failing !== problem) report(`${data}: segments could not be compacted, and stay as they are: ${problem}`);
    failing = problem;
  }

  function succeeded(done: Compacted | undefined): void {
    if (failing !== null) report(`${data}: segments are compacted again`);
    failing = null;
    counts.lastSuccessAt = clock.wall();
    counts.rows += done?.rows ?? 0;
    counts.segments += done?.segments ?? 0;
  }

  return {
    tick() {
      const { everyMs } = plan;
      if (everyMs === null || stopped || working !== null) return;
      if (clock.now() - lookedAt < Math.min(PAUSE_MS, everyMs)) return;
      lookedAt = clock.now();
      working = look(everyMs)
        .catch((error: unknown) => report(`${data}: ${String(error)}`))
        .finally(() => {
          working = null;
          lookedAt = clock.now();
        });
    },
    configure(next) {
      plan = next;
    },
    get counts() {
      return counts;
    },
    async stop() {
      stopped = true;
      child?.kill();
      await working;
    },
  };
}
