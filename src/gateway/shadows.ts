// Step 5 of a decision: which of the model's mirrors its request falls into, and what is counted where none is sent. A
// request is copied once its body is whole; that may be after its own call has begun.

import { failureIndex, failureKind } from '../errors.ts';
import { spanId } from '../kernel/ids.ts';
import type { ShadowResult } from '../mirror/mirror.ts';
import { isMirrored } from '../mirror/mirror.ts';
import type { ShadowDrop } from '../model.ts';
import { tracedHeaders } from './outgoing.ts';
import type { DecisionFacts } from './record.ts';
import { toRecord } from './record.ts';
import type { RouteMirror } from './route.ts';

/** A decision as its shadows see it. */
export interface Mirrored extends DecisionFacts {
  readonly forward: readonly string[];
  mirrored: boolean;
}

/** Once, as soon as the body is whole or known to be too long. */
export function sendShadows(decision: Mirrored): void {
  const { body, exchange, gate } = decision;
  const tooLarge = body.truncated || exchange.body.length > gate.listen.bodyBytesHeld;
  if (!body.complete && !tooLarge) return;
  mirrorsOf(decision, (mirror) => (tooLarge ? 'body_too_large' : sendShadow(decision, mirror)));
}

/** The decision is over: what could not be copied by now never will be. */
export function dropShadows(decision: Mirrored): void {
  mirrorsOf(decision, () => (decision.body.truncated ? 'body_too_large' : 'request_incomplete'));
}

function mirrorsOf(decision: Mirrored, send: (mirror: RouteMirror) => ShadowDrop | null): void {
  const { route, gate, assignment } = decision;
  if (route.mirrors.length === 0 || decision.mirrored || !decision.isDecision) return;
  decision.mirrored = true;
  for (const mirror of route.mirrors) {
    if (mirror.version === assignment.version || !isMirrored(decision.id, mirror.name, mirror.share)) continue;
    // Not even a fault of the gate's own in a shadow may reach the decision.
    try {
      const drop = send(mirror);
      if (drop !== null) mirror.meter.shadowDropped(drop);
    } catch (error) {
      gate.fault(error);
    }
  }
  gate.meters.gateway.shadowBytes(gate.routes.shadowBytes);
}

function sendShadow(decision: Mirrored, mirror: RouteMirror): ShadowDrop | null {
  const { gate, body, exchange } = decision;
  if (gate.draining) return 'draining';
  const whole = body.whole();
  if (whole === null) return 'body_too_large';
  const callSpanId = spanId();
  const headers = tracedHeaders(decision.forward, decision.trace, callSpanId);
  headers.push('headgate-shadow', mirror.name);
  const bounds = {
    timeoutMs: mirror.timeoutMs,
    callsMax: mirror.callsMax,
    bytesMax: mirror.bytesMax,
    heldBytesMax: gate.listen.bodyBytesHeld,
    answerBytesMax: gate.listen.bodyBytesMax,
  };
  const at = gate.clock.wall();
  const drop = mirror.mirror.send(
    { call: (request, listener) => mirror.upstream.call(request, listener, null) },
    {
      method: exchange.method,
      path: decision.target,
      headers,
      host: '',
      body: whole.length === 0 ? null : whole,
      trailers: null,
    },
    whole.length,
    bounds,
    (result) => {
      try {
        shadowEnded(decision, mirror, result, callSpanId, at);
      } catch (error) {
        gate.fault(error);
      }
    },
  );
  if (drop === null) mirror.meter.inflight(1);
  return drop;
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
  gate.meters.gateway.shadowBytes(gate.routes.shadowBytes);
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
    null,
  );
}
