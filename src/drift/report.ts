// Drift as the admin side shows it: a status per column with the bins it rests on, and one status for the model.

import type { Role } from '../model.ts';
import type { Side } from './baseline.ts';
import { type Binning, CATEGORICAL_SPECIALS, edgesOf, NUMERIC_SPECIALS, SPECIALS } from './binning.ts';
import { afterward } from './quantile-edges.ts';
import type { Stream, StreamGroup } from './stream-group.ts';
import type { DriftStatus } from './verdict.ts';

export interface FeatureDriftView {
  readonly version: string;
  readonly role: Role;
  readonly feature: string;
  readonly kind: 'numeric' | 'categorical';
  readonly side: Side;
  readonly status: DriftStatus;
  readonly provisional: boolean;
  /** Rows gathered so far, while a provisional baseline is still in the making. */
  readonly baselineRows: number;
  /** Rows of the window last judged. */
  readonly rows: number;
  /** In nats; null where there are too few rows. */
  readonly psi: number | null;
  /** Likely cause in plain words, while the window is over its threshold. */
  readonly hint: string | null;
  /** Shares of the rows, 0 to 1. Special bins that neither side has met are left out. */
  readonly bins: readonly { readonly label: string; readonly baseline: number; readonly current: number }[];
}

export interface DriftView {
  readonly model: string;
  readonly status: DriftStatus;
  readonly windowMs: number;
  readonly features: readonly FeatureDriftView[];
}

export interface ModelDriftSummary {
  readonly status: DriftStatus;
  /** The largest PSI, of the drifting columns where there are any. */
  readonly worst: { readonly feature: string; readonly version: string; readonly psi: number } | null;
}

interface Window {
  readonly first: number;
  readonly last: number;
}

export function driftView(
  model: string,
  windowMs: number,
  seen: boolean,
  groups: readonly StreamGroup[],
  window: Window,
): DriftView {
  const features = groups.flatMap((group) => group.streams.map((stream) => featureView(group, stream, window)));
  return { model, status: statusOf(seen, groups), windowMs, features };
}

export function summarise(seen: boolean, groups: readonly StreamGroup[]): ModelDriftSummary {
  const status = statusOf(seen, groups);
  let worst: ModelDriftSummary['worst'] = null;
  for (const { version, streams } of groups) {
    for (const { name, psi, verdict } of streams) {
      if (psi === null || (status === 'drifting' && verdict.status !== 'drifting')) continue;
      if (worst === null || psi > worst.psi) worst = { feature: name, version, psi };
    }
  }
  return { status, worst };
}

/** The gravest that is known: a column that has no verdict yet hides none that has. */
function statusOf(seen: boolean, groups: readonly StreamGroup[]): DriftStatus {
  if (groups.length === 0) return seen ? 'unknown' : 'warming';
  const found = new Set(groups.flatMap(({ streams }) => streams.map(({ verdict }) => verdict.status)));
  const order: readonly DriftStatus[] = ['drifting', 'unknown', 'steady'];
  return order.find((status) => found.has(status)) ?? 'warming';
}

function featureView(group: StreamGroup, stream: Stream, window: Window): FeatureDriftView {
  const { version, role, side } = group;
  const { name, reference, provisional, verdict, psi, rows, hint } = stream;
  const head = { version, role, feature: name, side, status: verdict.status, rows, psi, hint };
  if (reference === null) {
    return { ...head, kind: 'numeric', provisional: true, baselineRows: provisional?.rows ?? 0, bins: [] };
  }
  const counts = new Float64Array(reference.binning.size);
  group.ticks.sum(window.first, window.last, stream.offset, counts.length, counts);
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const bins = labelsOf(reference.binning).map((label, bin) => ({
    label,
    baseline: (reference.counts[bin] as number) / Math.max(1, reference.rows),
    current: (counts[bin] as number) / total,
  }));
  return {
    ...head,
    kind: reference.binning.kind,
    provisional: reference.provisional,
    baselineRows: reference.rows,
    bins: bins.filter((bin, index) => index >= SPECIALS || bin.baseline > 0 || bin.current > 0),
  };
}

function labelsOf(binning: Binning): readonly string[] {
  if (binning.kind === 'categorical') return [...CATEGORICAL_SPECIALS, ...binning.categories];
  const edges = edgesOf(binning);
  const labels: string[] = [...NUMERIC_SPECIALS];
  for (let bin = 0; bin + 1 < edges.length; bin++) {
    const low = edges[bin] as number;
    const high = edges[bin + 1] as number;
    labels.push(high === afterward(low) ? `${short(low)}` : `${short(low)} to ${short(high)}`);
  }
  return labels;
}

const short = (value: number): string => (Math.abs(value) < 1e-300 ? '0' : String(Number(value.toPrecision(5))));
