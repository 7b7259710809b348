// Drift as the admin side shows it: a status per column with the bins it rests on, and one status for the model.

import type { Role } from '../model.ts';
import { psiOf } from '../statistics/psi.ts';
import type { Frequent } from '../statistics/space-saving.ts';
import type { Side } from './baseline/baseline.ts';
import { type Binning, CATEGORICAL_SPECIALS, edgesOf, NUMERIC_SPECIALS, SPECIALS } from './baseline/binning.ts';
import { afterward } from './baseline/quantile-edges.ts';
import type { Reference } from './baseline/reference.ts';
import { type CauseView, causeView, hintOf, type Located, type Where } from './cause/cause.ts';
import { type PredictionCause, predictionView } from './cause/prediction-cause.ts';
import type { Stream, StreamGroup } from './counts/stream-group.ts';
import type { Covered, WindowName } from './counts/windows.ts';
import { type AskedDistances, CONVENTIONS } from './distances/conventions/conventions.ts';
import { type Distance, distancesOfBins } from './distances/distances.ts';
import type { JointView } from './joint/joint-watches.ts';
import type { SchemaFinding, SchemaKind } from './schema/schema-check.ts';
import type { DriftStatus, Unsure } from './verdict/verdict.ts';

export interface FeatureDriftView {
  readonly version: string;
  readonly role: Role;
  readonly feature: string;
  readonly kind: 'numeric' | 'categorical';
  readonly side: Side;
  readonly status: DriftStatus;
  /** Natural logarithm of the evidence for a change beyond the tolerance; null before the first row. */
  readonly evidence: number | null;
  /** The same of what an alarm takes; null of merged snapshots, whose gates each have their own. */
  readonly threshold: number | null;
  /** When what an open alarm is about began (ISO); null where none is open. */
  readonly changedSince: string | null;
  /** Evidence for any change at all, however small: for whoever wants to know; it wakes nobody. */
  readonly anyChange: number | null;
  /** The smallest shift, in standard deviations, that the rows of late would have shown: what `steady` excludes. */
  readonly detectable: number | null;
  /** Why nothing can be said for sure, while nothing can. */
  readonly unsure: Unsure | null;
  /** Measured against its baseline, or the champion's rows of the same ticks. */
  readonly against: 'baseline' | 'champion';
  readonly provisional: boolean;
  /** Rows gathered so far, while a provisional baseline is still in the making. */
  readonly baselineRows: number;
  /** When the baseline was made, or its last row came (ISO, to within a tick); null where its file does not say. */
  readonly baselineAt: string | null;
  /** When its first row was counted (ISO, to within a tick); null before. */
  readonly since: string | null;
  /** Rows of the window. */
  readonly rows: number;
  /** In nats; null where there are too few rows. */
  readonly psi: number | null;
  /** Likely cause in plain words, while the window is over its threshold. */
  readonly hint: string | null;
  /** Its kind, how much of the change it accounts for, and where to look. */
  readonly cause: CauseView | null;
  /** Where its change lives; null: everywhere, or nobody knows. */
  readonly where: Where | null;
  /** Categories that the baseline does not know, the most frequent ones, since the first row; counts are too large by `error` at most. */
  readonly newCategories?: readonly Frequent[];
  /** Shares of the rows, 0 to 1. Special bins that neither side has met are left out. */
  readonly bins: readonly { readonly label: string; readonly baseline: number; readonly current: number }[];
  /** Of the window last judged; only where they were asked for, of 1000 columns at most. */
  readonly distances?: readonly Distance[];
}

export interface DriftView {
  readonly model: string;
  readonly status: DriftStatus;
  readonly windowMs: number;
  readonly window: WindowView;
  /** Where the gate was started again: counts go on from what was known at this time (ISO), rows since then until the start are lost. */
  readonly resumedFrom: string | null;
  /** Rows that break the schema of their baseline, now. */
  readonly schema: readonly SchemaView[];
  readonly features: readonly FeatureDriftView[];
  /** Why predictions drift, where they do and the baseline can tell. */
  readonly predictions: readonly (PredictionCause & { readonly version: string; readonly role: Role })[];
  /** Of columns together, per version and role. */
  readonly joint: readonly JointView[];
}

export interface SchemaView {
  readonly version: string;
  readonly role: Role;
  readonly side: Side;
  readonly feature: string;
  readonly kind: SchemaKind;
  /** When it was found (ISO). */
  readonly since: string;
  /** Rows that have it, of so many, in the last ticks; of a new column calls. */
  readonly rows: number;
  readonly of: number;
  readonly text: string;
}

/** What the rows, bins, PSI and distances are of. Status and hint are of the ticks judged last, whatever is asked for. */
export interface WindowView {
  /** `judged`: the ticks that the status rests on. */
  readonly name: WindowName | 'judged';
  /** ISO; `from` null: since the first row of each version, as `since` says. */
  readonly from: string | null;
  readonly to: string;
}

export interface ModelDriftSummary {
  readonly status: DriftStatus;
  /** The largest PSI, of the drifting columns where there are any. */
  readonly worst: { readonly feature: string; readonly version: string; readonly psi: number } | null;
}

export interface Reported {
  readonly model: string;
  readonly seen: boolean;
  readonly groups: readonly StreamGroup[];
  readonly schema: readonly { readonly group: StreamGroup; readonly findings: readonly SchemaFinding[] }[];
  readonly joint: readonly JointView[];
  readonly tickMs: number;
  /** Log of the evidence that an alarm takes now; null where nobody knows. */
  readonly threshold: number | null;
  /** What the window holds. */
  readonly covered: Covered;
  /** When the baseline file was made (ISO). */
  readonly baselineMade: string | null;
  /** Unix milliseconds of the snapshot from which the counts go on. */
  readonly resumedFrom: number | null;
  readonly asked: AskedReport;
  readonly locate: (group: StreamGroup, stream: Stream) => Located;
  /** Of a prediction that drifts; null of any other column, and where nothing explains it. */
  readonly prediction: (group: StreamGroup, stream: Stream) => PredictionCause | null;
}

/** What somebody wants to see of a model's drift. */
export interface AskedReport {
  /** Distances to add, if any: they cost more than all the rest. */
  readonly distances: AskedDistances | null;
  /** Names of columns; null for all. */
  readonly features: readonly string[] | null;
  /** Null or absent for the ticks judged last. */
  readonly window?: WindowName | null;
}

/** Columns of one report that are given distances, the largest PSI first: a fraction of a millisecond each, on the monitor's thread. */
const COLUMNS_MAX = 1000;

export function driftView(reported: Reported): DriftView {
  const { model, seen, groups, covered, asked } = reported;
  const wanted = asked.features === null ? null : new Set(asked.features);
  const shown = groups.flatMap((group) =>
    group.streams.filter(({ name }) => wanted === null || wanted.has(name)).map((stream) => ({ group, stream })),
  );
  const predicted = new Map<Stream, DriftView['predictions'][number]>();
  for (const group of groups) {
    for (const stream of group.streams) {
      const found = reported.prediction(group, stream);
      if (found !== null) predicted.set(stream, { version: group.version, role: group.role, ...found });
    }
  }
  const measured = new Set(asked.distances === null ? [] : largestPsi(shown.map(({ stream }) => stream)));
  const features = shown.map(({ group, stream }) => {
    const distances = measured.has(stream) ? asked.distances : null;
    return featureView(group, stream, reported, { explained: predicted.get(stream), asked: distances });
  });
  const { from, to } = covered;
  const start = from ?? Math.min(to, ...groups.map(({ windows }) => windows.since ?? to));
  return {
    model,
    status: statusOf(seen, groups),
    windowMs: to - start,
    window: { name: asked.window ?? 'judged', from: from === null ? null : isoOf(from), to: isoOf(to) },
    resumedFrom: reported.resumedFrom === null ? null : isoOf(reported.resumedFrom),
    schema: reported.schema.flatMap(({ group: { version, role, side }, findings }) =>
      findings
        .filter(({ feature }) => wanted === null || wanted.has(feature))
        .map(({ since, ...finding }) => ({ version, role, side, ...finding, since: isoOf(since) })),
    ),
    features,
    predictions: [...predicted.values()],
    joint: reported.joint,
  };
}

/** Nothing is known yet: JSON has no infinity. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const isoOf = (ms: number): string => new Date(ms).toISOString();

function largestPsi(streams: readonly Stream[]): readonly Stream[] {
  if (streams.length <= COLUMNS_MAX) return streams;
  return streams.toSorted((one, other) => (other.psi ?? -1) - (one.psi ?? -1)).slice(0, COLUMNS_MAX);
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

function featureView(
  group: StreamGroup,
  stream: Stream,
  reported: Reported,
  { explained, asked }: { readonly explained: PredictionCause | undefined; readonly asked: AskedDistances | null },
): FeatureDriftView {
  const { version, role, side } = group;
  const { name, reference, provisional, verdict } = stream;
  const located = reported.locate(group, stream);
  const baselineAt = madeAt(stream, reported);
  const since = group.windows.since === null ? null : isoOf(group.windows.since);
  const head = {
    version,
    role,
    feature: name,
    side,
    status: verdict.status,
    evidence: finite(verdict.evidence),
    threshold: reported.threshold,
    changedSince: verdict.since === null ? null : isoOf(verdict.since),
    anyChange: finite(verdict.anyChange),
    detectable: finite(verdict.detectable),
    unsure: verdict.unsure,
    hint: explained?.text ?? hintOf(located),
    cause: explained === undefined ? causeView(located.cause) : predictionView(explained),
    where: located.where,
    against: reference?.against ?? 'baseline',
    baselineAt,
    since,
  };
  if (reference === null) {
    const rowsSoFar = provisional?.rows ?? 0;
    const none = asked === null ? {} : { distances: [] };
    const empty = { rows: 0, psi: null, bins: [] };
    return { ...head, kind: 'numeric', provisional: true, baselineRows: rowsSoFar, ...empty, ...none };
  }
  const counts = group.windows.sum(reported.covered, stream.offset, reference.binning.size);
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
    ...((reported.asked.window ?? null) === null
      ? { rows: stream.rows, psi: stream.psi }
      : figuresOf(reference, counts)),
    kind: reference.binning.kind,
    provisional: reference.provisional,
    baselineRows: reference.rows,
    ...(stream.newcomers === null ? {} : { newCategories: stream.newcomers.top() }),
    bins: bins.filter((bin, index) => index >= SPECIALS || bin.baseline > 0 || bin.current > 0),
    ...(asked === null ? {} : { distances: distances(reference, counts, asked) }),
  };
}

function figuresOf(reference: Reference, counts: Float64Array): { readonly rows: number; readonly psi: number | null } {
  const found = psiOf(reference.counts, counts);
  return { rows: found.currentRows, psi: Number.isNaN(found.psi) ? null : found.psi };
}

function distances(reference: Reference, current: Float64Array, asked: AskedDistances): readonly Distance[] {
  const pair = { binning: reference.binning, baseline: reference.counts, current };
  return [...distancesOfBins(pair, asked.own), ...asked.conventions.flatMap((name) => CONVENTIONS[name].ofBins(pair))];
}

function madeAt({ provisional }: Stream, { baselineMade, tickMs }: Reported): string | null {
  if (provisional === null) return baselineMade;
  return provisional.frozenTick === null ? null : new Date((provisional.frozenTick + 1) * tickMs).toISOString();
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
