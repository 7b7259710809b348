// Watches the gate through its admin API and tells the story so far: what the gate reports, and when it noticed the
// incident. One poll at a time; a failed poll is part of the story, not its end.

import type { DriftView, ModelSummary, ShadowView } from '../../admin/view.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { AdminClient } from './admin-client.ts';
import type { Callers } from './callers.ts';
import { DEMO_MODEL } from './fraud-model.ts';
import type { Story } from './story.ts';

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

/** What the incident changes. */
const FEATURE = 'amount';

export function createObserver(options: ObserverOptions): Observer {
  const { client, callers, clock } = options;
  const elapsed = (): number => clock.now() - options.startedAt;
  let model: ModelSummary | null = null;
  let shadows: readonly ShadowView[] = [];
  let drift: DriftView | null = null;
  let trouble: string | null = null;
  let beganMs: number | null = null;
  let noticedMs: number | null = null;

  return {
    async poll() {
      try {
        [model, shadows, drift] = await Promise.all([
          client.model(DEMO_MODEL),
          client.shadows(DEMO_MODEL),
          client.drift(DEMO_MODEL),
        ]);
        const drifting = drift.features.some((f) => f.feature === FEATURE && f.status === 'drifting');
        if (beganMs !== null && drifting) noticedMs ??= elapsed();
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
      trouble,
    }),
  };
}
