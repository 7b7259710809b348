// When the store is compacted: a process is started (store-process.ts) where closed segments wait, as often as the configuration
// says, and sooner where many wait; now and then also where none do, since days end and records age. One at a time, and never
// two for one folder (lock.ts).

import type { ChildProcess } from 'node:child_process';
import type { StorePlan } from '../../config/plan.ts';
import type { Clock } from '../../kernel/clock.ts';
import { capturesFolder } from '../segments/folder.ts';
import { listSegments, type SegmentEntry } from '../segments/segment-name.ts';
import type { Compacted } from './compact.ts';
import type { CompactJob, FromStoreProcess } from './messages.ts';

export interface CompactorCounts {
  /** Runs that ended well; one that the end of the gate cut short is neither. */
  readonly successes: number;
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
/** Between two looks at the folder, and between two runs because of what waits. */
const LOOK_MS = 5000;
const PAUSE_MS = 30_000;
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
  /** Segments that the last run left though it ended well: a sink holds them. */
  let left: ReadonlySet<string> = new Set();
  let failing: string | null = null;
  const counts = { successes: 0, failures: 0, rows: 0, segments: 0, lastSuccessAt: null as number | null };

  async function closed(): Promise<readonly SegmentEntry[]> {
    return (await listSegments(folder).catch(() => [])).filter(({ state }) => state === 'capture');
  }

  async function look(everyMs: number): Promise<void> {
    const elapsed = clock.now() - startedAt;
    if (elapsed >= everyMs) await options.roll();
    const segments = await closed();
    const waiting = segments.reduce((sum, { path, bytes }) => sum + (left.has(path) ? 0 : bytes), 0);
    const isDue =
      (waiting > 0 && elapsed >= everyMs) ||
      (waiting >= WAITING_BYTES && elapsed >= Math.min(everyMs, PAUSE_MS)) ||
      elapsed >= IDLE_MS;
    if (!isDue || stopped) return;
    startedAt = clock.now();
    const isDone = await run();
    const before = new Set(segments.map(({ path }) => path));
    left = new Set(isDone ? (await closed()).map(({ path }) => path).filter((path) => before.has(path)) : []);
  }

  /** @returns whether all that waited is in the store now */
  async function run(): Promise<boolean> {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const { memoryBytes, retention } = plan;
    const job: CompactJob = { kind: 'compact', data, memoryBytes, retention, operationBytes: null };
    let outcome: FromStoreProcess | null = null;
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
    return settle(outcome);
  }

  function settle(outcome: FromStoreProcess | null): boolean {
    if (outcome?.kind === 'compacted') {
      succeeded(outcome.done);
      return outcome.done !== undefined;
    }
    if (stopped) return false;
    counts.failures += 1;
    const problem = outcome?.kind === 'failed' ? outcome.problem : 'its process was killed';
    if (failing !== problem) report(`${data}: segments could not be compacted, and stay as they are: ${problem}`);
    failing = problem;
    return false;
  }

  function succeeded(done: Compacted | undefined): void {
    if (failing !== null) report(`${data}: segments are compacted again`);
    failing = null;
    counts.successes += 1;
    counts.lastSuccessAt = clock.wall();
    counts.rows += done?.rows ?? 0;
    counts.segments += done?.segments ?? 0;
  }

  return {
    tick() {
      const { everyMs } = plan;
      if (everyMs === null || stopped || working !== null) return;
      if (clock.now() - lookedAt < Math.min(LOOK_MS, everyMs)) return;
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
