// What the demo knows at one moment, as the view shows it: the gate's own words (from the admin API), what the callers
// counted, and how far the staged incident has come. Plain data; no room of the gate is asked directly.

import type { DriftStatus, DriftView, ModelSummary, ShadowView } from '../../admin/view.ts';
import type { CallerCounts } from './callers.ts';

export interface Story {
  readonly elapsedMs: number;
  readonly rate: number;
  readonly urls: { readonly data: string; readonly admin: string };
  readonly model: ModelSummary | null;
  readonly shadows: readonly ShadowView[];
  readonly drift: DriftView | null;
  readonly callers: CallerCounts;
  readonly incident: Incident;
  /** Why the admin API gave no answer this time. */
  readonly trouble: string | null;
}

/** Milliseconds since the start; null where it has not happened. */
export interface Incident {
  readonly plannedMs: number;
  readonly beganMs: number | null;
  /** When drift on the feature was first seen. */
  readonly noticedMs: number | null;
}

/** One line of the drift table: a feature over all versions that were asked with it. */
export interface FeatureRow {
  readonly feature: string;
  readonly side: 'request' | 'response';
  /** Of the version that is worst off; of the busiest among equals. */
  readonly status: DriftStatus;
  readonly psi: number | null;
  /** The gate's guess at the cause. */
  readonly hint: string | null;
  readonly driftingIn: readonly string[];
}

const SEVERITY: Readonly<Record<DriftStatus, number>> = { unknown: 0, warming: 1, steady: 2, drifting: 3 };

/** Features in the order of the requests, then predictions. */
export function featureRows(drift: DriftView | null): FeatureRow[] {
  const byFeature = Map.groupBy(drift?.features ?? [], ({ side, feature }) => `${side} ${feature}`);
  const rows = [...byFeature.values()].flatMap((entries) => {
    const [worst] = entries.toSorted((a, b) => SEVERITY[b.status] - SEVERITY[a.status] || b.rows - a.rows);
    if (worst === undefined) return [];
    const { feature, side, status, psi, hint } = worst;
    const drifting = entries.filter((entry) => entry.status === 'drifting').map(({ version }) => version);
    return [{ feature, side, status, psi, hint, driftingIn: [...new Set(drifting)] }];
  });
  return [...rows.filter(({ side }) => side === 'request'), ...rows.filter(({ side }) => side === 'response')];
}
