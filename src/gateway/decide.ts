// The path of one decision, from its head to its record. Read it top down: the numbered steps are those of
// docs/architecture.md. Lanes bring an Exchange; upstreams answer through a Call; nothing here knows a socket.
//
//   1 match   2 admit   3 receive   4 assign   5 mirror   6 call   7 respond   8 record

import type { Failure } from '../errors.ts';
import { decisionIdOf } from '../http/decision-id.ts';
import type { Exchange } from '../http/exchange.ts';
import { forwardLines, relayHeaders } from '../http/forward.ts';
import type { RequestHead } from '../http/head.ts';
import { readRequestHead } from '../http/head.ts';
import { answerOutcome, failureOutcome } from '../http/outcome.ts';
import { originForm, pathOf, targetProblem } from '../http/target.ts';
import { spanId, uuidv7 } from '../kernel/ids.ts';
import type { Assignment, Reason } from '../model.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';
import { continueTrace } from '../telemetry/trace-context.ts';
import { Answer } from './answer.ts';
import { assignVersion, UNASSIGNED } from './assignment.ts';
import { Calls } from './calls.ts';
import type { Gate } from './gate.ts';
import { admit, tooLarge } from './gate.ts';
import { Guarded } from './guarded.ts';
import { HeldAnswer, waitsForRecord } from './held-answer.ts';
import { outgoingRequest } from './outgoing.ts';
import type { DecisionFacts } from './record.ts';
import { countCall, handOverCall, recordCall } from './record.ts';
import { headProblem, refuse } from './refuse.ts';
import { RequestBody } from './request-body.ts';
import type { AttemptEnd } from './retry.ts';
import { mayFallBack, mayRetry } from './retry.ts';
import type { Route } from './route.ts';
import { dropShadows, sendShadows } from './shadows.ts';
import type { Limits, Wait } from './waiting.ts';
import { dueAt, lateFailure } from './waiting.ts';

/** @returns false where no model matches: the request is not a decision, and the lane gives it to someone else */
export function decide(gate: Gate, exchange: Exchange): boolean {
  try {
    return begin(gate, exchange);
  } catch (error) {
    // Nothing has been acquired yet: a decision that has begun catches its own faults.
    gate.fault(error);
    turnAway(gate, exchange, INTERNAL);
    return true;
  }
}

function begin(gate: Gate, exchange: Exchange): boolean {
  const head = readRequestHead(exchange.rawHeaders);
  const target = originForm(exchange.target, head.host);
  const problem = head.problem || headProblem(head, exchange) || targetProblem(target ?? '');
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
  new Decision(gate, route, exchange, head, target, route.isDecision(exchange.method, path)).begin();
  return true;
}

function turnAway(gate: Gate, exchange: Exchange, failure: Failure): void {
  gate.meters.gateway.refused(failure.code);
  refuse(exchange, failure, decisionIdOf(exchange.rawHeaders, exchange.at), '');
}

const INTERNAL: Failure = { code: 'internal', detail: '' };

type Phase = 'receiving' | 'calling' | 'answering' | 'refused' | 'done';

/**
 * One decision under way: it listens to the client on one side, to the upstream on the other, and to its deadline. Its phase
 * says what may still be answered; its wait, whom it waits for (waiting.ts). An event that is not in its row changes neither.
 *
 *   phase      waits for          event                          next
 *   receiving  patience, request  body whole, or over the buffer calling; or refused (no key)
 *                                 patience is over               calling, the rest is streamed
 *   calling    request, upload    body whole                     calling, waits for head
 *              request, upload,   head of the answer             answering; or calling again (retry)
 *              head               call failed, or upstream late  calling again (retry, fallback), else refused
 *   answering  rest, reader       call ended                     answering, waits for reader (acked: for record, then reader)
 *                                 call failed, body invalid or   done, the connection broken off
 *                                 too long, or late
 *                                 last byte taken                done
 *   refused    reader             last byte taken, or late       done
 *
 *   Under `durability: acked` nothing that the client would take for a whole answer leaves before its record is on disk: an
 *   answer waits in `answering`, a failure of a call in `refused`. Without a record in time it is refused: capture_unavailable.
 *
 *   receiving, calling            body invalid, too long, late   refused
 *   any but done                  client gone                    done
 *   any but done                  a fault of the gate's own      refused while that can be said, else done
 */
export class Decision extends Guarded implements DecisionFacts {
  readonly gate: Gate;
  readonly route: Route;
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly target: string;
  readonly id: string;
  readonly trace: TraceContext;
  readonly isDecision: boolean;
  readonly body: RequestBody;
  readonly calls: Calls;
  readonly answer: Answer;
  /** null: the answer does not wait for its record. */
  readonly held: HeldAnswer | null;
  /** Lines of the headers that every call of this decision carries. */
  readonly forward: string;
  assignment: Assignment = UNASSIGNED;
  /** Why the version being called was chosen: the assignment's reason, or `fallback`. */
  reason: Reason = 'no_key';
  unit = '';
  callSpanId: string;
  mirrored = false;
  startedAt: number;
  /** When the whole request had come. */
  completeAt = Number.POSITIVE_INFINITY;

  #phase: Phase = 'receiving';
  #wait: Wait = 'request';
  readonly #limits: Limits;
  #failure: Failure | null = null;
  #recorded = false;
  #trailers: readonly string[] = [];

  constructor(gate: Gate, route: Route, exchange: Exchange, head: RequestHead, target: string, isDecision: boolean) {
    super();
    this.gate = gate;
    this.route = route;
    this.exchange = exchange;
    this.head = head;
    this.target = target;
    this.isDecision = isDecision;
    this.startedAt = exchange.startedAt;
    this.id = head.decisionId === '' ? uuidv7(exchange.at) : head.decisionId;
    this.trace = continueTrace(exchange.rawHeaders, gate.traceSample, gate.random);
    this.callSpanId = this.trace.callSpanId;
    this.body = new RequestBody(gate.listen.bodyBytesHeld, exchange.body.length);
    this.answer = new Answer(gate.listen.bodyBytesHeld, route.recordsBodies);
    this.held =
      isDecision && waitsForRecord(route, this.id) ? new HeldAnswer(exchange, gate.listen.bodyBytesHeld) : null;
    this.calls = new Calls(route, gate.clock);
    this.forward = forwardLines(head, {
      remoteAddress: exchange.remoteAddress,
      secure: exchange.secure,
      decisionId: this.id,
    });
    this.#limits = { listen: gate.listen.timeout, model: route.plan.timeout, recordMs: gate.recordMs };
  }

  // --- 3. receive -------------------------------------------------------------------------------------------------------

  begin(): void {
    const { gate, exchange, route } = this;
    gate.inflight++;
    route.load.inflight++;
    route.generation.hold();
    gate.meters.gateway.inflight(1);
    gate.watch.add(this);
    exchange.listener = this;
    try {
      this.#receive();
    } catch (error) {
      this.crashed(error);
    }
  }

  #receive(): void {
    const { gate, exchange, route } = this;
    if (exchange.body.length === 0) {
      this.onRequestEnd([]);
      return;
    }
    exchange.receive();
    // A body that will be streamed in any case need not be waited for.
    if (exchange.body.length > gate.listen.bodyBytesHeld) this.#proceed();
    else this.#waitFor(route.split.places === null ? 'patience' : 'request');
  }

  protected override onRequestData(chunk: Uint8Array, fleeting: boolean): void {
    if (this.#phase === 'refused' || this.#phase === 'done') return;
    const { body } = this;
    if (body.bytes + chunk.length > this.gate.listen.bodyBytesMax) {
      this.#giveUp(tooLarge(this.gate));
      return;
    }
    // Too long to hold: decide now, with what is known, and stream the rest.
    if (this.#phase === 'receiving' && !body.fits(chunk)) this.#proceed();
    if (body.take(chunk, fleeting)) return;
    this.exchange.pauseRequest();
    if (this.#wait === 'request' || this.#wait === 'rest') this.#waitFor('upload');
  }

  protected override onRequestEnd(trailers: readonly string[]): void {
    if (this.#phase === 'refused' || this.#phase === 'done') return;
    this.completeAt = this.gate.clock.now();
    this.body.end(trailers);
    if (this.#phase === 'receiving') {
      this.#proceed();
      return;
    }
    sendShadows(this);
    if (this.#phase === 'calling') this.#waitFor('head');
    else if (this.#wait !== 'reader' && this.#wait !== 'record') this.#waitFor('rest');
  }

  protected override onRequestInvalid(detail: string): void {
    if (this.#phase !== 'refused' && this.#phase !== 'done') this.#giveUp({ code: 'bad_request', detail });
  }

  #proceed(): void {
    this.#phase = 'calling';

    // 4. Assign: the unit decides the version; nothing else does.
    const refusal = assignVersion(this);
    if (refusal !== null) {
      this.#refuse(refusal);
      return;
    }

    // 5. Mirror: copies that nobody waits for.
    sendShadows(this);

    // 6. Call: the assigned version.
    this.#call(this.assignment.version);
  }

  // --- 6. call ----------------------------------------------------------------------------------------------------------

  #call(version: number): void {
    this.#waitFor(this.body.complete ? 'head' : 'request');
    const request = outgoingRequest(this, () => this.#uploadGoesOn());
    if (this.calls.begin(version, request, this)) return;
    const detail = `Version ${this.calls.name} of model ${this.route.plan.name}.`;
    this.#attemptEnded({ kind: 'failure', sent: false, failure: { code: 'no_healthy_upstream', detail } });
  }

  #uploadGoesOn(): void {
    if (this.#wait === 'upload') this.#waitFor(this.#phase === 'answering' ? 'rest' : 'request');
    this.exchange.resumeRequest();
  }

  override callSent(): void {
    this.calls.sent = true;
  }

  protected override onCallInformed(status: number, rawHeaders: readonly string[]): void {
    if (this.#phase === 'calling') this.exchange.inform(status, rawHeaders);
  }

  protected override onCallFailed(failure: Failure): void {
    this.calls.ended(failureOutcome(failure));
    if (this.#phase === 'answering') this.#giveUp(failure);
    else this.#attemptEnded({ kind: 'failure', failure, sent: this.calls.sent });
  }

  /** An attempt gave no answer to relay: again, or by the champion, or not at all. */
  #attemptEnded(end: AttemptEnd & { readonly kind: 'failure' }): void {
    if (mayRetry(this, end, this.#limits)) this.#retry();
    else if (mayFallBack(this, end.failure, this.#limits)) {
      recordCall(this, end.failure, true);
      this.calls.called.meter.fellBack();
      this.reason = 'fallback';
      this.callSpanId = spanId();
      this.#call(this.route.plan.champion);
    } else this.#refuse(end.failure);
  }

  #retry(): void {
    this.calls.called.meter.retried();
    this.#call(this.calls.version);
  }

  // --- 7. respond -------------------------------------------------------------------------------------------------------

  protected override onCallStarted(status: number, statusText: string, rawHeaders: string[]): void {
    if (mayRetry(this, { kind: 'status', status }, this.#limits)) {
      this.calls.stop('failed');
      this.#retry();
      return;
    }
    // An answer that overtakes its request: the rest of the request has nowhere to go.
    if (!this.body.complete) this.exchange.closeAfter();
    try {
      const trailers = this.head.trailers && this.exchange.httpVersion === '1.1';
      const headers = relayHeaders(rawHeaders, this.id, this.calls.name, trailers);
      if (this.held === null) this.exchange.start(status, statusText, headers);
      else this.held.start(status, statusText, headers, !this.body.complete);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      const failure: Failure = {
        code: 'upstream_invalid',
        detail: `The head of the answer cannot be relayed (${why}).`,
      };
      this.calls.stop('failed');
      this.#attemptEnded({ kind: 'failure', sent: true, failure });
      return;
    }
    this.#phase = 'answering';
    this.answer.status = status;
    this.answer.headers = rawHeaders;
    this.#waitFor('rest');
  }

  protected override onCallData(chunk: Uint8Array): void {
    this.answer.take(chunk);
    if (this.held === null ? this.exchange.write(chunk) : this.held.write(chunk)) return;
    this.calls.pause();
    this.#waitFor('reader');
  }

  protected override onWritable(): void {
    if (this.#phase !== 'answering' || !this.calls.underWay) return;
    this.#waitFor('rest');
    this.calls.resume();
  }

  protected override onCallEnded(trailers: readonly string[]): void {
    this.calls.ended(answerOutcome(this.answer.status));
    const kept = this.head.trailers ? trailers : [];
    if (this.held !== null) {
      this.#trailers = kept;
      this.#awaitRecord(null);
      return;
    }
    this.#waitFor('reader');
    this.exchange.end(kept);
  }

  /** The record comes before the end of the answer. */
  #awaitRecord(failure: Failure | null): void {
    this.#recorded = true;
    this.#waitFor('record');
    handOverCall(this, failure, (captured) => this.recorded(captured));
  }

  protected override onRecorded(captured: boolean): void {
    if (this.#wait !== 'record' || this.#phase === 'done') return;
    if (!captured) {
      this.#unrecorded({ code: 'capture_unavailable', detail: '' });
      return;
    }
    this.#waitFor('reader');
    if (this.#failure === null) this.held?.release(this.#trailers);
    else refuse(this.exchange, this.#failure, this.id, this.calls.name);
  }

  #unrecorded(failure: Failure): void {
    if (this.held?.silent === true) this.#answerWith(failure);
    else this.#breakOff(failure);
  }

  protected override onAnswered(): void {
    this.#finish(this.#failure);
  }

  protected override onClientGone(): void {
    this.calls.stop('abandoned');
    this.#finish(this.#failure ?? { code: 'client_gone', detail: '' });
  }

  // --- ends -------------------------------------------------------------------------------------------------------------

  #waitFor(wait: Wait): void {
    this.#wait = wait;
    this.dueAt = dueAt(wait, this.gate.clock.now(), this, this.#limits);
  }

  protected override onExpired(nowMs: number): void {
    if (this.#wait === 'patience') {
      this.#proceed();
      return;
    }
    if (this.#wait === 'record') {
      this.#unrecorded(lateFailure(this.#wait, nowMs, this, this.#limits, this.calls.name));
      return;
    }
    const failure = this.#failure ?? lateFailure(this.#wait, nowMs, this, this.#limits, this.calls.name);
    if (this.#phase === 'calling' && failureOutcome(failure) === 'failed') {
      this.calls.stop('failed');
      this.#attemptEnded({ kind: 'failure', sent: this.calls.sent, failure });
    } else this.#giveUp(failure);
  }

  /** Nothing more can come of this decision: say so while that can still be said, break off otherwise. */
  #giveUp(failure: Failure): void {
    this.calls.stop(failureOutcome(failure));
    const heldBack = this.#phase === 'answering' && this.held?.silent === true;
    if (this.#phase === 'receiving' || this.#phase === 'calling' || heldBack) this.#refuse(failure);
    else this.#breakOff(failure);
  }

  /** Answer with a problem of the gate's own; only while nothing of another answer has been sent. */
  #refuse(failure: Failure): void {
    const isOnRecord = this.held !== null && this.calls.version >= 0 && !this.#recorded;
    if (!isOnRecord) {
      this.#answerWith(failure);
      return;
    }
    this.#instead(failure);
    this.#awaitRecord(failure);
  }

  #answerWith(failure: Failure): void {
    this.#instead(failure);
    this.#waitFor('reader');
    refuse(this.exchange, failure, this.id, this.calls.name);
  }

  /** From here on the answer is the gate's own; what was held of another is let go. */
  #instead(failure: Failure): void {
    this.#phase = 'refused';
    this.#failure = failure;
    this.body.abandon();
    if (this.held !== null) this.answer.discard();
  }

  /** The answer cannot be completed: the client must see that it is broken. */
  #breakOff(failure: Failure): void {
    this.exchange.abort();
    this.#finish(failure);
  }

  /** A fault of the gate's own: said with 500 while that can still be said. Whatever state it left, the books are closed. */
  protected override crashed(error: unknown): void {
    this.gate.fault(error);
    if (this.#phase === 'done') return;
    try {
      this.#giveUp(INTERNAL);
    } catch (again) {
      this.gate.fault(again);
      this.exchange.abort();
      if (this.#release()) this.gate.meters.gateway.refused('internal');
    }
  }

  #finish(failure: Failure | null): void {
    if (!this.#release()) return;
    if (this.calls.version < 0) {
      this.gate.meters.gateway.refused(failure?.code ?? 'internal');
      return;
    }
    dropShadows(this);
    // 8. Record: what happened, once, for the monitor.
    if (this.#recorded) countCall(this, failure);
    else recordCall(this, failure);
  }

  /** @returns false where it was over already */
  #release(): boolean {
    if (this.#phase === 'done') return false;
    this.#phase = 'done';
    const { gate, route } = this;
    gate.watch.remove(this);
    gate.inflight--;
    route.load.inflight--;
    route.generation.release();
    gate.meters.gateway.inflight(-1);
    this.exchange.listener = null;
    this.body.abandon();
    return true;
  }
}
