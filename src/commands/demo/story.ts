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

/** One line of the drift table: a feature over all versions that answer with it. */
export interface FeatureRow {
  readonly feature: string;
  readonly side: 'request' | 'response';
  readonly status: DriftStatus;
  /** The largest among the versions that have one. */
  readonly psi: number | null;
  readonly driftingIn: readonly string[];
  /** The gate's guess at the cause. */
  readonly hint: string | null;
}

const SEVERITY: Readonly<Record<DriftStatus, number>> = { unknown: 0, warming: 1, steady: 2, drifting: 3 };

/** Features in the order of the requests, then predictions, each with its worst version. */
export function featureRows(drift: DriftView | null): FeatureRow[] {
  const rows = new Map<string, FeatureRow>();
  for (const entry of drift?.features ?? []) {
    const key = `${entry.side} ${entry.feature}`;
    const before = rows.get(key);
    const driftingIn = entry.status === 'drifting' ? [entry.version] : [];
    rows.set(key, {
      feature: entry.feature,
      side: entry.side,
      status: before === undefined || SEVERITY[entry.status] > SEVERITY[before.status] ? entry.status : before.status,
      psi: before === undefined || before.psi === null ? entry.psi : Math.max(before.psi, entry.psi ?? 0),
      hint: before?.hint ?? entry.hint,
      driftingIn: [...(before?.driftingIn ?? []), ...driftingIn.filter((v) => before?.driftingIn.includes(v) !== true)],
    });
  }
  const all = [...rows.values()];
  return [...all.filter((row) => row.side === 'request'), ...all.filter((row) => row.side === 'response')];
}
