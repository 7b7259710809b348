// What every sink promises, as a suite that runs against one other side: a small server of this folder, or the real thing
// (test/real).

import { afterAll, describe, expect, test } from 'vitest';
import type { CaptureRow } from '../../../src/capture/row.ts';
import { capturesFolder } from '../../../src/capture/segments/folder.ts';
import { createLogReader, LOG_START } from '../../../src/capture/sinks/log-reader.ts';
import { SINK_FAULTS, SinkFailure, type SinkFault, type SinkRecord } from '../../../src/capture/sinks/sink.ts';
import { openSink } from '../../../src/capture/sinks/sinks.ts';
import type { SinkPlan, SinkType } from '../../../src/config/plan.ts';
import { idsOf, openLog } from './log-on-disk.ts';

/** The other side of a sink: it says which records reached it, and it can be made to fail. */
export interface OtherSide {
  readonly plan: SinkPlan;
  /** `model id`, in the order of arrival; twice where it came twice. */
  received(): readonly string[];
  /** Troubles that pass, by name. */
  readonly troubles: Readonly<Record<string, Trouble>>;
  /** Has a record refused for ever: @returns the record to hand over in its place; null where none is ever refused. */
  readonly refuse: ((record: SinkRecord) => SinkRecord) | null;
  /** It is gone, and nobody listens any more. */
  leave(): Promise<void>;
}

export interface Trouble {
  begin(): void | Promise<void>;
  end(): void | Promise<void>;
  readonly fault: SinkFault;
  /** In what is told of it. */
  readonly told: RegExp;
}

export interface SideKind {
  readonly type: SinkType;
  /** Names of its troubles. */
  readonly troubles: readonly string[];
  start(): Promise<OtherSide>;
}

const MODELS = ['churn', 'credit-default', 'fraud'];
const NEVER = new AbortController().signal;

/** 60 records of three models, as they come from disk. */
async function records(): Promise<readonly SinkRecord[]> {
  const log = await openLog();
  for (const id of idsOf(1, 60)) await log.write([id], {}, MODELS[Number(id.slice(2)) % 3]);
  await log.close();
  const reader = createLogReader({
    folder: capturesFolder(log.data),
    replica: log.replica,
    from: LOG_START,
    report: () => undefined,
  });
  const read = await reader.read(1000, 1e9);
  await reader.close();
  return read.records;
}

const all = await records();
const nameOf = ({ model, decision_id }: CaptureRow): string => `${model} ${decision_id}`;

async function deliver(side: OtherSide, given: readonly SinkRecord[], signal = NEVER) {
  const sink = await openSink(side.plan, Date.now);
  const settled = new Map<SinkRecord, string | undefined>();
  const outcome = await sink
    .deliver(given, (record, refused) => settled.set(record, refused), signal)
    .then(
      () => null,
      (error: unknown) => error,
    );
  await sink.close();
  return { settled, outcome };
}

export function holdsTheContract(name: string, kind: SideKind): void {
  describe(name, () => {
    let last: OtherSide | undefined;
    const begin = async (): Promise<OtherSide> => {
      last = await kind.start();
      return last;
    };
    afterAll(() => last?.leave());

    test('delivers every record, those of one model in their order, and settles each', async () => {
      const side = await begin();
      const { settled, outcome } = await deliver(side, all);
      expect(outcome).toBeNull();
      expect([...settled.values()].filter((refused) => refused !== undefined)).toEqual([]);
      expect(settled.size).toBe(all.length);
      const received = side.received();
      expect(received.length).toBe(all.length);
      for (const model of MODELS) {
        const wanted = all.filter(({ row }) => row.model === model).map(({ row }) => nameOf(row));
        expect(received.filter((one) => one.startsWith(`${model} `))).toEqual(wanted);
      }
    });

    test.each(kind.troubles)('takes %s for a failure that passes, and settles nothing', async (what) => {
      const side = await begin();
      const trouble = side.troubles[what];
      if (trouble === undefined) throw new Error(`${name} has no trouble called ${what}`);
      await trouble.begin();
      const { settled, outcome } = await deliver(side, all);
      expect(outcome).toBeInstanceOf(SinkFailure);
      const { fault, message } = outcome as SinkFailure;
      expect(SINK_FAULTS).toContain(fault);
      expect(fault).toBe(trouble.fault);
      expect(message).toMatch(trouble.told);
      expect(settled.size).toBe(0);
      await trouble.end();
      expect((await deliver(side, all)).settled.size).toBe(all.length);
      expect(new Set(side.received()).size).toBe(all.length);
    });

    test('passes over what is refused for good, and only that', async () => {
      const side = await begin();
      // What holds rows of any kind refuses none.
      if (side.refuse === null) return;
      const [one] = all.slice(17);
      if (one === undefined) throw new Error('there are 60 records');
      const bad = side.refuse(one);
      const given = all.map((record) => (record === one ? bad : record));
      const { settled, outcome } = await deliver(side, given);
      expect(outcome).toBeNull();
      expect(settled.size).toBe(all.length);
      expect([...settled].filter(([, refused]) => refused !== undefined).map(([record]) => record)).toEqual([bad]);
      expect(new Set(side.received())).toEqual(
        new Set(given.filter((record) => record !== bad).map(({ row }) => nameOf(row))),
      );
    });

    test('gives up at once when it is told to', async () => {
      const side = await begin();
      const { settled, outcome } = await deliver(side, all, AbortSignal.abort());
      expect(outcome).not.toBeNull();
      expect(settled.size).toBe(0);
    });

    test('takes no records for no work', async () => {
      const side = await begin();
      expect(await deliver(side, [])).toEqual({ settled: new Map(), outcome: null });
    });

    test('says that nobody is there, and settles nothing', async () => {
      const side = await begin();
      await side.leave();
      const { settled, outcome } = await deliver(side, all.slice(0, 3));
      expect(outcome).toBeInstanceOf(SinkFailure);
      expect((outcome as SinkFailure).fault).toMatch(/connect|timeout/);
      expect(settled.size).toBe(0);
    });
  });
}
