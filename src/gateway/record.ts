// From a finished call to the record the monitor gets. Nothing is decided here.

import type { Failure } from '../errors.ts';
import { failureIndex } from '../errors.ts';
import type { Assignment, ExchangeRecord, Role } from '../model.ts';
import type { Route } from './route.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';

/** What all calls of one decision share. */
export interface DecisionFacts {
  readonly route: Route;
  readonly id: string;
  readonly assignment: Assignment;
  readonly unit: string;
  readonly trace: TraceContext;
  readonly client: string;
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly at: number;
  readonly request: readonly Uint8Array[];
  readonly requestBytes: number;
  readonly requestTruncated: boolean;
}

/** What one call, primary or shadow, adds to them. */
export interface CallFacts {
  readonly version: number;
  readonly role: Role;
  readonly reason: ExchangeRecord['reason'];
  readonly status: number;
  readonly failure: Failure | null;
  readonly at: number;
  readonly latencyMs: number;
  readonly upstreamMs: number;
  readonly attempts: number;
  readonly callSpanId: string;
  readonly headers: readonly string[];
  readonly held: readonly Uint8Array[];
  readonly bytes: number;
  readonly truncated: boolean;
}

const ANSWER_HEADERS: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'inference-header-content-length']);

export function toRecord(decision: DecisionFacts, call: CallFacts): ExchangeRecord {
  const { route, assignment, trace } = decision;
  return {
    serial: route.serial,
    model: route.index,
    version: call.version,
    assigned: assignment.version,
    role: call.role,
    reason: call.reason,
    slot: assignment.slot,
    propensity: assignment.propensity,
    decisionId: decision.id,
    unit: decision.unit,
    client: decision.client,
    method: decision.method,
    path: decision.target,
    status: call.status,
    failure: call.failure === null ? -1 : failureIndex(call.failure.code),
    at: call.at,
    latencyMs: call.latencyMs,
    upstreamMs: call.upstreamMs,
    attempts: call.attempts,
    requestBytes: decision.requestBytes,
    responseBytes: call.bytes,
    truncated: decision.requestTruncated || call.truncated,
    traceId: trace.traceId,
    parentSpanId: trace.parentSpanId,
    spanId: trace.spanId,
    callSpanId: call.callSpanId,
    sampled: trace.sampled,
    requestHeaders: selected(decision.rawHeaders, route.recordHeaders),
    responseHeaders: selected(call.headers, ANSWER_HEADERS),
    request: decision.request,
    response: call.held,
  };
}

function selected(rawHeaders: readonly string[], names: ReadonlySet<string>): string[] {
  const out: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (names.has(name)) out.push(name, rawHeaders[i + 1] as string);
  }
  return out;
}
