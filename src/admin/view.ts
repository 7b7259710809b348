// What the admin side shows and asks for, as an interface: the monitor composes it from the rooms, the Hono app serves it.
// Every shape here is the JSON of an API answer, described once more as a schema in openapi.ts.

import type { AlarmView } from '../alarms/alarms.ts';
import type { WebhookState } from '../alarms/webhook.ts';
import type { SinkState } from '../capture/sinks/sink-state.ts';
import type { WindowName } from '../drift/counts/windows.ts';
import type { AskedReport } from '../drift/report.ts';
import type { SchemaKind } from '../drift/schema/schema-check.ts';
import type { Unsure } from '../drift/verdict/verdict.ts';
import type { Role } from '../model.ts';
import type { QualityView } from '../quality/quality-view.ts';

export type Phase = 'starting' | 'ready' | 'draining';

export interface ConfigStatus {
  readonly generation: string;
  readonly serial: number;
  readonly files: readonly string[];
  /** The last attempt to (re)load: ISO time, success, and the problems it reported. */
  readonly lastReload: { readonly at: string; readonly ok: boolean; readonly problems: readonly string[] };
  readonly reloads: { readonly succeeded: number; readonly failed: number };
}

/** Traffic of one version in one role since the start, and over the last minute. */
export interface TrafficView {
  readonly version: string;
  readonly role: Role;
  readonly share: number;
  readonly total: number;
  readonly errors: number;
  readonly perSecond: number;
  readonly errorsPerSecond: number;
  readonly latencyMs: { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null };
  /** Decisions per second over the last minutes, one number a tick, oldest first. */
  readonly history: readonly number[];
}

export type DriftStatus = 'warming' | 'steady' | 'drifting' | 'unknown';

export interface ModelSummary {
  readonly name: string;
  readonly owner: string | null;
  readonly description: string | null;
  readonly protocol: string;
  readonly champion: string;
  readonly traffic: readonly TrafficView[];
  readonly drift: {
    readonly status: DriftStatus;
    readonly worst: { readonly feature: string; readonly version: string; readonly psi: number } | null;
  };
}

export interface VersionView {
  readonly name: string;
  readonly share: number;
  readonly champion: boolean;
  /** URLs without credentials. */
  readonly urls: readonly string[];
  readonly lineage: Readonly<Record<string, string>>;
}

export interface ModelDetail extends ModelSummary {
  readonly versions: readonly VersionView[];
  readonly sticky: string | null;
  readonly mirrors: readonly { readonly version: string; readonly share: number }[];
  readonly capture: {
    readonly sample: number;
    readonly bodies: string;
    readonly received: number;
    readonly captured: number;
    readonly sampledOut: number;
    /** Received and lost, whatever the reason; and on the way to the disk now. */
    readonly dropped: number;
    readonly pending: number;
    readonly unreadable: number;
  };
}

/** received = captured + sampledOut + the sum of dropped + pending. */
export interface AccountView {
  readonly received: number;
  readonly captured: number;
  readonly sampledOut: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly pending: number;
  readonly withheld: number;
}

/** The accounts of capture. */
export interface CapturesView {
  readonly folder: string;
  readonly replica: string;
  readonly total: AccountView;
  /** '' is what belongs to no model any more. */
  readonly models: readonly (AccountView & { readonly model: string })[];
  /** Processes that ended and wrote into this folder: received = captured + sampledOut + the sum of dropped + lost. */
  readonly ended: readonly (Omit<AccountView, 'pending'> & {
    readonly replica: string;
    readonly end: string;
    readonly at: string;
    readonly lost: number;
  })[];
}

export interface SplitView {
  readonly model: string;
  readonly salt: string;
  readonly slots: number;
  readonly versions: readonly { readonly version: string; readonly share: number; readonly slots: number }[];
}

export interface ShadowView {
  readonly version: string;
  readonly share: number;
  readonly sent: number;
  readonly compared: number;
  readonly unpaired: number;
  readonly statusEqual: number;
  /** Pairs in which both predictions could be read, and those of them that were equal. */
  readonly predictionsCompared: number;
  readonly predictionsEqual: number;
  readonly meanAbsoluteDifference: number | null;
  readonly latencyDifferenceMs: number | null;
  readonly dropped: Readonly<Record<string, number>>;
}

/** A distance of a window from its baseline; docs/drift.md defines each. */
export interface DistanceView {
  readonly name: string;
  /** Null: `variant` says why. */
  readonly value: number | null;
  readonly amongValues: number | null;
  readonly unit: 'nats' | 'bits' | 'sqrt nats' | 'sqrt bits' | 'share' | 'chi-square' | '0 to 1' | 'column';
  readonly bounds: { readonly low: number; readonly high: number | null } | null;
  readonly p: number | null;
  readonly variant: string;
}

export interface FeatureDriftView {
  readonly version: string;
  readonly role: Role;
  readonly feature: string;
  readonly kind: 'numeric' | 'categorical';
  /** `request` columns are features, `response` columns predictions. */
  readonly side: 'request' | 'response';
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
  /** Measured against its baseline, or the champion's rows of the same ticks, of which `baselineRows` then is the number. */
  readonly against: 'baseline' | 'champion';
  readonly provisional: boolean;
  readonly baselineRows: number;
  /** When the baseline was made, or its last row came (ISO); null where its file does not say. */
  readonly baselineAt: string | null;
  /** When its first row was counted (ISO). */
  readonly since: string | null;
  readonly rows: number;
  readonly psi: number | null;
  /** Likely cause in plain words, while the window is over its threshold. */
  readonly hint: string | null;
  /** Its kind, how much of the change it accounts for (0 to 1), and where to look. */
  readonly cause: { readonly kind: string; readonly explains: number; readonly lookAt: string } | null;
  /** Where its change lives: in the rows of a caller or of a value of another column; null: everywhere, or unknown. */
  readonly where: WhereView | null;
  /** Categories that the baseline does not know, since the first row; where there are any. */
  readonly newCategories?: readonly { readonly text: string; readonly count: number; readonly error: number }[];
  readonly bins: readonly { readonly label: string; readonly baseline: number; readonly current: number }[];
  /** Where they were asked for. */
  readonly distances?: readonly DistanceView[];
}

export interface WhereView {
  /** `caller`, or the name of a column. */
  readonly key: string;
  readonly value: string;
  readonly how: 'only' | 'mix';
  readonly shareBefore: number;
  readonly shareNow: number;
  readonly text: string;
}

/** What moved the mean of a prediction, feature by feature. */
export interface PredictionCauseView {
  readonly version: string;
  readonly role: Role;
  readonly feature: string;
  /** The category whose share is meant; null where the prediction is a number. */
  readonly category: string | null;
  readonly before: number;
  readonly now: number;
  readonly explained: number;
  readonly unexplained: number;
  readonly r2: number;
  readonly contributions: readonly {
    readonly feature: string;
    readonly shift: number;
    readonly error: number;
    /** Share of the rows whose value no row of the baseline had. */
    readonly unseen: number;
    /** What of the unexplained rest may be due to those. */
    readonly unseenShift: number;
    readonly drifting: boolean;
  }[];
  readonly kind: string | null;
  readonly text: string;
  readonly lookAt: string | null;
}

export interface JointDriftView {
  readonly version: string;
  readonly role: Role;
  readonly status: 'warming' | 'steady' | 'drifting';
  /** Rows looked at. */
  readonly rows: number;
  /** The two that changed most surely; empty where nothing did. */
  readonly columns: readonly string[];
  /** Share of the rows in which both lie on the same side. */
  readonly before: number | null;
  readonly now: number | null;
  /** ISO. */
  readonly since: string | null;
  readonly text: string | null;
}

export interface DriftView {
  readonly model: string;
  readonly status: DriftStatus;
  readonly windowMs: number;
  /** What rows, bins, PSI and distances are of; `judged`: the ticks that the status rests on. Times in ISO. */
  /** Where counts go on from a snapshot after a restart: when it was taken (ISO). */
  readonly resumedFrom: string | null;
  readonly window: { readonly name: WindowName | 'judged'; readonly from: string | null; readonly to: string };
  /** Rows that break the schema of their baseline, now: what a changed definition upstream looks like at once. */
  readonly schema: readonly {
    readonly version: string;
    readonly role: Role;
    readonly side: 'request' | 'response';
    readonly feature: string;
    readonly kind: SchemaKind;
    /** ISO. */
    readonly since: string;
    readonly rows: number;
    readonly of: number;
    readonly text: string;
  }[];
  readonly features: readonly FeatureDriftView[];
  /** Of the predictions that drift, where the baseline has a surrogate of the model. */
  readonly predictions: readonly PredictionCauseView[];
  /** Columns together, per version and role: what has changed although each by itself is as before. */
  readonly joint: readonly JointDriftView[];
}

export interface ExplainView {
  readonly model: string;
  readonly unit: string;
  readonly version: string;
  readonly slot: number;
  /** Of the allocation used, and when it began (ISO); 0 and null without a lock. */
  readonly epoch: number;
  readonly since: string | null;
  readonly propensity: number;
  readonly reason: string;
  /** Index of the rule that held. */
  readonly rule: number | null;
  /** A leaving version: a gate that has seen the unit there within this time keeps it there. */
  readonly drain: { readonly version: string; readonly forMs: number } | null;
  /** What the unit was given in earlier epochs, newest first; version null: not on record. */
  readonly earlier: readonly {
    readonly epoch: number;
    readonly from: string;
    readonly slot: number;
    readonly version: string | null;
    readonly reason: string;
  }[];
  readonly generation: string;
}

/** Why the data path would not assign by a unit. */
export interface Unassigned {
  readonly obstacle: string;
}

/** What is on record of one decision: the primary call or calls, its shadows, and what came of it. */
export interface DecisionView {
  readonly decision: string;
  readonly calls: readonly Readonly<Record<string, unknown>>[];
  readonly outcomes: readonly {
    readonly name: string;
    readonly value: number | string | boolean;
    /** ISO. */
    readonly at: string;
    readonly key: string;
  }[];
  /** There may be more calls or outcomes than these. */
  readonly truncated: boolean;
}

/** What became of outcomes that were sent: all were taken, or none. */
export type OutcomesTaken =
  | { readonly ok: true; readonly written: number; readonly known: number }
  | { readonly ok: false; readonly why: 'invalid' | 'full' | 'busy'; readonly problems: readonly string[] };

export type ReloadOutcome =
  | { readonly ok: true; readonly generation: string }
  | { readonly ok: false; readonly problems: readonly string[] };

export interface AdminView {
  phase(): Phase;
  config(): ConfigStatus;
  models(): readonly ModelSummary[];
  model(name: string): ModelDetail | undefined;
  split(name: string): SplitView | undefined;
  shadows(name: string): readonly ShadowView[] | undefined;
  /** @param asked what to show besides, and of which columns */
  drift(name: string, asked?: AskedReport): DriftView | undefined;
  /** As the record was last read. */
  quality(name: string): QualityView | undefined;
  /** @param attributes what rules look at @returns an obstacle where the data path would not assign by such a unit */
  explain(
    model: string,
    unit: string,
    attributes: {
      readonly headers: Readonly<Record<string, string>>;
      readonly query: Readonly<Record<string, string>>;
      readonly path: string;
      readonly body: Uint8Array | null;
    },
  ): ExplainView | Unassigned | undefined;
  captures(): CapturesView;
  decision(id: string): Promise<DecisionView | { readonly busy: string } | undefined>;
  /** @param raw as they came in JSON */
  addOutcomes(raw: readonly unknown[]): Promise<OutcomesTaken>;
  sinks(): readonly SinkState[];
  alarms(): { readonly alarms: readonly AlarmView[]; readonly webhooks: readonly WebhookState[] };
  /** Of each: undefined where no alarm with this id is open. */
  acknowledge(id: string, by: string | null, note: string | null): AlarmView | undefined;
  snooze(id: string, forMs: number, by: string | null, note: string | null): AlarmView | undefined;
  resolve(id: string, by: string | null, note: string | null): AlarmView | undefined;
  /** Prometheus exposition and its content type. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  reload(): Promise<ReloadOutcome>;
}
