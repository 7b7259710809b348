// A process that records as fast as it can until it is killed. It says how many records are on disk after each flush.
// argv: data folder

import { createCapture } from '../../src/capture/capture.ts';
import { modelPlan } from './plans.ts';
import { exchange } from './records.ts';

const capture = await createCapture({
  data: process.argv[2] ?? '',
  process: { host: 'test-host', pid: process.pid, startedAt: Date.now(), isAlive: () => true },
  wall: () => Date.now(),
  now: () => performance.now(),
  report: () => undefined,
  limits: { segmentBytes: 256 * 1024 },
});
const of = { generation: 'g', model: modelPlan() };
for (let i = 0; ; i++) {
  const record = exchange({ decisionId: `decision-${i}`, request: [new Uint8Array(500).fill(65)] });
  capture.append(record, of, { features: null, predictions: null });
  if (i % 100 !== 99) continue;
  await capture.flush();
  process.stdout.write(`${capture.totals().captured}\n`);
}
