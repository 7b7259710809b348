// The path of one decision, from its head to its record. Read it top down: the numbered steps are those of
// docs/architecture.md. Lanes bring an Exchange; upstreams answer through a Call; nothing here knows a socket.
//
//   1 match   2 admit   3 receive   4 assign   5 mirror   6 call   7 respond   8 record

import type { Failure } from '../errors.ts';
import { failureIndex, failureKind } from '../errors.ts';
import type { CallListener, OutgoingRequest } from '../http/call.ts';
import type { Exchange, ExchangeListener } from '../http/exchange.ts';
import { forwardHeaders, relayHeaders } from '../http/forward.ts';
import type { RequestHead } from '../http/head.ts';
import { readRequestHead } from '../http/head.ts';
import { originForm, pathOf, targetProblem } from '../http/target.ts';
import type { Watched } from '../kernel/deadlines.ts';
import { uuidv7 } from '../kernel/ids.ts';
import type { Assignment, Reason } from '../model.ts';
import { assign } from '../split/assign.ts';
import { unitOf } from '../split/unit.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';
import { continueTrace, formatTraceparent } from '../telemetry/trace-context.ts';
import type { Endpoint, EndpointCall } from '../upstream/endpoint.ts';
import { Answer } from './answer.ts';
import type { Gate } from './gate.ts';
import { admit, tooLarge } from './gate.ts';
import type { CallFacts, DecisionFacts } from './record.ts';
import { toRecord } from './record.ts';
import { refuse } from './refuse.ts';
import { RequestBody } from './request-body.ts';
import type { AttemptEnd } from './retry.ts';
import { isRetriable } from './retry.ts';
import type { Route } from './route.ts';
import { sendShadows } from './shadows.ts';

/** How long a body may take before it is streamed rather than held: a client that waits for an answer to its first half gets one. */
const PATIENCE_MS = 20;

/** @returns false where no model matches: the request is not a decision, and the lane gives it to someone else */
export function decide(gate: Gate, exchange: Exchange): boolean {
  const head = readRequestHead(exchange.rawHeaders);
  const target = originForm(exchange.target, head.host);
  const problem = head.problem || hostProblem(head, exchange) || targetProblem(target ?? '');
  if (target === null || problem !== '') {
    turnAway(gate, exchange, { code: 'bad_request', detail: problem });
    return true;
  }

  // 1. Match: the model whose path, method, host and headers fit.
  const path = pathOf(target);
  const route = gate.routes.table.find(exchange.method, path, head.host, exchange.rawHeaders);
  if (route === undefined) return false;

  // 2. Admit: refuse early and cheaply, before a byte of the body is read.
  const refusal = admit(gate, route, exchange);
  if (refusal !== null) {
    turnAway(gate, exchange, refusal);
    return true;
  }

  // 3. Receive: hold the body while it is small, then go on.
  new Decision(gate, route, exchange, head, target, route.isDecision(exchange.method, path)).receive();
  return true;
}

function hostProblem(head: RequestHead, exchange: Exchange): string {
  return head.host === '' && exchange.httpVersion === '1.1' ? 'The header host is missing.' : '';
}

function turnAway(gate: Gate, exchange: Exchange, failure: Failure): void {
  gate.meters.gateway.refused(failure.code);
  refuse(exchange, failure, '', '');
}

const UNASSIGNED: Assignment = { version: 0, slot: -1, propensity: 1, reason: 'no_key' };

type Phase = 'receiving' | 'calling' | 'answering' | 'refused' | 'done';

/** One decision under way: it listens to the client on one side, to the upstream on the other, and to its deadline. */
export class Decision implements ExchangeListener, CallListener, Watched, DecisionFacts {
  readonly gate: Gate;
  readonly route: Route;
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly target: string;
  readonly id: string;
  readonly trace: TraceContext;
  /** False for calls that are not decisions (health, metadata): they go to the champion and leave no record. */
  readonly recorded: boolean;
  readonly body: RequestBody;
  /** Headers that every call of this decision carries. */
  readonly forward: readonly string[];
  assignment: Assignment = UNASSIGNED;
  unit = '';
  /** The version being called, -1 before there is one. */
  version = -1;
  mirrored = false;
  dueAt = Number.POSITIVE_INFINITY;
  place = -1;

  #phase: Phase = 'receiving';
  #reason: Reason = 'no_key';
  #outgoing: EndpointCall | null = null;
  #avoid: Endpoint | null = null;
  #attempts = 0;
  #sent = false;
  #callAt = 0;
  #upstreamMs = 0;
  #answer: Answer;
  #failure: Failure | null = null;

  constructor(gate: Gate, route: Route, exchange: Exchange, head: RequestHead, target: string, isDecision: boolean) {
    this.gate = gate;
    this.route = route;
    this.exchange = exchange;
    this.head = head;
    this.target = target;
    this.recorded = isDecision;
    this.id = head.decisionId === '' ? uuidv7(exchange.at) : head.decisionId;
    this.trace = continueTrace(exchange.rawHeaders, gate.traceSample, gate.random);
    this.body = new RequestBody(gate.listen.bodyBytesHeld);
    this.#answer = new Answer(gate.listen.bodyBytesHeld);
    this.forward = forwardHeaders(head, { remoteAddress: exchange.remoteAddress, secure: exchange.secure, decisionId: this.id });
    exchange.listener = this;
  }

  // --- 3. receive -------------------------------------------------------------------------------------------------------

  receive(): void {
    const { gate, exchange } = this;
    gate.inflight++;
    this.route.load.inflight++;
    gate.meters.gateway.inflight(1);
    gate.watch.add(this);
    if (exchange.body.length === 0) {
      this.body.end([]);
      this.#proceed();
      return;
    }
    this.dueAt = exchange.startedAt + Math.min(PATIENCE_MS, gate.listen.timeout.requestMs);
    exchange.receive();
  }

  requestData(chunk: Uint8Array): void {
    if (this.#phase === 'refused' || this.#phase === 'done') return;
    const { body, gate } = this;
    if (body.bytes + chunk.length > gate.listen.bodyBytesMax) {
      this.#stopCall('abandoned');
      this.#fail(tooLarge(gate));
      return;
    }
    // Too long to hold: decide now, with what is known, and stream the rest.
    if (this.#phase === 'receiving' && body.bytes + chunk.length > gate.listen.bodyBytesHeld) this.#proceed();
    if (!body.take(chunk)) this.exchange.pauseRequest();
  }

  requestEnd(trailers: readonly string[]): void {
    if (this.#phase === 'refused' || this.#phase === 'done') return;
    this.body.end(trailers);
    if (this.#phase === 'receiving') {
      this.#proceed();
      return;
    }
    sendShadows(this);
    if (this.#phase === 'calling') this.dueAt = this.#answerDue();
  }

  #proceed(): void {
    this.#phase = 'calling';

    // 4. Assign: the unit decides the version; nothing else does.
    if (!this.#assign()) return;

    // 5. Mirror: copies that nobody waits for.
    sendShadows(this);

    // 6. Call: the assigned version.
    this.#call(this.assignment.version);
  }

  // --- 4. assign --------------------------------------------------------------------------------------------------------

  #assign(): boolean {
    const { route, exchange, target } = this;
    const { sticky, champion } = route.plan;
    if (!this.recorded) {
      this.assignment = { version: champion, slot: -1, propensity: 1, reason: 'no_key' };
      return true;
    }
    const unit = sticky === null ? null : unitOf(sticky.source, { rawHeaders: exchange.rawHeaders, target, body: this.body.whole() });
    const assignment = assign(route.split, unit, { rawHeaders: exchange.rawHeaders, target }, this.gate.random);
    if (assignment === null) {
      this.#fail({ code: 'sticky_key_missing', detail: `Model ${route.plan.name} sticks to its ${sticky?.source.kind ?? 'key'}${sticky !== null && 'name' in sticky.source ? ` ${sticky.source.name}` : ''}.` });
      return false;
    }
    this.unit = unit?.text ?? '';
    this.assignment = assignment;
    this.#reason = assignment.reason;
    return true;
  }

  // --- 6. call ----------------------------------------------------------------------------------------------------------

  #call(index: number): void {
    const version = this.route.versions[index];
    if (version === undefined) throw new Error(`model ${this.route.plan.name} has no version ${index}`);
    this.version = index;
    this.#attempts++;
    this.#sent = false;
    this.#callAt = this.gate.clock.now();
    this.dueAt = this.body.complete ? this.#answerDue() : this.exchange.startedAt + this.gate.listen.timeout.requestMs;
    if (this.#attempts === 1) version.upstream.budget.called();
    const outgoing = version.upstream.call(this.#request(), this, this.#avoid);
    if (outgoing === undefined) {
      this.#attemptEnded({ kind: 'failure', sent: false, failure: { code: 'no_healthy_upstream', detail: `Version ${version.name} of model ${this.route.plan.name}.` } });
      return;
    }
    version.meter.inflight(1);
    this.#outgoing = outgoing;
  }

  #request(): OutgoingRequest {
    const { exchange, body, trace, head } = this;
    const headers = [...this.forward, 'traceparent', formatTraceparent(trace.traceId, trace.callSpanId, trace.sampled)];
    if (trace.tracestate !== '') headers.push('tracestate', trace.tracestate);
    const content = exchange.body.length === 0 ? null : (body.whole() ?? body.stream(() => exchange.resumeRequest()));
    return {
      method: exchange.method,
      path: this.target,
      headers,
      host: '',
      body: content,
      trailers: head.sendsTrailers ? () => body.trailers : null,
    };
  }

  #answerDue(): number {
    const { firstByteMs } = this.route.plan.timeout;
    return Math.min(this.gate.clock.now() + firstByteMs, this.#totalDue());
  }

  #totalDue(): number {
    const { totalMs } = this.route.plan.timeout;
    return totalMs === 0 ? Number.POSITIVE_INFINITY : this.exchange.startedAt + totalMs;
  }

  callSent(): void {
    this.#sent = true;
  }

  callInformed(status: number, rawHeaders: readonly string[]): void {
    this.exchange.inform(status, rawHeaders);
  }

  callFailed(failure: Failure): void {
    this.#releaseCall(failureKind(failure.code).source === 'upstream' ? 'failed' : 'abandoned');
    if (this.#phase === 'answering') this.#breakOff(failure);
    else this.#attemptEnded({ kind: 'failure', failure, sent: this.#sent });
  }

  /** An attempt gave no answer to relay: again, or by the champion, or not at all. */
  #attemptEnded(end: AttemptEnd): void {
    if (this.#mayRetry(end)) {
      this.route.versions[this.version]?.meter.retried();
      this.#call(this.version);
      return;
    }
    const failure: Failure = end.kind === 'failure' ? end.failure : { code: 'upstream_invalid', detail: `Status ${end.status}.` };
    if (this.#mayFallBack(failure)) {
      this.#record(failure, failureKind(failure.code).status);
      this.route.versions[this.version]?.meter.fellBack();
      this.#reason = 'fallback';
      this.#attempts = 0;
      this.#avoid = null;
      this.#call(this.route.plan.champion);
      return;
    }
    this.#fail(failure);
  }

  #mayRetry(end: AttemptEnd): boolean {
    const { retry } = this.route.plan;
    return (
      this.#attempts < retry.attempts &&
      !this.body.streaming &&
      isRetriable(end, this.exchange.method, retry) &&
      this.gate.clock.now() < this.#totalDue() &&
      this.route.versions[this.version]?.upstream.budget.take() === true
    );
  }

  #mayFallBack(failure: Failure): boolean {
    const { plan } = this.route;
    return (
      plan.fallback &&
      this.recorded &&
      this.version !== plan.champion &&
      !this.body.streaming &&
      failureKind(failure.code).source === 'upstream' &&
      this.gate.clock.now() < this.#totalDue()
    );
  }

  // --- 7. respond -------------------------------------------------------------------------------------------------------

  callStarted(status: number, statusText: string, rawHeaders: string[]): void {
    if (this.#mayRetry({ kind: 'status', status })) {
      this.#stopCall('failed');
      this.route.versions[this.version]?.meter.retried();
      this.#call(this.version);
      return;
    }
    this.#phase = 'answering';
    this.dueAt = this.#totalDue();
    this.#answer.status = status;
    this.#answer.headers = rawHeaders;
    // An answer that overtakes its request: the rest of the request has nowhere to go.
    if (!this.body.complete) this.exchange.closeAfter();
    try {
      this.exchange.start(status, statusText, relayHeaders(rawHeaders, this.id, this.#versionName()));
    } catch (error) {
      this.#stopCall('failed');
      this.#phase = 'calling';
      this.#fail({ code: 'upstream_invalid', detail: `The head of the answer cannot be relayed (${error instanceof Error ? error.message : 'unknown'}).` });
    }
  }

  callData(chunk: Uint8Array): void {
    this.#answer.take(chunk);
    if (this.exchange.write(chunk)) return;
    this.#outgoing?.call.pause();
    this.dueAt = Math.min(this.#totalDue(), this.gate.clock.now() + this.gate.listen.timeout.stallMs);
  }

  writable(): void {
    this.dueAt = this.#totalDue();
    this.#outgoing?.call.resume();
  }

  callEnded(trailers: readonly string[]): void {
    this.#releaseCall('succeeded');
    this.#upstreamMs = this.gate.clock.now() - this.#callAt;
    this.dueAt = Math.min(this.#totalDue(), this.gate.clock.now() + this.gate.listen.timeout.stallMs);
    this.exchange.end(this.head.trailers ? trailers : []);
  }

  answered(): void {
    this.#finish(this.#failure);
  }

  clientGone(): void {
    this.#stopCall('abandoned');
    this.#finish({ code: 'client_gone', detail: '' });
  }

  expired(nowMs: number): void {
    const { listen } = this.gate;
    const waited = nowMs - this.exchange.startedAt;
    if (this.#phase === 'receiving' || (this.#phase === 'calling' && !this.body.complete)) {
      if (waited >= listen.timeout.requestMs) {
        this.#stopCall('abandoned');
        this.#fail({ code: 'client_timeout', detail: `The whole request did not arrive within ${listen.timeout.requestMs} ms.` });
      } else if (this.#phase === 'receiving' && this.route.plan.sticky?.source.kind !== 'body') this.#proceed();
      else this.dueAt = this.exchange.startedAt + listen.timeout.requestMs;
    } else if (this.#phase === 'calling') {
      const { firstByteMs, totalMs } = this.route.plan.timeout;
      const limit = nowMs >= this.#totalDue() ? `total ${totalMs} ms` : `firstByte ${firstByteMs} ms`;
      this.#stopCall('failed');
      this.#attemptEnded({ kind: 'failure', sent: this.#sent, failure: { code: 'upstream_timeout', detail: `No answer from version ${this.#versionName()} (timeout.${limit}).` } });
    } else {
      const late = nowMs >= this.#totalDue();
      this.#stopCall(late ? 'failed' : 'abandoned');
      this.#breakOff(late ? { code: 'upstream_timeout', detail: 'total' } : { code: 'client_timeout', detail: 'stall' });
    }
  }

  // --- ends -------------------------------------------------------------------------------------------------------------

  /** Answer with a problem of the gate's own; only while nothing of another answer has been sent. */
  #fail(failure: Failure): void {
    this.#phase = 'refused';
    this.#failure = failure;
    this.body.abandon();
    this.dueAt = this.gate.clock.now() + this.gate.listen.timeout.stallMs;
    refuse(this.exchange, failure, this.id, this.#versionName());
  }

  /** The answer cannot be completed: the client must see that it is broken. */
  #breakOff(failure: Failure): void {
    this.exchange.abort();
    this.#finish(failure);
  }

  #stopCall(outcome: 'failed' | 'abandoned'): void {
    this.#outgoing?.call.abort();
    this.#releaseCall(outcome);
  }

  #releaseCall(outcome: 'succeeded' | 'failed' | 'abandoned'): void {
    if (this.#outgoing === null) return;
    this.route.versions[this.version]?.meter.inflight(-1);
    this.#avoid = this.#outgoing.endpoint;
    this.#outgoing.release(outcome);
    this.#outgoing = null;
  }

  #finish(failure: Failure | null): void {
    if (this.#phase === 'done') return;
    this.#phase = 'done';
    const { gate } = this;
    gate.watch.remove(this);
    gate.inflight--;
    this.route.load.inflight--;
    gate.meters.gateway.inflight(-1);
    this.body.abandon();
    this.exchange.listener = null;
    const status = this.#answer.status !== 0 ? this.#answer.status : failure === null ? 0 : failureKind(failure.code).status;
    // 8. Record: what happened, once, for the monitor.
    if (this.version < 0) gate.meters.gateway.refused(failure?.code ?? 'internal');
    else this.#record(failure, status);
  }

  // --- 8. record --------------------------------------------------------------------------------------------------------

  #record(failure: Failure | null, status: number): void {
    if (!this.recorded) return;
    const version = this.route.versions[this.version];
    if (version === undefined) return;
    const answer = this.#answer;
    const latencyMs = this.gate.clock.now() - this.exchange.startedAt;
    const facts: CallFacts = {
      version: this.version,
      role: version.role,
      reason: this.#reason,
      status,
      failure,
      at: this.exchange.at,
      latencyMs,
      upstreamMs: this.#upstreamMs,
      attempts: this.#attempts,
      callSpanId: this.trace.callSpanId,
      headers: answer.headers,
      held: answer.held,
      bytes: answer.bytes,
      truncated: answer.truncated,
    };
    version.meter.finished(facts.reason, status, failure === null ? -1 : failureIndex(failure.code), latencyMs, this.#upstreamMs, this.body.bytes, answer.bytes);
    this.gate.handOver(toRecord(this, facts));
  }

  #versionName(): string {
    return this.route.versions[this.version]?.name ?? '';
  }

  get client(): string {
    return this.exchange.remoteAddress;
  }
  get method(): string {
    return this.exchange.method;
  }
  get rawHeaders(): readonly string[] {
    return this.exchange.rawHeaders;
  }
  get at(): number {
    return this.exchange.at;
  }
  get request(): readonly Uint8Array[] {
    return this.body.held;
  }
  get requestBytes(): number {
    return this.body.bytes;
  }
  get requestTruncated(): boolean {
    return this.body.truncated;
  }
}
