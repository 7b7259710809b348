// The request that a decision sends to a version: the caller's own, with the gate's headers. Its shadows send the same with
// one header more.

import type { OutgoingRequest } from '../http/call.ts';
import type { RequestHead } from '../http/head.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';
import { formatTraceparent } from '../telemetry/trace-context.ts';
import type { DecisionFacts } from './record.ts';

export interface Outgoing extends DecisionFacts {
  readonly head: RequestHead;
  readonly forward: readonly string[];
  readonly callSpanId: string;
}

/** @param more called when a streamed body has been taken and more is wanted */
export function outgoingRequest(decision: Outgoing, more: () => void): OutgoingRequest {
  const { exchange, body, head } = decision;
  const headers = tracedHeaders(decision.forward, decision.trace, decision.callSpanId);
  // Trailers exist in chunked bodies only (RFC 9112 section 7.1.2).
  const hasTrailers = head.trailerNames !== '' && exchange.body.length < 0;
  if (hasTrailers) headers.push('trailer', head.trailerNames);
  const streamed = exchange.body.length !== 0 && (hasTrailers || body.whole() === null);
  return {
    method: exchange.method,
    path: decision.target,
    headers,
    host: '',
    body: exchange.body.length === 0 ? null : streamed ? body.stream(more) : body.whole(),
    trailers: hasTrailers ? () => body.trailers : null,
  };
}

export function tracedHeaders(forward: readonly string[], trace: TraceContext, callSpanId: string): string[] {
  const headers = [...forward, 'traceparent', formatTraceparent(trace.traceId, callSpanId, trace.sampled)];
  if (trace.tracestate !== '') headers.push('tracestate', trace.tracestate);
  return headers;
}
