// The nouns of this room: what was found about a column (a sighting), the alarm that people hear of, and the events of its life.
// Nothing is computed from data here: statistics are drift's and quality's, which know nothing of alarms.

import type { AlarmEventName } from '../config/plan.ts';

export type AlarmKind = 'drift' | 'gap' | 'quality';

/** What a message may be about; what a webhook is told is chosen among them. */
export type AlarmEvent = AlarmEventName;

/** One column of one version in one role. */
export interface AlarmSubject {
  readonly model: string;
  readonly version: string;
  readonly role: string;
  readonly side: 'request' | 'response';
  /** Name of the column; '' where it is about all of them. */
  readonly feature: string;
}

/** Why, as far as it is known: a text for people, and whatever else there is for programs. */
export interface AlarmCause {
  /** Says where as well, where that is known. */
  readonly text: string;
  /** In the words of docs/drift.md, such as `unit change`; null where none fits. */
  readonly kind: string | null;
  /** Where it lives, if not everywhere: a caller, a region. */
  readonly where: { readonly key: string; readonly value: string } | null;
  /** What somebody should look at first. */
  readonly lookAt: string | null;
}

/** A finding that begins or ends at a moment. */
export interface Sighting extends AlarmSubject {
  readonly kind: AlarmKind;
  readonly is: 'on' | 'off';
  /** When it was found, unix ms. */
  readonly at: number;
  /** Best guess of when it began, unix ms. */
  readonly since: number;
  /** Natural logarithm of the evidence; 0 where there is none. */
  readonly evidence: number;
  readonly psi: number | null;
  readonly cause: AlarmCause | null;
}

export type AlarmState = 'open' | 'acknowledged' | 'snoozed' | 'resolved';

export interface Alarm extends AlarmSubject {
  /** Stays over all its episodes. */
  readonly id: string;
  readonly kind: AlarmKind;
  state: AlarmState;
  /** Counts how often it was opened, from 1. */
  episode: number;
  /** Of this episode, unix ms. */
  openedAt: number;
  since: number;
  resolvedAt: number | null;
  /** Why it ended, where that is not the plain reason. */
  ending: string | null;
  evidence: number;
  psi: number | null;
  cause: AlarmCause | null;
  /** Who acknowledged or snoozed it, and what they said. */
  by: string | null;
  note: string | null;
  snoozedUntil: number | null;
  /** By webhook: what it knows of this alarm. */
  readonly told: Record<string, Told>;
}

/** What a webhook was told last of an alarm. */
export interface Told {
  readonly episode: number;
  readonly of: 'opened' | 'resolved';
  readonly at: number;
}

const BEGINS: Readonly<Record<AlarmKind, AlarmEvent>> = {
  drift: 'drift.confirmed',
  gap: 'data.gap',
  quality: 'quality.degraded',
};
const ENDS: Readonly<Record<AlarmKind, AlarmEvent>> = {
  drift: 'drift.resolved',
  gap: 'data.resumed',
  quality: 'quality.recovered',
};

export const beginOf = (kind: AlarmKind): AlarmEvent => BEGINS[kind];
export const endOf = (kind: AlarmKind): AlarmEvent => ENDS[kind];

export function keyOf({
  kind,
  model,
  version,
  role,
  side,
  feature,
}: AlarmSubject & { readonly kind: AlarmKind }): string {
  return JSON.stringify([kind, model, version, role, side, feature]);
}
