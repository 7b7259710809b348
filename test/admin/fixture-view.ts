// An AdminView as a gate with some traffic would have it: two models, one of them with a column that drifts. Values follow
// from a seed, so that pictures and tests are the same each time.

import type {
  AdminView,
  ConfigStatus,
  DriftView,
  FeatureDriftView,
  ModelDetail,
  Phase,
  ReloadOutcome,
  ShadowView,
  TrafficView,
} from '../../src/admin/view.ts';
import type { AlarmView } from '../../src/alarms/alarms.ts';
import type { WebhookState } from '../../src/alarms/webhook.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { emptyView } from '../../src/quality/assess.ts';

const ENDED = { received: 10, captured: 4, sampledOut: 0, dropped: { disk_full: 3 }, withheld: 0 };
const ACCOUNT = { ...ENDED, pending: 3 };

export interface FixtureView extends AdminView {
  setPhase(phase: Phase): void;
  setConfig(config: Partial<ConfigStatus>): void;
  setReload(outcome: ReloadOutcome): void;
  readonly reloads: number;
}

const random = createSeededRandom(42);
const noise = (middle: number, spread: number): number => middle + (random() - 0.5) * spread;

function traffic(
  version: string,
  role: TrafficView['role'],
  share: number,
  perSecond: number,
  p50: number,
): TrafficView {
  const history = Array.from({ length: 120 }, (_, i) =>
    Math.max(0, noise(perSecond, perSecond * 0.25) * (1 + 0.12 * Math.sin(i / 14))),
  );
  return {
    version,
    role,
    share,
    total: Math.round(perSecond * 5130),
    errors: role === 'challenger' ? 37 : role === 'shadow' ? 112 : 4,
    perSecond,
    errorsPerSecond: role === 'challenger' ? 0.1 : 0,
    latencyMs: { p50, p90: p50 * 1.8, p99: p50 * 4.2 },
    history,
  };
}

/** @param shift standard deviations by which the current rows have moved */
function bins(shift: number): FeatureDriftView['bins'] {
  const share = (at: number, middle: number): number => Math.exp(-((at - middle) ** 2) / 8);
  const edges = Array.from({ length: 14 }, (_, i) => i);
  const total = (middle: number): number => edges.reduce((sum, i) => sum + share(i, middle), 0);
  return edges.map((i) => ({
    label: i === 0 ? '≤ 10,000' : i === 13 ? '> 500,000' : `${i * 40},000 to ${(i + 1) * 40},000`,
    baseline: share(i, 5) / total(5),
    current: share(i, 5 + shift) / total(5 + shift),
  }));
}

const WINDOW = { name: 'judged', from: '2026-11-02T08:59:00.000Z', to: '2026-11-02T09:00:00.000Z' } as const;

const COLUMNS = [
  'LIMIT_BAL',
  'AGE',
  'PAY_0',
  'PAY_2',
  'PAY_3',
  'BILL_AMT1',
  'BILL_AMT2',
  'BILL_AMT3',
  'PAY_AMT1',
  'PAY_AMT2',
  'PAY_AMT3',
  'EDUCATION',
];

function column(
  feature: string,
  version: string,
  role: FeatureDriftView['role'],
  more: Partial<FeatureDriftView> = {},
): FeatureDriftView {
  return {
    version,
    role,
    feature,
    kind: feature === 'EDUCATION' ? 'categorical' : 'numeric',
    side: 'request',
    status: 'steady',
    evidence: -0.4,
    threshold: 13.2,
    changedSince: null,
    anyChange: 2.6,
    detectable: 0.16,
    unsure: null,
    provisional: false,
    baselineRows: 30_000,
    against: 'baseline',
    baselineAt: '2026-11-01T06:00:00.000Z',
    since: '2026-11-01T06:00:00.000Z',
    rows: version === 'logistic' ? 10_826 : 1174,
    psi: 0.001 + random() * 0.02,
    hint: null,
    cause: null,
    where: null,
    bins: bins(random() * 0.3),
    ...more,
  };
}

const SERVING = [
  ['logistic', 'champion'],
  ['boosted', 'challenger'],
  ['forest', 'shadow'],
] as const;

const CHANGED = {
  status: 'drifting',
  evidence: 16.2,
  changedSince: '2026-11-02T08:57:00.000Z',
  anyChange: 16.2,
} as const;

const HINT = 'looks like x100';

const DISTANCES = [
  {
    name: 'ks',
    value: 0.031,
    amongValues: null,
    unit: 'share',
    bounds: { low: 0.031, high: 0.07 },
    p: 0.2,
    variant: '',
  },
  {
    name: 'wasserstein',
    value: 12.5,
    amongValues: null,
    unit: 'column',
    bounds: { low: 3, high: null },
    p: null,
    variant: '',
  },
  { name: 'psi', value: null, amongValues: null, unit: 'nats', bounds: null, p: null, variant: 'an empty window' },
] as const;

const drift: DriftView = {
  model: 'credit-default',
  status: 'drifting',
  windowMs: 60_000,
  window: WINDOW,
  resumedFrom: null,
  schema: [],
  predictions: [],
  joint: [],
  features: SERVING.flatMap(([version, role]) => [
    ...COLUMNS.map((name) => {
      if (name !== 'BILL_AMT1') return column(name, version, role);
      const psi = noise(1.4, 0.3);
      return column(name, version, role, { ...CHANGED, psi, hint: HINT, bins: bins(6) });
    }),
    column('prediction', version, role, { side: 'response', psi: 0.048, bins: bins(0.8) }),
  ]),
};

const credit: ModelDetail = {
  name: 'credit-default',
  owner: 'risk-ml@example.com',
  description: 'Probability that a card holder defaults next month.',
  protocol: 'open-inference',
  champion: 'logistic',
  traffic: [
    traffic('logistic', 'champion', 0.9, 180.2, 3.1),
    traffic('boosted', 'challenger', 0.1, 19.7, 6.4),
    traffic('forest', 'shadow', 0.25, 49.8, 14.2),
  ],
  drift: { status: 'drifting', worst: { feature: 'BILL_AMT1', version: 'logistic', psi: 1.42 } },
  versions: [
    {
      name: 'logistic',
      share: 0.9,
      champion: true,
      urls: ['http://127.0.0.1:9101'],
      lineage: { revision: 'git:4f2c9e1' },
    },
    {
      name: 'boosted',
      share: 0.1,
      champion: false,
      urls: ['http://127.0.0.1:9102', 'http://127.0.0.1:9112'],
      lineage: {},
    },
    {
      name: 'forest',
      share: 0,
      champion: false,
      urls: ['http://127.0.0.1:9103'],
      lineage: { run: 'mlflow:/runs/8f2a' },
    },
  ],
  sticky: 'header account-id',
  mirrors: [{ version: 'forest', share: 0.25 }],
  capture: {
    sample: 1,
    bodies: 'full',
    received: 1_281_004,
    captured: 1_280_950,
    sampledOut: 0,
    dropped: 50,
    pending: 4,
    unreadable: 3,
  },
};

const fraud: ModelDetail = {
  ...credit,
  name: 'card-fraud',
  owner: null,
  description: null,
  protocol: 'mlflow',
  champion: 'v7',
  traffic: [traffic('v7', 'champion', 1, 42.5, 8.8)],
  drift: { status: 'warming', worst: null },
  versions: [{ name: 'v7', share: 1, champion: true, urls: ['https://fraud.internal/invocations'], lineage: {} }],
  sticky: null,
  mirrors: [],
  capture: {
    sample: 0.1,
    bodies: 'features',
    received: 218_000,
    captured: 21_790,
    sampledOut: 196_210,
    dropped: 0,
    pending: 0,
    unreadable: 0,
  },
};

const shadows: readonly ShadowView[] = [
  {
    version: 'forest',
    share: 0.25,
    sent: 255_310,
    compared: 254_870,
    unpaired: 32,
    statusEqual: 254_758,
    predictionsCompared: 254_700,
    predictionsEqual: 231_104,
    meanAbsoluteDifference: 0.0417,
    latencyDifferenceMs: 10.9,
    dropped: { too_many_calls: 408, body_too_large: 0 },
  },
];

export function createFixtureView(names: readonly string[] = [credit.name, fraud.name]): FixtureView {
  const known = names.map((name) => (name === credit.name ? credit : { ...fraud, name }));
  const find = (name: string): ModelDetail | undefined => known.find((model) => model.name === name);
  let phase: Phase = 'ready';
  let reload: ReloadOutcome = { ok: true, generation: '1122334455667788' };
  let reloads = 0;
  let config: ConfigStatus = {
    generation: '5b0f9d27c41e88aa',
    serial: 3,
    files: ['/etc/headgate/headgate.yaml'],
    lastReload: { at: '2026-01-15T12:00:00.000Z', ok: true, problems: [] },
    reloads: { succeeded: 2, failed: 0 },
  };
  return {
    phase: () => phase,
    config: () => config,
    models: () => known.map(({ versions: _v, sticky: _s, mirrors: _m, capture: _c, ...summary }) => summary),
    model: find,
    split(name) {
      const model = find(name);
      if (model === undefined) return undefined;
      const versions = model.versions.map((each) => ({
        version: each.name,
        share: each.share,
        slots: each.share * 10_000,
      }));
      return { model: name, salt: name, slots: 10_000, versions };
    },
    shadows: (name) => (find(name) === undefined ? undefined : name === credit.name ? shadows : []),
    drift(name, asked) {
      if (find(name) === undefined) return undefined;
      const own = asked?.distances?.own;
      const distances = own === undefined ? {} : { distances: DISTANCES.filter((one) => own.includes(one.name)) };
      const wanted = drift.features.filter(({ feature }) => asked?.features?.includes(feature) ?? true);
      const shown = { ...drift, features: wanted.map((feature) => ({ ...feature, ...distances })) };
      return name === credit.name
        ? shown
        : {
            model: name,
            status: 'warming',
            windowMs: 60_000,
            window: WINDOW,
            resumedFrom: null,
            schema: [],
            predictions: [],
            joint: [],
            features: [],
          };
    },
    quality: (name) => (find(name) === undefined ? undefined : emptyView(name, null, null)),
    captures: () => ({
      folder: '/var/lib/headgate/captures',
      replica: 'gate-1-abc',
      total: ACCOUNT,
      models: [
        { model: credit.name, ...ACCOUNT },
        { model: '', ...ACCOUNT, received: 0, captured: 0, pending: -3 },
      ],
      ended: [{ ...ENDED, replica: 'gate-1-abb', end: 'killed', at: '2026-01-14T12:00:00.000Z', lost: 3 }],
    }),
    explain(name, unit, { headers, query, path }) {
      const model = find(name);
      if (model === undefined) return undefined;
      if (model.sticky === null) return { obstacle: `Model ${name} has no sticky key.` };
      const rule = headers.region === 'EU' || query.tier === 'gold' || path === '/eu' ? 0 : null;
      const reason = rule === null ? 'split' : 'rule';
      return {
        model: name,
        unit,
        version: model.champion,
        slot: 4711,
        epoch: 2,
        since: '2026-01-02T00:00:00.000Z',
        propensity: 0.9,
        reason,
        rule,
        drain: null,
        earlier: [{ epoch: 1, from: '2026-01-01T00:00:00.000Z', slot: 4711, version: null, reason: 'holdout' }],
        generation: config.generation,
      };
    },
    sinks: () => [
      {
        name: 'payload-log',
        type: 'cloudevents',
        state: 'failing',
        delivered: 120,
        refused: { status_400: 1 },
        retried: 8,
        failures: { connect: 3 },
        skipped: 0,
        lagRecords: 12,
        lagBytes: 34_000,
        lastDeliveredAt: 1_700_000_000_000,
        lastFailure: { at: 1_700_000_001_000, fault: 'connect', message: 'http://127.0.0.1:1: connection refused' },
      },
    ],
    alarms: () => ({ alarms: [ALARM], webhooks: [WEBHOOK] }),
    acknowledge: (id, by, note) => (id === ALARM.id ? { ...ALARM, state: 'acknowledged', by, note } : undefined),
    snooze: (id, forMs, by, note) =>
      id === ALARM.id && forMs > 0 ? { ...ALARM, state: 'snoozed', by, note } : undefined,
    resolve: (id) => (id === ALARM.id ? { ...ALARM, state: 'resolved' } : undefined),
    decision: async (id) =>
      id === 'known'
        ? {
            decision: id,
            calls: [{ decision_id: id, version: 'logistic', features: [{ AGE: 31 }] }],
            outcomes: OUTCOMES,
            truncated: false,
          }
        : id === 'busy'
          ? { busy: '64 questions for outcomes wait already; ask again later' }
          : undefined,
    addOutcomes: async (raw) => {
      if (raw.includes('bad')) return { ok: false, why: 'invalid', problems: ['outcomes[0]: it is not a JSON object'] };
      if (raw.includes('full')) return { ok: false, why: 'full', problems: ['no room'] };
      return { ok: true, written: raw.length, known: 0 };
    },
    metrics: async () => ({ text: 'up 1\n', contentType: 'text/plain; version=0.0.4; charset=utf-8' }),
    async reload() {
      reloads++;
      return reload;
    },
    setPhase(next) {
      phase = next;
    },
    setConfig(next) {
      config = { ...config, ...next };
    },
    setReload(next) {
      reload = next;
    },
    get reloads() {
      return reloads;
    },
  };
}

const OUTCOMES = [{ name: 'default', value: true, at: '2026-01-01T00:00:00.000Z', key: 'k' }];

const ALARM: AlarmView = {
  id: '0190b0a0-0000-7000-8000-000000000001',
  kind: 'drift',
  state: 'open',
  model: 'credit-default',
  version: 'logistic',
  role: 'champion',
  side: 'request',
  feature: 'AGE',
  episode: 1,
  since: '2026-01-15T11:00:00.000Z',
  openedAt: '2026-01-15T12:00:00.000Z',
  resolvedAt: null,
  ending: null,
  evidence: 21.5,
  psi: 0.31,
  cause: { text: 'looks like x100', kind: 'unit change', where: { key: 'caller', value: 'mobile' }, lookAt: null },
  by: null,
  note: null,
  snoozedUntil: null,
  sentence: 'credit-default / logistic: feature "AGE" has drifted.',
  told: { oncall: { of: 'opened', at: '2026-01-15T12:00:01.000Z' } },
};

const WEBHOOK: WebhookState = {
  name: 'oncall',
  format: 'slack',
  host: 'https://hooks.slack.com',
  state: 'failing',
  waiting: 1,
  delivered: 3,
  refused: 0,
  failures: { timeout: 1 },
  lastDeliveredAt: 1_700_000_000_000,
  lastFailure: { at: 1_700_000_001_000, fault: 'timeout', message: 'https://hooks.slack.com: nothing came' },
};
