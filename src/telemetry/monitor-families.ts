// The metric families of what the monitor knows: configuration, capture, drift. It hands in callbacks, read at each scrape.

import { type AlarmNumbers, alarmFamilies } from './alarm-families.ts';
import { type QualityNumbers, qualityFamilies } from './quality-families.ts';
import { type SinkNumbers, sinkFamilies } from './sink-families.ts';
import type { Family, Sample } from './text-format.ts';

interface CaptureNumbers {
  readonly received: number;
  readonly captured: number;
  readonly sampledOut: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly pending: number;
}

/** Numbers that the monitor composes from its rooms. Counts since the start of the process. */
export interface MonitorNumbers {
  config(): {
    readonly generation: string;
    /** `at`: ISO time. */
    readonly lastReload: { readonly at: string; readonly ok: boolean };
    /** Unix milliseconds of the last success. */
    readonly lastSuccessAt: number;
    readonly reloads: { readonly succeeded: number; readonly failed: number };
  };
  capture(): CaptureNumbers & {
    readonly pendingBytes: number;
    /** Bodies that could not be redacted; segments deleted to stay within `captures.keep`. */
    readonly withheld: number;
    readonly segmentsDeleted: number;
    readonly recordsDeleted: { readonly stored: number; readonly gone: number };
    readonly commits: number;
    readonly commitMs: number;
    readonly commitAgeMs: number;
  };
  /** Of the store: what this gate compacted. */
  store(): {
    readonly successes: number;
    readonly failures: number;
    readonly rows: number;
    readonly segments: number;
    readonly lastSuccessAt: number | null;
  };
  /** Outcomes handed to this gate, by what became of them, and bytes of its log. */
  outcomes(): {
    readonly written: number;
    readonly known: number;
    readonly refused: number;
    readonly bytes: number;
  };
  /** The same accounts by model, with the gateways' part; '' is what belongs to none. */
  captureModels(): ReadonlyMap<string, CaptureNumbers>;
  /** Where records are sent on to. */
  readonly sinks: () => readonly SinkNumbers[];
  readonly alarms: () => AlarmNumbers;
  unreadable(): Iterable<{ readonly model: string; readonly count: number }>;
  drift(): Iterable<{
    readonly model: string;
    readonly version: string;
    readonly feature: string;
    readonly side: 'request' | 'response';
    readonly psi: number | null;
  }>;
  /** How good predictions turned out, as last looked at; and how often that was done. */
  readonly quality: () => Iterable<QualityNumbers>;
  readonly qualityLooks: () => { readonly succeeded: number; readonly failed: number };
  /** What drift took and left out. */
  readonly driftSchema: () => readonly {
    readonly model: string;
    readonly version: string;
    readonly kind: string;
    readonly count: number;
  }[];
  readonly driftCounts: () => {
    readonly rows: number;
    readonly rowsLate: number;
    readonly rowsUnknownModel: number;
    readonly columnsRefused: number;
    readonly columnsUnknown: number;
    readonly groupsEvicted: number;
    readonly clockJumps: number;
    readonly streams: number;
  };
  /** Snapshots of drift. */
  readonly driftState: () => {
    readonly written: number;
    readonly failed: number;
    readonly writtenAt: number | null;
    readonly bytes: number;
    readonly busyMs: number;
    readonly sliceMs: number;
    readonly lostMs: number | null;
  };
  /** Halves of comparisons: those that wait, and those let go. */
  readonly compare: () => {
    readonly waiting: number;
    readonly evicted: number;
    readonly expired: number;
    readonly tooLarge: number;
  };
  /** Log lines of the monitor that found no room. */
  readonly logLinesLost: () => number;
  /** Spans made for the collector, where there is one. */
  readonly spans?: () => { readonly exported: number; readonly failed: number; readonly dropped: number };
}

/** The gateways' part of families that both sides count. */
export interface GatewayNumbers {
  logLinesLost(): number;
}

/** Above this many columns only those with the highest PSI are shown, and headgate_drift_psi_omitted counts the others. */
export const DRIFT_SAMPLES_MAX = 2000;

export function monitorFamilies(all: MonitorNumbers, gateways: GatewayNumbers): readonly Family[] {
  const numbers = { ...all, capture: onceAScrape(all.capture), captureModels: onceAScrape(all.captureModels) };
  const families = [
    ...configFamilies(numbers),
    ...captureFamilies(numbers),
    ...modelFamilies(numbers),
    ...storeFamilies(numbers),
    ...outcomeFamilies(numbers),
    ...sinkFamilies(numbers.sinks),
    ...alarmFamilies(numbers.alarms),
    ...driftFamilies(numbers),
    ...driftCountFamilies(numbers),
    ...driftStateFamilies(numbers),
    ...qualityFamilies(numbers.quality, numbers.qualityLooks),
    ...compareFamilies(numbers),
    family(
      'counter',
      'headgate_log_lines_lost_total',
      'Log lines that found no room: stdout is read too slowly.',
      () => [sample(numbers.logLinesLost() + gateways.logLinesLost())],
    ),
  ];
  const { spans } = numbers;
  if (spans === undefined) return families;
  const results = (): Sample[] => Object.entries(spans()).map(([result, count]) => sample(count, { result }));
  return [...families, family('counter', 'headgate_spans_total', 'Spans by what became of them.', results)];
}

/** Sums over all models: what several families of one scrape show is worked out once. A scrape reads them all in one go. */
function onceAScrape<T>(read: () => T): () => T {
  let held: { readonly value: T } | null = null;
  return () => {
    if (held === null) {
      held = { value: read() };
      queueMicrotask(() => {
        held = null;
      });
    }
    return held.value;
  };
}

function configFamilies({ config }: MonitorNumbers): readonly Family[] {
  return [
    family('gauge', 'headgate_config_info', 'The configuration in force, by its generation.', () => [
      sample(1, { generation: config().generation }),
    ]),
    family('gauge', 'headgate_config_last_reload_successful', 'Whether the last attempt to load succeeded.', () => [
      sample(config().lastReload.ok ? 1 : 0),
    ]),
    family(
      'gauge',
      'headgate_config_last_reload_success_timestamp_seconds',
      'Unix time at which a configuration was last loaded with success.',
      () => [sample(config().lastSuccessAt / 1000)],
    ),
    family('counter', 'headgate_config_reloads_total', 'Attempts to reload, by result.', () => [
      sample(config().reloads.succeeded, { result: 'success' }),
      sample(config().reloads.failed, { result: 'failure' }),
    ]),
  ];
}

function storeFamilies({ store }: MonitorNumbers): readonly Family[] {
  return [
    family(
      'counter',
      'headgate_store_runs_total',
      'Runs of the compactor that this gate started and that have ended, by result.',
      () => [sample(store().successes, { result: 'success' }), sample(store().failures, { result: 'failure' })],
    ),
    family('counter', 'headgate_store_rows_total', 'Rows that went from segments into Parquet.', () => [
      sample(store().rows),
    ]),
    family('counter', 'headgate_store_segments_total', 'Segments that went into Parquet.', () => [
      sample(store().segments),
    ]),
    family(
      'gauge',
      'headgate_store_last_success_timestamp_seconds',
      'Unix time at which the compactor last ended well; 0: not yet.',
      () => [sample((store().lastSuccessAt ?? 0) / 1000)],
    ),
  ];
}

function outcomeFamilies({ outcomes }: MonitorNumbers): readonly Family[] {
  return [
    family(
      'counter',
      'headgate_outcomes_total',
      'Outcomes that came over the admin API, by result. known: there before; refused: captures.outcomes is full.',
      () => [
        sample(outcomes().written, { result: 'written' }),
        sample(outcomes().known, { result: 'known' }),
        sample(outcomes().refused, { result: 'refused' }),
      ],
    ),
    family(
      'gauge',
      'headgate_outcomes_bytes',
      'Bytes of outcomes on disk, when one was last written; 0: not yet.',
      () => [sample(outcomes().bytes)],
    ),
  ];
}

function captureFamilies({ capture, unreadable }: MonitorNumbers): readonly Family[] {
  return [
    family('counter', 'headgate_received_total', 'Exchanges that ended and were due to be recorded.', () => [
      sample(capture().received),
    ]),
    family('counter', 'headgate_capture_captured_total', 'Exchanges recorded.', () => [sample(capture().captured)]),
    family('counter', 'headgate_capture_sampled_out_total', 'Exchanges that capture.sample left out.', () => [
      sample(capture().sampledOut),
    ]),
    family('counter', 'headgate_capture_dropped_total', 'Exchanges that were to be recorded and are lost.', () => {
      return Object.entries(capture().dropped).map(([reason, count]) => sample(count, { reason }));
    }),
    family('gauge', 'headgate_capture_pending', 'Exchanges received whose record is on its way to the disk.', () => [
      sample(capture().pending),
    ]),
    family(
      'counter',
      'headgate_capture_withheld_total',
      'Bodies left out of records, since what capture.redact names could not be taken out of them.',
      () => [sample(capture().withheld)],
    ),
    family(
      'counter',
      'headgate_capture_segments_deleted_total',
      'Segments of records deleted, the oldest first, to stay within captures.keep.',
      () => [sample(capture().segmentsDeleted)],
    ),
    family(
      'counter',
      'headgate_capture_records_deleted_total',
      'Records in those segments, by whether the store had them; those that it had not are gone.',
      () => {
        const { stored, gone } = capture().recordsDeleted;
        return [sample(stored, { stored: 'true' }), sample(gone, { stored: 'false' })];
      },
    ),
    family('gauge', 'headgate_capture_pending_bytes', 'Bytes of records not yet on disk.', () => [
      sample(capture().pendingBytes),
    ]),
    family('counter', 'headgate_capture_commits_total', 'Groups of records that were written, or could not be.', () => [
      sample(capture().commits),
    ]),
    family(
      'counter',
      'headgate_capture_commit_seconds_total',
      'What these took, waiting for the disk included.',
      () => [sample(capture().commitMs / 1000)],
    ),
    family(
      'gauge',
      'headgate_capture_commit_age_seconds',
      'How long the disk has been at the group that is being written; 0: none is.',
      () => [sample(capture().commitAgeMs / 1000)],
    ),
    family('counter', 'headgate_unreadable_total', 'Bodies in which the protocol found no rows.', () =>
      Array.from(unreadable(), ({ model, count }) => sample(count, { model })),
    ),
  ];
}

/** What happened to each model's exchanges; models of which nothing was received are left out, and drops that never were. */
function modelFamilies({ captureModels }: MonitorNumbers): readonly Family[] {
  const each = (of: (model: string, counts: CaptureNumbers) => Sample[]) => (): Sample[] =>
    Array.from(captureModels()).flatMap(([model, counts]) => (model === '' ? [] : of(model, counts)));
  return [
    family(
      'counter',
      'headgate_model_received_total',
      'Exchanges of a model that ended and were due to be recorded.',
      each((model, { received }) => [sample(received, { model })]),
    ),
    family(
      'counter',
      'headgate_model_records_total',
      'What became of them: captured, sampled_out, or the reason for which they were dropped.',
      each((model, { captured, sampledOut, dropped }) => [
        sample(captured, { model, outcome: 'captured' }),
        sample(sampledOut, { model, outcome: 'sampled_out' }),
        ...Object.entries(dropped).flatMap(([outcome, n]) => (n > 0 ? [sample(n, { model, outcome })] : [])),
      ]),
    ),
    family(
      'gauge',
      'headgate_model_records_pending',
      'Exchanges of a model whose record is on its way to the disk.',
      each((model, { pending }) => [sample(pending, { model })]),
    ),
  ];
}

function driftFamilies({ drift, driftSchema }: MonitorNumbers): readonly Family[] {
  let omitted = 0;
  return [
    family('gauge', 'headgate_drift_psi', 'Population stability index of a column against its baseline.', () => {
      const samples: Sample[] = [];
      for (const { psi, model, version, feature, side } of drift()) {
        if (psi !== null && Number.isFinite(psi)) samples.push(sample(psi, { model, version, feature, side }));
      }
      omitted = Math.max(0, samples.length - DRIFT_SAMPLES_MAX);
      return omitted === 0 ? samples : samples.sort((a, b) => b.value - a.value).slice(0, DRIFT_SAMPLES_MAX);
    }),
    family(
      'gauge',
      'headgate_drift_psi_omitted',
      'Columns left out of headgate_drift_psi, the steadiest first.',
      () => [sample(omitted)],
    ),
    family(
      'gauge',
      'headgate_drift_schema_breaches',
      'Columns whose live rows break the schema of their baseline now, by kind: new, vanished, null, not a number, type, range, unit, category.',
      () => driftSchema().map(({ count, ...labels }) => sample(count, labels)),
    ),
  ];
}

function driftCountFamilies({ driftCounts }: MonitorNumbers): readonly Family[] {
  return [
    family('counter', 'headgate_drift_rows_total', 'Rows that drift counted.', () => [sample(driftCounts().rows)]),
    family('counter', 'headgate_drift_rows_left_out_total', 'Rows that drift could not count, by reason.', () => [
      sample(driftCounts().rowsLate, { reason: 'late' }),
      sample(driftCounts().rowsUnknownModel, { reason: 'unknown_model' }),
    ]),
    family(
      'counter',
      'headgate_drift_columns_left_out_total',
      'Columns of calls that drift does not watch, by reason: over its bounds, or not in the baseline file.',
      () => [
        sample(driftCounts().columnsRefused, { reason: 'over_bound' }),
        sample(driftCounts().columnsUnknown, { reason: 'not_in_baseline' }),
      ],
    ),
    family(
      'counter',
      'headgate_drift_groups_forgotten_total',
      'Versions and roles that drift no longer watches, since they had no rows for long.',
      () => [sample(driftCounts().groupsEvicted)],
    ),
    family(
      'counter',
      'headgate_drift_clock_jumps_total',
      'Times that the clock went back by more than a tick of a model: what was counted as later is history since.',
      () => [sample(driftCounts().clockJumps)],
    ),
    family('gauge', 'headgate_drift_streams', 'Columns that drift watches, per version and role.', () => [
      sample(driftCounts().streams),
    ]),
  ];
}

function driftStateFamilies({ driftState }: MonitorNumbers): readonly Family[] {
  return [
    family('counter', 'headgate_drift_snapshots_total', 'Snapshots of drift, by what became of them.', () => [
      sample(driftState().written, { result: 'written' }),
      sample(driftState().failed, { result: 'failed' }),
    ]),
    family('gauge', 'headgate_drift_snapshot_timestamp_seconds', 'When the last snapshot of drift was taken.', () => {
      const { writtenAt } = driftState();
      return writtenAt === null ? [] : [sample(writtenAt / 1000)];
    }),
    family('gauge', 'headgate_drift_snapshot_bytes', 'Size of the last snapshot of drift.', () => [
      sample(driftState().bytes),
    ]),
    family(
      'gauge',
      'headgate_drift_snapshot_seconds',
      'Time of the monitor for the last snapshot of drift, and the longest piece of it.',
      () => [
        sample(driftState().busyMs / 1000, { part: 'all' }),
        sample(driftState().sliceMs / 1000, { part: 'longest' }),
      ],
    ),
    family(
      'gauge',
      'headgate_drift_restart_lost_seconds',
      'Time before this start of which drift has lost the rows; none where it did not go on from a snapshot.',
      () => {
        const { lostMs } = driftState();
        return lostMs === null ? [] : [sample(lostMs / 1000)];
      },
    ),
  ];
}

function compareFamilies({ compare }: MonitorNumbers): readonly Family[] {
  return [
    family('gauge', 'headgate_compare_waiting', 'Decisions kept for a shadow or a primary still to come.', () => [
      sample(compare().waiting),
    ]),
    family(
      'counter',
      'headgate_compare_released_total',
      'Decisions no longer kept, by reason. expired: in time, with all their shadows or without; the others: too early.',
      () => [
        sample(compare().expired, { reason: 'expired' }),
        sample(compare().evicted, { reason: 'over_bound' }),
        sample(compare().tooLarge, { reason: 'too_large' }),
      ],
    ),
  ];
}

function family(type: Family['type'], name: string, help: string, samples: () => Sample[]): Family {
  return { name, help, type, samples };
}

function sample(value: number, labels: Readonly<Record<string, string>> = {}): Sample {
  return { value, labels };
}
