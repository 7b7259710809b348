// How good a model's predictions turned out, as the admin side and the command show it: per version and role, over time, with labels
// and as estimated without them, and the risk with its status. Plain data; docs/quality.md says what each figure means.

import type { Role } from '../model.ts';
import type { PeriodUnit } from './periods.ts';

export type QualityStatus = 'warming' | 'steady' | 'drifting' | 'unknown';

/** By name, as docs/quality.md defines them; null: not defined on these rows. */
export type Figures = Readonly<Record<string, number | null>>;

export interface QualityPeriod {
  /** ISO, UTC. */
  readonly from: string;
  readonly decisions: number;
  readonly labelled: number;
  readonly realised: Figures;
  /** Of all decisions of the period, by their scores alone; null: not of this kind. */
  readonly estimated: Figures | null;
}

export interface RiskView {
  /** What it is the mean of. */
  readonly loss: string;
  /** Labels judged, since `since`; those of the baseline are not among them. */
  readonly labels: number;
  readonly mean: number | null;
  /** What the mean can be, at all looks together. */
  readonly low: number;
  readonly high: number;
  /** ISO: beginning of the decisions that say most against the version. */
  readonly since: string;
  readonly baseline: { readonly mean: number; readonly high: number; readonly labels: number; readonly given: boolean };
  readonly tolerance: number;
  /** Natural logarithms: drifting from `needed` on. */
  readonly evidence: number;
  readonly needed: number;
}

export interface VersionQuality {
  readonly version: string;
  readonly role: Role;
  readonly status: QualityStatus;
  readonly text: string;
  readonly decisions: number;
  readonly labelled: number;
  /** From decision to label, milliseconds. */
  readonly delayMs: { readonly p50: number; readonly p90: number } | null;
  readonly realised: Figures;
  readonly estimated: Figures | null;
  /** Whether estimates rest on scores that the version's first labels have calibrated; if not, on the scores as they are. */
  readonly calibrated: boolean;
  /** Ten bins of equal width; null: no row. Empty where scores are no probabilities. */
  readonly calibration: readonly ({ readonly n: number; readonly meanScore: number; readonly rate: number } | null)[];
  readonly risk: RiskView | null;
  /** By the time of the decision, oldest first. */
  readonly periods: readonly QualityPeriod[];
  /** By the time of the label, oldest first. */
  readonly arrivals: readonly { readonly from: string; readonly labelled: number; readonly realised: Figures }[];
}

export interface QualityView {
  readonly model: string;
  readonly status: QualityStatus;
  /** What was asked for; null: nothing, the model has no `quality`. */
  readonly settings: {
    readonly outcome: string;
    readonly score: string;
    readonly kind: string;
    readonly threshold: number;
  } | null;
  /** When the record was read (ISO); null: not yet. */
  readonly at: string | null;
  /** Why there is nothing, or nothing new. */
  readonly problem: string | null;
  readonly period: PeriodUnit | null;
  readonly counts: {
    /** Outcomes of the name, one per decision. */
    readonly labels: number;
    /** Decisions among them that are on record; and calls, shadows included, that a label was held against. */
    readonly joined: number;
    readonly calls: number;
    /** Calls with a label that were left out: more than one row, or a prediction or label that cannot be read. */
    readonly batches: number;
    readonly unreadable: number;
  };
  readonly versions: readonly VersionQuality[];
}

/** A status has changed: of the shape in which drift tells its changes, since both are told to the same people. */
export interface QualityChange {
  readonly model: string;
  readonly version: string;
  readonly role: Role;
  readonly side: 'response';
  readonly feature: 'risk';
  readonly from: QualityStatus;
  readonly to: QualityStatus;
  /** Unix ms. */
  readonly at: number;
  readonly since: number;
  readonly evidence: number;
  readonly psi: null;
  readonly hint: string;
}
