// The store as the gate has it: it is compacted in the background and asked for single decisions. DuckDB never runs in this process.

import type { StorePlan } from '../../config/plan.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { CaptureRow } from '../row.ts';
import { type CompactorCounts, createCompactor } from './compactor.ts';
import { createStoredFinder } from './find-stored.ts';
import { createKeepWarm } from './keep-warm.ts';
import { createRowsReader } from './rows-reader.ts';
import { startStoreProcess } from './start-process.ts';

export interface Store {
  /** Look whether there is work; call it about once a second. */
  tick(): void;
  configure(plan: StorePlan): void;
  /** Compacted rows of one decision. @throws Busy where too many ask; Error where the store cannot be read */
  find(decisionId: string): Promise<CaptureRow[]>;
  readonly counts: CompactorCounts;
  stop(): Promise<void>;
}

export interface StoreOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  readonly plan: StorePlan;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Close the segment that is being written, so that its records can go in. */
  readonly roll: () => Promise<void>;
  readonly report: (message: string) => void;
}

export function createStore({ data, plan, clock, env, roll, report }: StoreOptions): Store {
  const start = () => startStoreProcess(env);
  const compactor = createCompactor({ data, plan, clock, start, roll, report });
  const reader = createRowsReader({ start });
  const finder = createStoredFinder(data, reader.read);
  const warmth = createKeepWarm({ clock, reader, sample: finder.sample, report });
  return {
    tick() {
      compactor.tick();
      warmth.tick();
    },
    configure: compactor.configure,
    find: finder.find,
    get counts() {
      return compactor.counts;
    },
    async stop() {
      warmth.stop();
      reader.stop();
      await compactor.stop();
    },
  };
}
