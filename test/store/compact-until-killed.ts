// A process that compacts a folder in small operations, again and again while another adds segments, until it is killed. It says
// when it has found nothing more to do. argv: data folder

import { compact } from '../../src/capture/store/compact.ts';

const done = await compact({
  data: process.argv[2] ?? '',
  unique: process.pid.toString(36),
  // A day later: every file of the calls is to be merged as well.
  wall: () => Date.UTC(2026, 2, 4) + performance.now(),
  memoryBytes: 256 * 1024 ** 2,
  retention: { bodiesMs: 1e12, recordsMs: 1e12, bytesMax: 1e12 },
  isHeld: async () => false,
  report: () => undefined,
  operationBytes: 24 * 1024,
});
process.stdout.write(`${JSON.stringify(done)}\n`);
