// How many decisions a second one monitor thread can capture in full, and what stops it: `npm run bench:capture`. Slabs are read as
// the intake reads them, one per turn of the event loop; records go to a real disk in real groups. Three runs: the slab read and
// the record written; the same under `redact`; and everything that the monitor does with a record. Gateways are left out.

import { join } from 'node:path';
import { createCapture } from '../src/capture/capture.ts';
import { createSlabWriter, readSlab, type SlabMessage } from '../src/capture/handover/slab.ts';
import { createComparer } from '../src/compare/comparer.ts';
import type { ModelPlan } from '../src/config/plan.ts';
import { createDriftEngine } from '../src/drift/engine.ts';
import { systemClock } from '../src/kernel/clock.ts';
import type { ExchangeRecord } from '../src/model.ts';
import { createObserver } from '../src/monitor/observe.ts';
import { createPlanShelf } from '../src/monitor/plan-shelf.ts';
import { createUnreadableCounts } from '../src/monitor/unreadable.ts';
import { createAccessLog, createLogger } from '../src/telemetry/logs.ts';
import { exchange, SUBJECTS } from './micro/exchanges.ts';
import { readPlan, writeMirrored } from './micro/plans.ts';
import { guardProcesses, removeFolder, temporaryFolder } from './processes.ts';

const SECONDS = Number(process.argv[2] ?? 8);
const DECISIONS = 20_000;
/** What waits for the disk; beyond, the gateways' slabs would not come back as fast. */
const WAITING_BYTES = 32 * 1024 ** 2;
const NOTHING = { features: null, predictions: null };

guardProcesses();

const subject = SUBJECTS.find(({ name }) => name === 'card');
if (subject === undefined) throw new Error('the workload of card holders is gone');
const slabs: SlabMessage[] = [];
const writer = createSlabWriter({ post: (message) => slabs.push(message), slabsMax: 4096 });
for (let i = 0; i < DECISIONS; i++) writer.write(exchange(subject, i, 'champion'));
writer.flush();
const example = exchange(subject, 1, 'champion');
process.stdout.write(
  `${DECISIONS} decisions of ${example.requestBytes} + ${example.responseBytes} bytes of bodies, in ${slabs.length} slabs; ${SECONDS} s each\n`,
);

const folder = temporaryFolder('capture-rate');
try {
  const plan = readPlan(writeMirrored(folder));
  const [model] = plan.models;
  if (model === undefined) throw new Error('the configuration has no model');
  const redacting: ModelPlan = { ...model, capture: { ...model.capture, redact: [['inputs', 'AGE', 'data']] } };
  for (const [name, of] of [
    ['written', model],
    ['redacted and written', redacting],
  ] as const) {
    await run(name, (record, capture) => capture.append(record, { generation: 'g', model: of }, NOTHING));
  }
  const drift = createDriftEngine({ clock: systemClock });
  for (const one of plan.models) drift.configure(one, null);
  const fault = (error: unknown): never => {
    throw error;
  };
  let observe: ((record: ExchangeRecord) => void) | null = null;
  await run('read, written, compared, counted for drift', (record, capture) => {
    if (observe === null) {
      const observer = createObserver({
        shelf: createPlanShelf(plan, [], []),
        capture,
        drift,
        comparer: createComparer({ clock: systemClock }),
        traces: null,
        accessLog: createAccessLog({ logger: createLogger({ level: 'silent', thread: 'rate' }), sample: 0.01 }),
        unreadable: createUnreadableCounts(fault),
        fault,
      });
      observe = (one) => observer.observe(one, null);
    }
    observe(record);
  });
} finally {
  removeFolder(folder);
}

type Recorder = Awaited<ReturnType<typeof createCapture>>;

async function run(name: string, take: (record: ExchangeRecord, capture: Recorder) => void): Promise<void> {
  const capture = await createCapture({
    data: join(folder, name.replaceAll(/\W+/g, '-')),
    process: { host: 'rate', pid: process.pid, startedAt: Date.now(), isAlive: () => true },
    wall: Date.now,
    now: () => performance.now(),
    report: (message) => process.stderr.write(`${message}\n`),
  });
  const flushing = setInterval(() => void capture.flush(), 50);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let stalledMs = 0;
  while (performance.now() - startedAt < SECONDS * 1000) {
    for (const slab of slabs) {
      readSlab(slab.buffer, slab.used, (record) => take(record, capture));
      await new Promise((resolve) => setImmediate(resolve));
      if (capture.totals().pendingBytes < WAITING_BYTES) continue;
      const before = performance.now();
      await capture.flush();
      stalledMs += performance.now() - before;
    }
  }
  await capture.flush();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(flushing);
  const { captured, dropped } = capture.totals();
  await capture.close();
  const lost = Object.values(dropped).reduce((sum, one) => sum + one, 0);
  process.stdout.write(
    `${name}: ${Math.round(captured / seconds)} records/s captured (${lost} dropped), CPU ${((user + system) / captured).toFixed(1)} us a record, ${Math.round(stalledMs / seconds / 10)}% of the time waiting for the disk\n`,
  );
}
