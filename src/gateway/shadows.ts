// Step 5 of a decision: which of the model's mirrors its request falls into, and what is counted where none is sent. A
// request is copied once its body is whole; that may be after its own call has begun.

import { failureIndex, failureKind } from '../errors.ts';
import type { OutgoingRequest } from '../http/call.ts';
import type { RequestHead } from '../http/head.ts';
import { spanId } from '../kernel/ids.ts';
import type { ShadowBounds, ShadowResult } from '../mirror/mirror.ts';
import { isMirrored } from '../mirror/mirror.ts';
import type { ShadowDrop } from '../model.ts';
import type { Gate } from './gate.ts';
import { tracedLines } from './outgoing.ts';
import type { DecisionFacts } from './record.ts';
import { toRecord } from './record.ts';
import type { Route, RouteMirror } from './route.ts';

/** A decision as its shadows see it. */
export interface Mirrored extends DecisionFacts {
  readonly head: RequestHead;
  readonly forward: string;
  mirrored: boolean;
}

/** Once, as soon as the body is whole or known to be too long. */
export function sendShadows(decision: Mirrored): void {
  if (!isStillToMirror(decision)) return;
  const { body, exchange, gate } = decision;
  const tooLarge = body.truncated || exchange.body.length > gate.listen.bodyBytesHeld;
  if (body.complete || tooLarge) toMirrors(decision, tooLarge ? 'body_too_large' : null);
}

/** The decision is over: what could not be copied by now never will be. */
export function dropShadows(decision: Mirrored): void {
  if (isStillToMirror(decision)) toMirrors(decision, decision.body.truncated ? 'body_too_large' : 'request_incomplete');
}

function isStillToMirror({ route, mirrored, isDecision }: Mirrored): boolean {
  return route.mirrors.length > 0 && !mirrored && isDecision;
}

/** @param reason why nothing can be sent, or null */
function toMirrors(decision: Mirrored, reason: ShadowDrop | null): void {
  const { route, gate, assignment } = decision;
  decision.mirrored = true;
  for (const mirror of route.mirrors) {
    if (mirror.version === assignment.version || !isMirrored(decision.id, mirror.name, mirror.share)) continue;
    // Not even a fault of the gate's own in a shadow may reach the decision.
    try {
      const drop = reason ?? sendShadow(decision, mirror);
      if (drop !== null) mirror.meter.shadowDropped(drop);
    } catch (error) {
      gate.fault(error);
    }
  }
}

function sendShadow(decision: Mirrored, mirror: RouteMirror): ShadowDrop | null {
  const { gate, body, exchange, head, route } = decision;
  if (gate.draining) return 'draining';
  const whole = body.whole();
  if (whole === null) return 'body_too_large';
  const callSpanId = spanId();
  const request: OutgoingRequest = {
    method: exchange.method,
    path: decision.target,
    headers: `${tracedLines(decision.forward, decision.trace, callSpanId)}headgate-shadow: ${mirror.name}\r\n`,
    takesTrailers: head.trailers,
    announced: head.framed ? exchange.body.length : -1,
    host: '',
    body: whole.length === 0 ? null : whole,
    trailers: null,
  };
  const at = gate.clock.wall();
  const drop = mirror.mirror.send(mirror.upstream, request, whole.length, boundsOf(mirror, gate, route), (result) => {
    gate.meters.gateway.shadowBytes(-whole.length);
    try {
      shadowEnded(decision, mirror, result, callSpanId, at);
    } catch (error) {
      gate.fault(error);
    }
  });
  if (drop !== null) return drop;
  gate.meters.gateway.shadowBytes(whole.length);
  mirror.meter.inflight(1);
  return null;
}

function boundsOf(
  { timeoutMs, callsMax, bytesMax }: RouteMirror,
  { listen }: Gate,
  { recordsBodies }: Route,
): ShadowBounds {
  const { bodyBytesHeld: heldBytesMax, bodyBytesMax: answerBytesMax } = listen;
  return { timeoutMs, callsMax, bytesMax, keeps: recordsBodies, heldBytesMax, answerBytesMax };
}

function shadowEnded(
  decision: Mirrored,
  mirror: RouteMirror,
  result: ShadowResult,
  callSpanId: string,
  at: number,
): void {
  const { gate, assignment } = decision;
  const latencyMs = result.endedAt - result.startedAt;
  const { failure } = result;
  mirror.meter.inflight(-1);
  mirror.meter.finished(
    assignment.reason,
    result.status,
    failure === null || failureKind(failure.code).source !== 'upstream' ? -1 : failureIndex(failure.code),
    latencyMs,
    latencyMs,
    decision.body.bytes,
    result.bytes,
  );
  gate.handOver(
    toRecord(decision, {
      version: mirror.version,
      role: 'shadow',
      reason: assignment.reason,
      status: result.status,
      failure,
      at,
      latencyMs,
      upstreamMs: latencyMs,
      attempts: 1,
      parentSpanId: decision.trace.parentSpanId,
      spanId: decision.trace.spanId,
      callSpanId,
      headers: result.headers,
      held: result.held,
      bytes: result.bytes,
      truncated: result.truncated,
    }),
    decision.route.account,
    null,
  );
}
