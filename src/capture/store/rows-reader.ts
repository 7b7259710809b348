// Reads rows of the store in a process of its own, which is started by the first question, or before it (keep-warm.ts). What questions
// made it hold is given back when none has come for a while: it is let go then.

import type { ChildProcess } from 'node:child_process';
import { Busy } from '../../kernel/busy.ts';
import type { CaptureRow } from '../row.ts';
import type { ReadRows } from './find-stored.ts';
import type { FromStoreProcess, ReadJob } from './messages.ts';
import type { WantedRows } from './read-rows.ts';

export interface RowsReader {
  readonly read: ReadRows;
  /** Start the process and let it read this row, for nobody. @throws where it does not start, or does not answer */
  warm(row: WantedRows): Promise<void>;
  readonly isRunning: boolean;
  stop(): void;
}

export interface RowsReaderOptions {
  readonly start: () => ChildProcess;
  readonly idleMs?: number;
  readonly deadlineMs?: number;
}

interface Waiting {
  resolve(rows: CaptureRow[]): void;
  reject(error: Error): void;
}

const IDLE_MS = 10 * 60_000;
const DEADLINE_MS = 10_000;
const WAITING_MAX = 16;

export function createRowsReader({ start, idleMs = IDLE_MS, deadlineMs = DEADLINE_MS }: RowsReaderOptions): RowsReader {
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | null = null;
  let idle: NodeJS.Timeout | undefined;
  let requests = 0;

  function running(): ChildProcess {
    if (child !== null) return child;
    const started = start();
    child = started;
    started.on('message', (message: FromStoreProcess) => take(message));
    started.on('error', () => ended(started));
    started.on('exit', () => ended(started));
    // It must not keep the gate from ending.
    started.unref();
    started.channel?.unref();
    return started;
  }

  function take(message: FromStoreProcess): void {
    if (message.kind === 'rows') settle(message.request)?.resolve([...message.rows]);
    else if (message.kind === 'failed' && message.request !== null)
      settle(message.request)?.reject(new Error(message.problem));
  }

  function settle(request: number): Waiting | undefined {
    const found = waiting.get(request);
    waiting.delete(request);
    return found;
  }

  function ended(which: ChildProcess): void {
    if (child !== which) return;
    child = null;
    for (const request of [...waiting.keys()])
      settle(request)?.reject(new Error('the process that reads the store ended'));
  }

  function stop(): void {
    clearTimeout(idle);
    const last = child;
    if (last === null) return;
    ended(last);
    last.kill();
  }

  function ask(decisionId: string, wanted: readonly WantedRows[]): Promise<CaptureRow[]> {
    requests += 1;
    const job: ReadJob = { kind: 'read', request: requests, decisionId, wanted };
    const process = running();
    const { promise, resolve, reject } = Promise.withResolvers<CaptureRow[]>();
    const late = setTimeout(
      () => settle(job.request)?.reject(new Error('the store did not answer in time')),
      deadlineMs,
    );
    waiting.set(job.request, { resolve, reject });
    process.send(job, (error) => {
      if (error !== null) settle(job.request)?.reject(error);
    });
    return promise.finally(() => clearTimeout(late));
  }

  return {
    async read(decisionId, wanted) {
      if (waiting.size >= WAITING_MAX)
        throw new Busy(`${WAITING_MAX} searches for decisions wait already; ask again later`);
      clearTimeout(idle);
      idle = setTimeout(stop, idleMs).unref();
      return ask(decisionId, wanted);
    },
    async warm(row) {
      await ask('', [row]);
    },
    get isRunning() {
      return child !== null;
    },
    stop,
  };
}
