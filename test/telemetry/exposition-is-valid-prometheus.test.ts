import { expect, test } from 'vitest';
import { failureIndex } from '../../src/errors.ts';
import { createExposition, type Exposition } from '../../src/telemetry/exposition.ts';
import { createMeters } from '../../src/telemetry/meters.ts';
import { DRIFT_SAMPLES_MAX, type MonitorNumbers } from '../../src/telemetry/monitor-families.ts';
import { parsePrometheus } from './prometheus-text.ts';

const QUALITY = {
  model: 'm',
  at: '2026-01-15T12:00:00.000Z',
  versions: [
    {
      version: 'v',
      role: 'champion' as const,
      status: 'steady',
      decisions: 9,
      labelled: 4,
      realised: { accuracy: 0.75, auc: null },
      estimated: { accuracy: 0.5 },
      risk: { mean: 0.25, low: 0.1, high: 0.5 },
    },
  ],
};

const create = (): Exposition => createExposition({ version: '1.2.3', process: false });

const numbers: MonitorNumbers = {
  config: () => ({
    generation: 'abcdef0123456789',
    lastReload: { at: '2026-01-01T00:00:00Z', ok: false },
    lastSuccessAt: 1_700_000_000_500,
    reloads: { succeeded: 2, failed: 1 },
  }),
  capture: () => ({
    received: 100,
    captured: 90,
    sampledOut: 5,
    dropped: { disk_full: 2, monitor_behind: 1 },
    pending: 2,
    pendingBytes: 4096,
    withheld: 11,
    segmentsDeleted: 12,
    recordsDeleted: { stored: 3, gone: 4 },
    commits: 61,
    commitMs: 6250,
    commitAgeMs: 750,
  }),
  store: () => ({ successes: 4, failures: 1, rows: 51, segments: 52, lastSuccessAt: 1_700_000_000_250 }),
  outcomes: () => ({ written: 71, known: 72, refused: 73, bytes: 7400 }),
  captureModels: () =>
    new Map([
      ['fraud', { received: 9, captured: 5, sampledOut: 1, dropped: { disk_full: 2, draining: 0 }, pending: 1 }],
      ['', { received: 7, captured: 7, sampledOut: 0, dropped: {}, pending: 0 }],
    ]),
  driftSchema: () => [{ model: 'credit', version: 'old', kind: 'new', count: 2 }],
  driftCounts: () => ({
    rows: 21,
    rowsLate: 22,
    rowsUnknownModel: 23,
    columnsRefused: 24,
    columnsUnknown: 25,
    groupsEvicted: 26,
    clockJumps: 28,
    streams: 27,
  }),
  driftState: () => ({
    written: 71,
    failed: 72,
    writtenAt: 1_700_000_000_000,
    bytes: 73,
    busyMs: 74,
    sliceMs: 75,
    lostMs: 76,
  }),
  quality: () => [QUALITY],
  qualityLooks: () => ({ succeeded: 51, failed: 52 }),
  compare: () => ({ waiting: 31, evicted: 32, expired: 33, tooLarge: 34 }),
  logLinesLost: () => 41,
  sinks: () => [
    {
      name: 'lake',
      state: 'failing',
      delivered: 51,
      refused: { status_400: 52 },
      retried: 53,
      failures: { connect: 54 },
      skipped: 55,
      lagRecords: 56,
      lagBytes: 57,
      lastDeliveredAt: 58_500,
    },
  ],
  alarms: () => ({
    open: [{ model: 'fraud', kind: 'drift', count: 61 }],
    opened: { drift: 62 },
    resolved: { gap: 63 },
    refused: 64,
    unsaved: 65,
    webhooks: [
      {
        name: 'oncall',
        state: 'failing',
        waiting: 66,
        delivered: 67,
        refused: 68,
        failures: { timeout: 69 },
        lastDeliveredAt: 70_500,
      },
    ],
  }),
  unreadable: () => [{ model: 'fraud', count: 3 }],
  drift: () => [
    { model: 'fraud', version: 'v1', feature: 'amount', side: 'request', psi: 0.31 },
    { model: 'fraud', version: 'v1', feature: 'age', side: 'request', psi: null },
  ],
  spans: () => ({ exported: 7, failed: 2, dropped: 1 }),
};

async function scrape(exposition: Exposition) {
  const { text, contentType } = await exposition.render();
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  const families = parsePrometheus(text);
  const value = (name: string, labels: Record<string, string> = {}): number | undefined => {
    const family = families.get(name.replace(/_(bucket|sum|count)$/, '')) ?? families.get(name);
    return family?.samples.find(
      (sample) => sample.name === name && Object.entries(labels).every(([key, each]) => sample.labels[key] === each),
    )?.value;
  };
  return { text, families, value };
}

test('counts, histograms and gauges of several threads are added up', async () => {
  const exposition = create();
  for (const thread of [0, 1]) {
    const meters = createMeters(thread, exposition.add);
    const meter = meters.series('fraud', 'v1', 'champion');
    for (const ms of [0.1, 1, 3, 700, 99_000]) meter.finished('split', 200, -1, ms, ms / 2, 10, 20);
    meter.finished('no_key', 0, failureIndex('upstream_reset'), 5, 4, 10, 0);
    meter.retried();
    meter.inflight(1);
    meters.gateway.connections(1);
    meters.gateway.refused('overloaded');
    meters.gateway.connectionRefused();
    meters.gateway.logLineLost();
    meters.gateway.loopDelay(2 + thread, 40 + thread);
    meters.gateway.collected(1500 + thread);
    meters.gateway.longestCollection(7 + thread);
    meters.series('fraud', 'v2', 'shadow').shadowDropped('too_many_calls');
  }
  exposition.registerMonitor(numbers);
  const { value, text } = await scrape(exposition);
  const champion = { model: 'fraud', version: 'v1', role: 'champion' };
  expect(value('headgate_decisions_total', { ...champion, reason: 'split' })).toBe(10);
  expect(value('headgate_decisions_total', { ...champion, reason: 'no_key' })).toBe(2);
  expect(value('headgate_responses_total', { ...champion, status: '2xx' })).toBe(10);
  expect(value('headgate_responses_total', { ...champion, status: '5xx' })).toBe(0);
  expect(value('headgate_responses_total', { ...champion, status: 'none' })).toBe(2);
  expect(value('headgate_failures_total', { ...champion, code: 'upstream_reset', source: 'upstream' })).toBe(2);
  const duration = 'headgate_decision_duration_seconds';
  expect(value(`${duration}_count`, champion)).toBe(12);
  expect(value(`${duration}_sum`, champion)).toBeCloseTo((2 * (0.1 + 1 + 3 + 700 + 99_000 + 5)) / 1000, 9);
  expect(value(`${duration}_bucket`, { ...champion, le: '0.00025' })).toBe(2);
  expect(value(`${duration}_bucket`, { ...champion, le: '0.001' })).toBe(4);
  expect(value(`${duration}_bucket`, { ...champion, le: '32.768' })).toBe(10);
  expect(value('headgate_retries_total', champion)).toBe(2);
  expect(value('headgate_version_inflight', champion)).toBe(2);
  expect(value('headgate_shadows_dropped_total', { version: 'v2', reason: 'too_many_calls' })).toBe(2);
  expect(value('headgate_connections')).toBe(2);
  expect(value('headgate_received_total')).toBe(100);
  expect(value('headgate_refused_total', { code: 'overloaded' })).toBe(2);
  expect(value('headgate_connections_refused_total')).toBe(2);
  expect(value('headgate_log_lines_lost_total')).toBe(43);
  // What cannot be added up is there for each thread.
  expect(value('headgate_gateway_eventloop_lag_p99_seconds', { thread: '0' })).toBe(0.002);
  expect(value('headgate_gateway_eventloop_lag_max_seconds', { thread: '1' })).toBe(0.041);
  expect(value('headgate_gateway_gc_seconds_total', { thread: '1' })).toBe(1.501);
  expect(value('headgate_gateway_gc_total', { thread: '1' })).toBe(1);
  expect(value('headgate_gateway_gc_pause_max_seconds', { thread: '1' })).toBe(0.008);
  expect(value('headgate_capture_dropped_total', { reason: 'monitor_behind' })).toBe(1);
  expect(value('headgate_model_received_total', { model: 'fraud' })).toBe(9);
  expect(value('headgate_model_records_total', { model: 'fraud', outcome: 'captured' })).toBe(5);
  expect(value('headgate_model_records_total', { model: 'fraud', outcome: 'disk_full' })).toBe(2);
  expect(value('headgate_model_records_pending', { model: 'fraud' })).toBe(1);
  expect(value('headgate_capture_dropped_total', { reason: 'disk_full' })).toBe(2);
  expect(text).not.toContain('version="v2",role="shadow",le=');
});

test('configuration, capture and drift are shown as the monitor gives them', async () => {
  const exposition = create();
  exposition.registerMonitor(numbers);
  const { value, families } = await scrape(exposition);
  expect(value('headgate_config_info', { generation: 'abcdef0123456789' })).toBe(1);
  expect(value('headgate_alarms_open', { model: 'fraud', kind: 'drift' })).toBe(61);
  expect(value('headgate_alarms_opened_total', { kind: 'drift' })).toBe(62);
  expect(value('headgate_alarms_resolved_total', { kind: 'gap' })).toBe(63);
  expect(value('headgate_alarms_refused_total')).toBe(64);
  expect(value('headgate_alarms_unsaved_total')).toBe(65);
  const webhook = 'oncall';
  expect(value('headgate_alarm_webhook_up', { webhook })).toBe(0);
  expect(value('headgate_alarm_webhook_waiting', { webhook })).toBe(66);
  expect(value('headgate_alarm_webhook_delivered_total', { webhook })).toBe(67);
  expect(value('headgate_alarm_webhook_refused_total', { webhook })).toBe(68);
  expect(value('headgate_alarm_webhook_failures_total', { webhook, reason: 'timeout' })).toBe(69);
  expect(value('headgate_alarm_webhook_last_delivered_timestamp_seconds', { webhook })).toBe(70.5);
  expect(value('headgate_config_last_reload_successful')).toBe(0);
  expect(value('headgate_config_last_reload_success_timestamp_seconds')).toBe(1_700_000_000.5);
  expect(value('headgate_config_reloads_total', { result: 'failure' })).toBe(1);
  expect(value('headgate_capture_captured_total')).toBe(90);
  expect(value('headgate_capture_pending_bytes')).toBe(4096);
  expect(value('headgate_capture_commits_total')).toBe(61);
  expect(value('headgate_capture_commit_seconds_total')).toBe(6.25);
  expect(value('headgate_capture_commit_age_seconds')).toBe(0.75);
  expect(value('headgate_capture_withheld_total')).toBe(11);
  expect(value('headgate_capture_segments_deleted_total')).toBe(12);
  expect(value('headgate_capture_records_deleted_total', { stored: 'true' })).toBe(3);
  expect(value('headgate_capture_records_deleted_total', { stored: 'false' })).toBe(4);
  expect(value('headgate_outcomes_total', { result: 'refused' })).toBe(73);
  expect(value('headgate_outcomes_bytes')).toBe(7400);
  expect(value('headgate_drift_rows_total')).toBe(21);
  expect(value('headgate_drift_rows_left_out_total', { reason: 'late' })).toBe(22);
  expect(value('headgate_drift_rows_left_out_total', { reason: 'unknown_model' })).toBe(23);
  expect(value('headgate_drift_columns_left_out_total', { reason: 'over_bound' })).toBe(24);
  expect(value('headgate_drift_columns_left_out_total', { reason: 'not_in_baseline' })).toBe(25);
  expect(value('headgate_drift_groups_forgotten_total')).toBe(26);
  expect(value('headgate_drift_streams')).toBe(27);
  expect(value('headgate_compare_waiting')).toBe(31);
  expect(value('headgate_compare_released_total', { reason: 'expired' })).toBe(33);
  expect(value('headgate_compare_released_total', { reason: 'over_bound' })).toBe(32);
  expect(value('headgate_compare_released_total', { reason: 'too_large' })).toBe(34);
  expect(value('headgate_spans_total', { result: 'failed' })).toBe(2);
  expect(value('headgate_unreadable_total', { model: 'fraud' })).toBe(3);
  expect(value('headgate_sink_up', { sink: 'lake' })).toBe(0);
  expect(value('headgate_sink_delivered_total', { sink: 'lake' })).toBe(51);
  expect(value('headgate_sink_refused_total', { sink: 'lake', reason: 'status_400' })).toBe(52);
  expect(value('headgate_sink_retried_total', { sink: 'lake' })).toBe(53);
  expect(value('headgate_sink_failures_total', { sink: 'lake', reason: 'connect' })).toBe(54);
  expect(value('headgate_sink_skipped_total', { sink: 'lake' })).toBe(55);
  expect(value('headgate_sink_lag_records', { sink: 'lake' })).toBe(56);
  expect(value('headgate_sink_lag_bytes', { sink: 'lake' })).toBe(57);
  expect(value('headgate_sink_last_delivered_timestamp_seconds', { sink: 'lake' })).toBe(58.5);
  expect(families.get('headgate_drift_psi')?.samples).toHaveLength(1);
  expect(value('headgate_build_info', { version: '1.2.3' })).toBe(1);
});

test('names that need it are escaped, in plain families and in histograms', async () => {
  const exposition = create();
  const model = 'a "quoted" \\ model\nof two lines';
  createMeters(0, exposition.add).series(model, 'v"1', 'champion').finished('split', 200, -1, 1, 1, 0, 0);
  const { value } = await scrape(exposition);
  expect(value('headgate_decisions_total', { model, version: 'v"1' })).toBe(1);
  expect(value('headgate_decision_duration_seconds_count', { model, version: 'v"1' })).toBe(1);
});

test('drift keeps the columns that moved most and says how many it left out', async () => {
  const exposition = create();
  const columns = Array.from({ length: DRIFT_SAMPLES_MAX + 5 }, (_, index) => ({
    model: 'm',
    version: 'v',
    feature: `f${index}`,
    side: 'request' as const,
    psi: index / 1000,
  }));
  exposition.registerMonitor({ ...numbers, drift: () => columns });
  const { value, families } = await scrape(exposition);
  expect(families.get('headgate_drift_psi')?.samples).toHaveLength(DRIFT_SAMPLES_MAX);
  expect(value('headgate_drift_psi', { feature: 'f4' })).toBeUndefined();
  expect(value('headgate_drift_psi', { feature: `f${DRIFT_SAMPLES_MAX + 4}` })).toBeDefined();
  expect(value('headgate_drift_psi_omitted')).toBe(5);
});

test('the numbers of the process are there and valid', async () => {
  const { families } = await scrape(createExposition({ version: '0', process: true }));
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    expect(families.get(name)?.samples).toHaveLength(1);
  }
});

test('a histogram that has not moved is shown again, and one that has is shown as it is', async () => {
  const exposition = create();
  const meter = createMeters(0, exposition.add).series('m', 'v', 'champion');
  meter.finished('split', 200, -1, 3, 1, 0, 0);
  const count = 'headgate_decision_duration_seconds_count';
  const first = await scrape(exposition);
  expect(first.value(count)).toBe(1);
  expect((await scrape(exposition)).text).toBe(first.text);
  meter.finished('split', 200, -1, 5, 1, 0, 0);
  const second = await scrape(exposition);
  expect(second.value(count)).toBe(2);
  expect(second.value('headgate_decision_duration_seconds_sum')).toBeCloseTo(0.008, 12);
});

test('what several families show of all models is worked out once a scrape, and anew at the next', async () => {
  const exposition = create();
  let read = 0;
  const captureModels = () => {
    read += 1;
    return new Map([['fraud', { received: read, captured: 0, sampledOut: 0, dropped: {}, pending: 0 }]]);
  };
  exposition.registerMonitor({ ...numbers, captureModels });
  for (const scrapes of [1, 2]) {
    expect((await scrape(exposition)).value('headgate_model_received_total', { model: 'fraud' })).toBe(scrapes);
  }
});

test('numbers that are none, or infinite, are written as the format has them', async () => {
  const exposition = create();
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const samples = () => values.map((value, index) => ({ value, labels: { index: String(index) } }));
  exposition.register({ name: 'odd', help: 'a \\ and\nlines', type: 'gauge', samples });
  expect(() => exposition.register({ name: 'odd', help: '', type: 'gauge', samples })).toThrow('odd');
  const { text } = await exposition.render();
  expect(text).toContain('# HELP odd a \\\\ and\\nlines\n# TYPE odd gauge\n');
  expect(text).toContain('odd{index="0"} NaN\nodd{index="1"} +Inf\nodd{index="2"} -Inf\n');
});

test('a snapshot gives people the same numbers', () => {
  const exposition = create();
  const meter = createMeters(0, exposition.add).series('m', 'v', 'champion');
  expect(exposition.snapshot('m', 'v', 'champion')).toMatchObject({ total: 0, errors: 0, latencyMs: { p50: null } });
  for (let i = 0; i < 100; i++) meter.finished('split', i < 3 ? 500 : 200, -1, i < 50 ? 4 : 40, 3, 0, 0);
  const snapshot = exposition.snapshot('m', 'v', 'champion');
  expect(snapshot).toMatchObject({ total: 100, errors: 3 });
  expect(snapshot?.latencyMs.p50).toBeLessThanOrEqual(4);
  expect(snapshot?.latencyMs.p99).toBeGreaterThan(30);
  expect(exposition.snapshot('m', 'v', 'shadow')).toBeUndefined();
});

test('four hundred models of three versions stay a scrape of a bearable size and time', async () => {
  const exposition = create();
  const meters = createMeters(0, exposition.add);
  for (let model = 0; model < 400; model++) {
    for (const [version, role] of [
      ['a', 'champion'],
      ['b', 'challenger'],
      ['c', 'shadow'],
    ] as const) {
      const meter = meters.series(`model-${model}`, version, role);
      for (let ms = 1; ms < 30; ms++) meter.finished('split', 200, -1, ms, ms, 1, 1);
    }
  }
  let best = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    bytes = (await exposition.render()).text.length;
    best = Math.min(best, performance.now() - started);
  }
  // About 20 ms on an idle core; the bound only catches a change of kind on a busy machine.
  expect(best).toBeLessThan(300);
  expect(bytes).toBeLessThan(12_000_000);
});
