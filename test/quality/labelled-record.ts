// A data folder with decisions and the labels that came for them, for the tests of quality; and a look at it.

import { PLAN } from '../../benchmarks/simulations/risk-versions.ts';
import type { QualityPlan } from '../../src/config/plan.ts';
import { assessRecord } from '../../src/monitor/quality/read-record.ts';
import { readOutcome } from '../../src/outcomes/outcome.ts';
import { createOutcomeLog } from '../../src/outcomes/outcome-log.ts';
import type { QualityView, VersionQuality } from '../../src/quality/quality-view.ts';

export const QUALITY: QualityPlan = { ...PLAN, baselineRows: 100 };

/** @param outcomes as they come in JSON */
export async function addOutcomes(data: string, outcomes: readonly unknown[], replica = 'test-1-a'): Promise<void> {
  const log = createOutcomeLog({ data, replica, bytesMax: 1e9 });
  const read = outcomes.map((raw) => {
    const reading = readOutcome(raw, Date.now());
    if (!reading.ok) throw new Error(reading.problem);
    return reading.outcome;
  });
  await log.append(read);
  await log.close();
}

export function look(data: string, now: number, changes: Partial<QualityPlan> = {}): Promise<QualityView> {
  const plan = { ...QUALITY, ...changes };
  return assessRecord({ data, model: 'credit-default', plan, now, memoryBytes: 512 * 1024 ** 2 });
}

export function only(view: QualityView): VersionQuality {
  const [version] = view.versions;
  if (version === undefined || view.versions.length > 1) throw new Error(`there are ${view.versions.length} versions`);
  return version;
}
