// What the monitor does with a record, step by step, and all of it but the writing: for the workload of all benchmarks and for a
// request of 23 features. Every second record is the shadow of the one before.

import { createComparer } from '../../src/compare/comparer.ts';
import { createDriftEngine } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import { createBodyReaders } from '../../src/monitor/body-readers.ts';
import { createObserver } from '../../src/monitor/observe.ts';
import { createPlanShelf } from '../../src/monitor/plan-shelf.ts';
import { createUnreadableCounts } from '../../src/monitor/unreadable.ts';
import type { Reading } from '../../src/protocols/protocol.ts';
import { protocolOf } from '../../src/protocols/registry.ts';
import { createAccessLog, createLogger } from '../../src/telemetry/logs.ts';
import { removeFolder, temporaryFolder } from '../processes.ts';
import { recordsOf, SUBJECTS, type Subject } from './exchanges.ts';
import type { Micro } from './micro.ts';
import { readPlan, writeMirrored } from './plans.ts';

const DECISIONS = 500;
const OPTIONS = { features: {} };
const V2 = protocolOf('open-inference');

type Step = (record: ExchangeRecord) => number;

const width = (reading: Reading): number => (reading.kind === 'table' ? reading.table.columns.length : 0);

const STEPS: readonly { readonly name: string; readonly operation: string; prepare(subject: Subject): Step }[] = [
  {
    name: 'parse-request',
    operation: 'a request read with JSON.parse',
    prepare: () => (record) =>
      width(V2.readRequest({ bytes: record.request[0] ?? new Uint8Array(0), headers: {} }, OPTIONS)),
  },
  {
    name: 'read-request',
    operation: 'a request read by its template',
    prepare() {
      const { request } = readers();
      return (record) => width(request.read(record.request[0] ?? new Uint8Array(0), record.requestHeaders));
    },
  },
  {
    name: 'read-response',
    operation: 'an answer read by its template',
    prepare() {
      const [response] = readers().responses;
      return (record) => {
        const bytes = record.response[0] ?? new Uint8Array(0);
        return response === undefined ? 0 : width(response.read(bytes, record.responseHeaders));
      };
    },
  },
  {
    name: 'observe',
    operation: 'a record read, compared and counted for drift, and not written',
    prepare() {
      const clock = createManualClock();
      const [plan, drift, comparer] = [mirrored(), createDriftEngine({ clock }), createComparer({ clock })];
      for (const model of plan.models) drift.configure(model, null);
      const fault = (error: unknown): never => {
        throw error;
      };
      const { observe } = createObserver({
        shelf: createPlanShelf(plan, [], []),
        capture: { append: () => {}, lost: () => {} },
        drift,
        comparer,
        traces: null,
        accessLog: createAccessLog({ logger: createLogger({ level: 'silent', thread: 'micro' }), sample: 0.01 }),
        unreadable: createUnreadableCounts(fault),
        fault,
      });
      return (record) => {
        observe(record, null);
        return record.status;
      };
    },
  },
];

export const monitor: readonly Micro[] = SUBJECTS.flatMap((subject) =>
  STEPS.map(
    (step): Micro => ({
      name: `${step.name}-${subject.name}`,
      operation: `${step.operation}, ${subject.features} features`,
      targetNs: null,
      scale: 10,
      prepare() {
        const records = recordsOf(subject, DECISIONS);
        const run = step.prepare(subject);
        return (operations) => {
          let sum = 0;
          for (let i = 0; i < operations; i++) sum += run(records[i % records.length] as ExchangeRecord);
          return sum;
        };
      },
    }),
  ),
);

function readers() {
  const [model] = mirrored().models;
  if (model === undefined) throw new Error('the configuration has no model');
  return createBodyReaders(model, V2, OPTIONS, null);
}

function mirrored() {
  const folder = temporaryFolder('micro');
  try {
    return readPlan(writeMirrored(folder));
  } finally {
    removeFolder(folder);
  }
}
