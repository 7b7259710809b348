// Watches the gate through its admin API and tells the story so far: what the gate reports, when the incident was noticed,
// and what the captured decisions say about it. One poll at a time; a failed poll is part of the story, not its end.

import type { DriftView, ModelSummary, ShadowView } from '../../admin/view.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type AdminClient, featureValues } from './admin-client.ts';
import type { Callers } from './callers.ts';
import { DEMO_MODEL } from './fraud-model.ts';
import type { Finding, Story } from './story.ts';
import { findUnitChange } from './unit-change.ts';

export interface ObserverOptions {
  readonly client: AdminClient;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly rate: number;
  readonly urls: Story['urls'];
  readonly incidentMs: number;
}

export interface Observer {
  poll(): Promise<void>;
  story(): Story;
  /** Whether the callers send cents by now. */
  inCents(): boolean;
}

const FEATURE = 'amount';
/** Decisions looked up for one median. */
const LOOKUPS = 40;
/** Looked up again, before the incident, until this many were on record. */
const VALUES_BEFORE = 30;

export function createObserver(options: ObserverOptions): Observer {
  const { client, callers, clock } = options;
  const elapsed = (): number => clock.now() - options.startedAt;
  let model: ModelSummary | null = null;
  let shadows: readonly ShadowView[] = [];
  let drift: DriftView | null = null;
  let trouble: string | null = null;
  let beganMs: number | null = null;
  let noticedMs: number | null = null;
  let before: readonly number[] = [];
  let findings: readonly Finding[] = [];

  const recent = (): Promise<number[]> =>
    featureValues(client, callers.recentDecisions().slice(-LOOKUPS * 2, -LOOKUPS), FEATURE);

  const investigate = async (): Promise<void> => {
    if (beganMs === null && before.length < VALUES_BEFORE) {
      const values = await recent();
      if (beganMs === null) before = values;
    }
    const drifting = drift?.features.some((f) => f.feature === FEATURE && f.status === 'drifting') === true;
    if (beganMs === null || !drifting) return;
    noticedMs ??= elapsed();
    if (findings.length > 0) return;
    const finding = findUnitChange(FEATURE, before, await recent());
    if (finding !== undefined) findings = [finding];
  };

  return {
    async poll() {
      try {
        [model, shadows, drift] = await Promise.all([
          client.model(DEMO_MODEL),
          client.shadows(DEMO_MODEL),
          client.drift(DEMO_MODEL),
        ]);
        await investigate();
        trouble = null;
      } catch (error) {
        trouble = `The admin API did not answer: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
    inCents() {
      if (beganMs === null && elapsed() >= options.incidentMs) beganMs = elapsed();
      return beganMs !== null;
    },
    story: () => ({
      elapsedMs: elapsed(),
      rate: options.rate,
      urls: options.urls,
      model,
      shadows,
      drift,
      callers: callers.counts(),
      incident: { plannedMs: options.incidentMs, beganMs, noticedMs },
      findings,
      trouble,
    }),
  };
}
