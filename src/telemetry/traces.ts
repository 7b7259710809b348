// OpenTelemetry spans, made in the monitor from records: the ids were given on the request path (trace-context.ts), times and
// attributes come from the record. The SDK is loaded only where an endpoint is configured. https://opentelemetry.io/docs/specs/semconv/http/http-spans/

import type { Context, HrTime, SpanOptions } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { TelemetryPlan } from '../config/plan.ts';
import { FAILURES } from '../errors.ts';
import type { ExchangeRecord } from '../model.ts';
import type { SpanNames } from './span-attributes.ts';

export interface Traces {
  /**
   * Spans of one call, if its trace is sampled: cheap enough for every record, and never waits. The call that answered the
   * client has a server span; a shadow has none, nor has a call with an empty `spanId` - a challenger's in whose place the
   * champion answered - whose `parentSpanId` then is the decision's span.
   */
  record(record: ExchangeRecord, names: SpanNames): void;
  readonly counts: { readonly exported: number; readonly failed: number; readonly dropped: number };
  /** Send what is left, for at most CLOSE_MS. */
  close(): Promise<void>;
}

export interface TracesOptions extends Omit<TelemetryPlan['traces'], 'endpoint' | 'sample'> {
  readonly endpoint: string;
  /** Of Headgate, and the name of this replica. */
  readonly version: string;
  readonly replica: string;
  /** An export failed: once per CLOSE_MS at most. */
  readonly problem: (what: string) => void;
  readonly batchMs?: number;
}

/** Spans made and not yet with the collector; more are dropped and counted. */
const PENDING_MAX = 8192;
const BATCH = 512;
const CLOSE_MS = 5000;

/** @throws TypeError where the endpoint is no URL of http or https */
export async function createTraces(options: TracesOptions): Promise<Traces> {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }, { callAttributes, serverAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/resources'),
      import('./span-attributes.ts'),
    ]);
  const counts = { exported: 0, failed: 0, dropped: 0 };
  let pending = 0;
  const exporter = new OTLPTraceExporter({
    url: httpUrl(options.endpoint),
    headers: { ...options.headers },
    timeoutMillis: CLOSE_MS,
  });
  const settle = (spans: number, failed: boolean): void => {
    const known = Math.min(spans, pending);
    pending -= known;
    counts[failed ? 'failed' : 'exported'] += known;
  };
  const ids = { trace: '', span: '' };
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.version,
      'service.instance.id': options.replica,
    }),
    // What is not sampled never gets here.
    sampler: new sdk.AlwaysOnSampler(),
    idGenerator: { generateTraceId: () => ids.trace, generateSpanId: () => ids.span },
    spanLimits: { attributeValueLengthLimit: 1024 },
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: counted(exporter, settle, options.problem),
        maxQueueSize: PENDING_MAX,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: options.batchMs ?? 1000,
        exportTimeoutMillis: CLOSE_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('headgate', options.version);

  /** A span that has already ended, under an id that has already been given. */
  const past = (
    name: string,
    span: string,
    parent: Context,
    options: SpanOptions,
    endMs: number,
    failed: string,
  ): void => {
    ids.span = span;
    const made = tracer.startSpan(name, options, parent);
    if (failed !== '') made.setStatus({ code: api.SpanStatusCode.ERROR, message: failed });
    made.end(hrTime(endMs));
    pending++;
  };
  const under = (traceId: string, spanId: string, isRemote: boolean): Context =>
    spanId === ''
      ? api.ROOT_CONTEXT
      : api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, isRemote, traceFlags: api.TraceFlags.SAMPLED });

  return {
    counts,
    record(record, names) {
      if (!record.sampled || record.traceId === '') return;
      if (pending >= PENDING_MAX - 1) {
        counts.dropped++;
        return;
      }
      const { traceId, spanId, parentSpanId, role } = record;
      ids.trace = traceId;
      const endMs = record.at + record.latencyMs;
      if (role !== 'shadow' && spanId !== '') {
        const start = {
          kind: api.SpanKind.SERVER,
          startTime: hrTime(record.at),
          attributes: serverAttributes(record, names),
        };
        const name = `${record.method} ${names.model}`;
        past(name, spanId, under(traceId, parentSpanId, true), start, endMs, serverError(record));
      }
      if (record.attempts === 0 || record.callSpanId === '') return;
      const startTime = hrTime(Math.max(record.at, endMs - record.upstreamMs));
      const call = { kind: api.SpanKind.CLIENT, startTime, attributes: callAttributes(record, names) };
      past(
        `${record.method} ${names.version}`,
        record.callSpanId,
        under(traceId, spanId === '' ? parentSpanId : spanId, false),
        call,
        endMs,
        callError(record),
      );
    },
    async close() {
      // After a batch that failed the processor gives up on those behind it: they are as lost.
      await provider.shutdown().catch(() => {});
      const lost = pending;
      settle(lost, lost > 0);
    },
  };
}

/** A server's span fails with what is not the client's fault, a client's span with any 4xx too (semantic conventions). */
function serverError({ failure, status }: ExchangeRecord): string {
  const kind = FAILURES[failure];
  if (kind !== undefined) return kind.source === 'client' ? '' : kind.title;
  return status >= 500 ? `Status ${status}` : '';
}

function callError({ failure, status }: ExchangeRecord): string {
  return FAILURES[failure]?.title ?? (status >= 400 ? `Status ${status}` : '');
}

function httpUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!/^https?:$/.test(url.protocol)) {
    throw new TypeError(`${endpoint} is no URL of http or https; write http://HOST:4318/v1/traces`);
  }
  return url.href;
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** The exporter, with every batch accounted for and its problems told at a bearable pace. */
function counted(
  exporter: SpanExporter,
  settle: (spans: number, failed: boolean) => void,
  problem: (what: string) => void,
): SpanExporter {
  let quietUntil = 0;
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        // ExportResultCode.SUCCESS
        const error = result.code === 0 ? undefined : (result.error ?? new Error('unknown'));
        settle(spans.length, error !== undefined);
        if (error !== undefined && performance.now() >= quietUntil) {
          quietUntil = performance.now() + 12 * CLOSE_MS;
          problem(`${spans.length} spans were not taken by the collector: ${error.message}`);
        }
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
