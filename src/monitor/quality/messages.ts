// What the monitor and the process that reads the record for quality say to each other: one job, an answer per model, and an end.

import type { QualityPlan } from '../../config/plan.ts';
import type { QualityView } from '../../quality/quality-view.ts';

export interface QualityJob {
  readonly data: string;
  readonly memoryBytes: number;
  readonly models: readonly { readonly name: string; readonly plan: QualityPlan }[];
}

export type FromQualityProcess =
  | { readonly kind: 'assessed'; readonly view: QualityView }
  | { readonly kind: 'failed'; readonly model: string; readonly problem: string };
