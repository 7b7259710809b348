// Logs: JSON lines on stdout through pino, a short line for people where stdout is a terminal; and the access log, made in
// the monitor from records. Never a body, never a header, never a query string: nothing that could hold a secret.

import { isatty } from 'node:tty';
import { isMainThread } from 'node:worker_threads';
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { TelemetryPlan } from '../config/plan.ts';
import { FAILURES } from '../errors.ts';
import { murmur3OfText } from '../kernel/murmur3.ts';
import type { ExchangeRecord } from '../model.ts';
import { humanLine } from './human-line.ts';

export type { Logger };

export interface LoggerOptions {
  readonly level: TelemetryPlan['logLevel'];
  /** Who speaks: main, monitor, gateway-0, ... */
  readonly thread: string;
  /** Where lines go; stdout unless given. Each call is one line with its newline. */
  readonly write?: (line: string) => void;
  /** Told of every line that found no room, since stdout is read too slowly. */
  readonly onLost?: () => void;
}

/** Lines that wait for a slow reader of stdout; beyond this they are lost, since observers may drop but never delay. */
const PENDING_BYTES_MAX = 1 << 20;

export function createLogger({ level, thread, write, onLost }: LoggerOptions): Logger {
  const options = {
    level,
    base: { thread },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (write !== undefined) return pino(options, { write });
  // The main thread serves nobody, and its last words must be out before the process ends.
  const stdout = destination({ dest: 1, sync: isMainThread, maxLength: isMainThread ? 0 : PENDING_BYTES_MAX });
  if (onLost !== undefined) stdout.on('drop', onLost);
  // Asked of the descriptor: in a worker, process.stdout is a pipe to the main thread.
  if (!isatty(1)) return pino(options, stdout);
  return pino(options, { write: (line) => void stdout.write(humanLine(line)) });
}

/** Names behind the indices of a record: those of the Plan that it carries. */
export interface CallNames {
  readonly model: string;
  readonly version: string;
  readonly assigned: string;
}

export interface AccessLog {
  /** Write the line of one call, if its decision is in the sample. */
  record(record: ExchangeRecord, names: CallNames): void;
}

/**
 * @param options.sample fraction of decisions with lines, 0 to 1; all calls of a decision are in it or none, on every replica
 */
export function createAccessLog({ logger, sample }: { readonly logger: Logger; readonly sample: number }): AccessLog {
  const below = sample * 2 ** 32;
  return {
    record(record, names) {
      if (below <= 0 || murmur3OfText(record.decisionId, SEED) >= below) return;
      logger.info(accessLine(record, names), 'call');
    },
  };
}

/** Another seed than those of split, mirror and capture: being in one sample must not say anything about another. */
const SEED = 0x6c6f6773;

/** The columns of the decision record, as far as they are fit for a log. */
function accessLine(
  record: ExchangeRecord,
  { model, version, assigned }: CallNames,
): Readonly<Record<string, unknown>> {
  const failure = FAILURES[record.failure];
  const query = record.path.indexOf('?');
  return {
    decision_id: record.decisionId,
    at: new Date(record.at).toISOString(),
    model,
    version,
    assigned,
    role: record.role,
    reason: record.reason,
    slot: record.slot,
    client: record.client,
    method: record.method,
    path: query < 0 ? record.path : record.path.slice(0, query),
    status: record.status,
    error: failure?.code,
    error_source: failure?.source,
    latency_ms: round(record.latencyMs),
    upstream_ms: round(record.upstreamMs),
    attempts: record.attempts,
    request_bytes: record.requestBytes,
    response_bytes: record.responseBytes,
    trace_id: record.traceId === '' ? undefined : record.traceId,
  };
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
