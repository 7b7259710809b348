// From a finished call to the record the monitor gets. Nothing is decided here.

import type { Settled } from '../capture/handover/settling.ts';
import type { Failure } from '../errors.ts';
import { failureIndex, failureKind } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { KnownNames } from '../http/known-names.ts';
import type { Assignment, ExchangeRecord, Reason, Role } from '../model.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';
import type { Answer } from './answer.ts';
import type { Calls } from './calls.ts';
import type { Gate } from './gate.ts';
import type { RequestBody } from './request-body.ts';
import type { Route } from './route.ts';

/** What all calls of one decision share. */
export interface DecisionFacts {
  readonly gate: Gate;
  /** False for calls that are not decisions (health, metadata): they go to the champion and leave no record. */
  readonly isDecision: boolean;
  readonly route: Route;
  readonly id: string;
  readonly assignment: Assignment;
  readonly unit: string;
  readonly trace: TraceContext;
  readonly target: string;
  readonly exchange: Exchange;
  readonly body: RequestBody;
}

/** What one call, primary or shadow, adds to them. */
export interface CallFacts {
  readonly version: number;
  readonly role: Role;
  readonly reason: Reason;
  readonly status: number;
  readonly failure: Failure | null;
  readonly at: number;
  readonly latencyMs: number;
  readonly upstreamMs: number;
  readonly attempts: number;
  readonly parentSpanId: string;
  readonly spanId: string;
  readonly callSpanId: string;
  readonly headers: readonly string[];
  readonly held: readonly Uint8Array[];
  readonly bytes: number;
  readonly truncated: boolean;
}

/** A decision as its record sees it. */
export interface Recorded extends DecisionFacts {
  readonly calls: Calls;
  readonly answer: Answer;
  readonly reason: Reason;
  readonly callSpanId: string;
}

/**
 * Count and hand over the call that has just ended.
 * @param covered the champion answers in its place: the decision's own span is left to the champion's record
 */
export function recordCall(decision: Recorded, failure: Failure | null, covered = false): void {
  if (!decision.isDecision) return;
  const latencyMs = decision.gate.clock.now() - decision.exchange.startedAt;
  count(decision, failure, latencyMs);
  handOver(decision, failure, latencyMs, covered, null);
}

/** The first half, where the answer waits for its record: the record is made before the answer is out. */
export function handOverCall(decision: Recorded, failure: Failure | null, settled: Settled): void {
  handOver(decision, failure, decision.gate.clock.now() - decision.exchange.startedAt, false, settled);
}

/** And the second: what the client waited for includes the record. */
export function countCall(decision: Recorded, failure: Failure | null): void {
  count(decision, failure, decision.gate.clock.now() - decision.exchange.startedAt);
}

function count({ calls, answer, reason, body }: Recorded, failure: Failure | null, latencyMs: number): void {
  calls.called.meter.finished(
    reason,
    statusOf(answer, failure),
    failure === null ? -1 : failureIndex(failure.code),
    latencyMs,
    calls.upstreamMs,
    body.bytes,
    answer.bytes,
  );
}

/** Where no answer of the upstream came, the status is that of the problem in its place. */
function statusOf(answer: Answer, failure: Failure | null): number {
  return answer.status === 0 && failure !== null ? failureKind(failure.code).status : answer.status;
}

function handOver(
  decision: Recorded,
  failure: Failure | null,
  latencyMs: number,
  covered: boolean,
  settled: Settled | null,
): void {
  const { gate, calls, answer, exchange, trace } = decision;
  const { called, upstreamMs } = calls;
  // One server span per decision: a call that is covered hangs below it, and does not claim it.
  gate.handOver(
    toRecord(decision, {
      version: called.index,
      role: called.role,
      reason: decision.reason,
      status: statusOf(answer, failure),
      failure,
      at: exchange.at,
      latencyMs,
      upstreamMs,
      attempts: calls.attempts,
      parentSpanId: covered ? trace.spanId : trace.parentSpanId,
      spanId: covered ? '' : trace.spanId,
      callSpanId: decision.callSpanId,
      headers: answer.headers,
      held: answer.held,
      bytes: answer.bytes,
      truncated: answer.truncated,
    }),
    decision.route.account,
    settled,
  );
}

const ANSWER_HEADERS = new KnownNames(['content-type', 'content-encoding', 'inference-header-content-length']);

const NO_BODY: readonly Uint8Array[] = [];

export function toRecord(decision: DecisionFacts, call: CallFacts): ExchangeRecord {
  const { route, assignment, trace, exchange, body } = decision;
  return {
    serial: route.serial,
    model: route.index,
    version: call.version,
    assigned: assignment.version,
    role: call.role,
    reason: call.reason,
    slot: assignment.slot,
    epoch: assignment.epoch,
    propensity: assignment.propensity,
    rule: assignment.rule,
    decisionId: decision.id,
    unit: decision.unit,
    client: exchange.remoteAddress,
    method: exchange.method,
    path: decision.target,
    status: call.status,
    failure: call.failure === null ? -1 : failureIndex(call.failure.code),
    at: call.at,
    latencyMs: call.latencyMs,
    upstreamMs: call.upstreamMs,
    attempts: call.attempts,
    requestBytes: body.bytes,
    responseBytes: call.bytes,
    truncated: body.truncated || call.truncated,
    traceId: trace.traceId,
    parentSpanId: call.parentSpanId,
    spanId: call.spanId,
    callSpanId: call.callSpanId,
    sampled: trace.sampled,
    requestHeaders: route.recordHeaders.of(exchange.rawHeaders),
    responseHeaders: ANSWER_HEADERS.of(call.headers),
    request: route.recordsBodies ? body.held : NO_BODY,
    response: call.held,
  };
}
