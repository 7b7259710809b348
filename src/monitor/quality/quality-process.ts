// The process that reads the record for the quality of models, one after the other, and ends: DuckDB runs here, away from the gate's
// memory and threads, and gives way to everything else (nice 10). It may be killed at any moment.

import { constants, setPriority } from 'node:os';
import type { FromQualityProcess, QualityJob } from './messages.ts';
import { assessRecord } from './read-record.ts';

process.once('message', (job: QualityJob) => void run(job));

async function run({ data, memoryBytes, models }: QualityJob): Promise<void> {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  for (const { name, plan } of models) {
    try {
      const view = await assessRecord({ data, model: name, plan, now: Date.now(), memoryBytes });
      say({ kind: 'assessed', view });
    } catch (error) {
      say({ kind: 'failed', model: name, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  if (process.connected) process.disconnect();
}

/** Who does not listen any more has ended. */
function say(message: FromQualityProcess): void {
  if (process.connected) process.send?.(message);
}
