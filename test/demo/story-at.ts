// Stories for the tests of the view: a gate that has run for a minute, before and after the incident.

import type { FeatureDriftView } from '../../src/admin/view.ts';
import type { Story } from '../../src/commands/demo/story.ts';

const WINDOW = { name: 'judged', from: '2026-11-02T08:59:00.000Z', to: '2026-11-02T09:00:00.000Z' } as const;

const feature = (
  name: string,
  psi: number | null,
  status: FeatureDriftView['status'],
  extra: Partial<FeatureDriftView> = {},
): FeatureDriftView => ({
  version: 'march',
  role: 'champion',
  feature: name,
  kind: 'numeric',
  side: 'request',
  status,
  evidence: null,
  threshold: 13.2,
  changedSince: null,
  anyChange: null,
  detectable: null,
  unsure: null,
  provisional: true,
  baselineRows: 1500,
  against: 'baseline',
  baselineAt: null,
  since: null,
  rows: 4000,
  psi,
  hint: null,
  cause: null,
  where: null,
  bins: [],
  ...extra,
});

const traffic = (
  version: string,
  role: 'champion' | 'challenger' | 'shadow',
  share: number,
  total: number,
  perSecond: number,
) => ({
  version,
  role,
  share,
  total,
  errors: 0,
  perSecond,
  errorsPerSecond: 0,
  latencyMs: { p50: 5.1, p90: 8.2, p99: 10.4 },
  history: [],
});

const STEADY: Story = {
  elapsedMs: 12_400,
  rate: 200,
  urls: { data: 'http://127.0.0.1:8080', admin: 'http://127.0.0.1:9090' },
  model: {
    name: 'card-fraud',
    owner: null,
    description: null,
    protocol: 'open-inference',
    champion: 'march',
    traffic: [
      traffic('march', 'champion', 0.9, 2221, 180.3),
      traffic('april', 'challenger', 0.1, 247, 19.7),
      traffic('may', 'shadow', 0.5, 1240, 100.2),
    ],
    drift: { status: 'steady', worst: null },
  },
  shadows: [
    {
      version: 'may',
      share: 0.5,
      sent: 1240,
      compared: 1238,
      unpaired: 2,
      statusEqual: 1238,
      predictionsCompared: 1238,
      predictionsEqual: 3,
      meanAbsoluteDifference: 0.0131,
      latencyDifferenceMs: 0.2,
      dropped: {},
    },
  ],
  drift: {
    model: 'card-fraud',
    status: 'steady',
    windowMs: 60_000,
    window: WINDOW,
    resumedFrom: null,
    schema: [],
    predictions: [],
    joint: [],
    features: [
      feature('amount', 0.012, 'steady'),
      feature('merchant_category', 0.004, 'steady', { kind: 'categorical' }),
      feature('hour', 0.009, 'steady'),
      feature('country', 0.002, 'steady', { kind: 'categorical' }),
      feature('amount', null, 'warming', { version: 'april', role: 'challenger' }),
      feature('fraud_probability', 0.02, 'steady', { side: 'response' }),
    ],
  },
  callers: { sent: 2470, answered: 2468, failed: 0, skipped: 0 },
  incident: { plannedMs: 20_000, beganMs: null, noticedMs: null },
  trouble: null,
};

const DRIFTING: Story = {
  ...STEADY,
  elapsedMs: 41_000,
  drift: {
    model: 'card-fraud',
    status: 'drifting',
    windowMs: 60_000,
    window: WINDOW,
    resumedFrom: null,
    schema: [],
    predictions: [],
    joint: [],
    features: [
      feature('amount', 6.31, 'drifting', { hint: 'looks like x100' }),
      feature('merchant_category', 0.004, 'steady', { kind: 'categorical' }),
      feature('hour', 0.009, 'steady'),
      feature('country', 0.002, 'steady', { kind: 'categorical' }),
      feature('amount', 5.9, 'drifting', { version: 'april', role: 'challenger' }),
      feature('fraud_probability', 1.7, 'drifting', { side: 'response', hint: 'median 0.09, 0.01 in the baseline' }),
    ],
  },
  incident: { plannedMs: 20_000, beganMs: 20_100, noticedMs: 26_300 },
};

export const story = { steady: STEADY, drifting: DRIFTING } as const;
