// A log for sinks to read: written by capture itself, record by record, into a temporary folder.

import { createCapture } from '../../../src/capture/capture.ts';
import { isAlive } from '../../../src/capture/segments/process-life.ts';
import type { SinkPlan } from '../../../src/config/plan.ts';
import type { ExchangeRecord } from '../../../src/model.ts';
import { temporaryFolder } from '../open-capture.ts';
import { modelPlan } from '../plans.ts';
import { bodies, exchange } from '../records.ts';

export interface WrittenLog {
  readonly data: string;
  readonly replica: string;
  /** Take records whose decision ids are these, and have them on disk. */
  write(ids: readonly string[], changes?: Partial<ExchangeRecord>, model?: string): Promise<void>;
  close(): Promise<void>;
}

let starts = 0;

/** @param options.pid of the process that is said to write: this one unless given */
export async function openLog(
  options: {
    readonly data?: string;
    readonly segmentBytes?: number;
    readonly pid?: number;
    readonly totalBytes?: number;
  } = {},
): Promise<WrittenLog> {
  const data = options.data ?? (await temporaryFolder());
  starts += 1;
  const capture = await createCapture({
    data,
    process: { host: 'test-host', pid: options.pid ?? process.pid, startedAt: 1_700_000_000_000 + starts, isAlive },
    wall: () => Date.now(),
    now: () => performance.now(),
    report: () => undefined,
    limits: {
      ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
      ...(options.totalBytes === undefined ? {} : { totalBytes: options.totalBytes }),
    },
  });
  return {
    data,
    replica: capture.replica,
    async write(ids, changes = {}, name = 'credit-default') {
      const of = { generation: 'aaaabbbbccccdddd', model: modelPlan({ name }) };
      for (const [index, decisionId] of ids.entries()) {
        const record = exchange({ ...bodies(`{"id":"${decisionId}"}`, '{"answer":1}'), decisionId, ...changes });
        capture.append(record, of, { features: null, predictions: null });
        // A batch goes to one segment: small ones, so that there are many segments.
        if (index % 5 === 4) await capture.flush();
      }
      await capture.flush();
    },
    close: () => capture.close(),
  };
}

/** Ids `first` to `last`, in a form that sorts. */
export function idsOf(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `d-${String(first + i).padStart(6, '0')}`);
}

export function sinkPlan(changes: Partial<SinkPlan> = {}): SinkPlan {
  return {
    name: 'out',
    type: 'cloudevents',
    models: null,
    shadows: true,
    from: 'earliest',
    batch: { recordsMax: 50, bytesMax: 64 * 1024, lingerMs: 5 },
    timeoutMs: 2000,
    tls: null,
    url: 'http://127.0.0.1:9/',
    mode: 'binary',
    events: 'all',
    namespace: 'default',
    headers: {},
    ...changes,
  } as SinkPlan;
}
