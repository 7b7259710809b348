// Has the process that reads the store there before anybody asks: starting it takes a quarter of a second, which the first question
// would wait for. It is started once the store has a file, a while after the gate, and again after it was let go. Idle, it costs some 50 MB.

import type { Clock } from '../../kernel/clock.ts';
import { textOf } from '../segments/folder.ts';
import type { WantedRows } from './read-rows.ts';
import type { RowsReader } from './rows-reader.ts';

export interface KeepWarm {
  /** Call it about once a second. */
  tick(): void;
  stop(): void;
}

export interface KeepWarmOptions {
  readonly clock: Clock;
  readonly reader: RowsReader;
  /** A row of the store to read; undefined while there is none. */
  readonly sample: () => Promise<WantedRows | undefined>;
  readonly report: (message: string) => void;
}

/** Between the start of the gate and the first look, and between two looks. */
const LOOK_MS = 10_000;
/** After a process that did not start, or did not answer: a question starts one all the same. */
const AGAIN_MS = 10 * 60_000;

export function createKeepWarm({ clock, reader, sample, report }: KeepWarmOptions): KeepWarm {
  let lookAt = clock.now() + LOOK_MS;
  let isLooking = false;
  let isStopped = false;

  async function look(): Promise<void> {
    try {
      const row = await sample();
      if (row !== undefined && !isStopped) await reader.warm(row);
      lookAt = clock.now() + LOOK_MS;
    } catch (error) {
      lookAt = clock.now() + AGAIN_MS;
      if (!isStopped)
        report(
          `the process that reads the store was not there before the first question: ${textOf(error)}; a question starts it, else it is tried again in ten minutes`,
        );
    }
  }

  return {
    tick() {
      if (isLooking || isStopped || reader.isRunning || clock.now() < lookAt) return;
      isLooking = true;
      void look().finally(() => {
        isLooking = false;
      });
    },
    stop() {
      isStopped = true;
    },
  };
}
