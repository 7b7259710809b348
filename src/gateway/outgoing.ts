// The request that a decision sends to a version: the caller's own, with the gate's headers. Its shadows send the same with
// one header more.

import type { OutgoingRequest } from '../http/call.ts';
import type { RequestHead } from '../http/head.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';
import { formatTraceparent } from '../telemetry/trace-context.ts';
import type { DecisionFacts } from './record.ts';

export interface Outgoing extends DecisionFacts {
  readonly head: RequestHead;
  readonly forward: string;
  readonly callSpanId: string;
}

/** @param more called when a streamed body has been taken and more is wanted */
export function outgoingRequest(decision: Outgoing, more: () => void): OutgoingRequest {
  const { exchange, body, head } = decision;
  let headers = tracedLines(decision.forward, decision.trace, decision.callSpanId);
  // Trailers exist in chunked bodies only (RFC 9112 section 7.1.2).
  const hasTrailers = head.trailerNames !== '' && exchange.body.length < 0;
  if (hasTrailers) headers += `trailer: ${head.trailerNames}\r\n`;
  const streamed = exchange.body.length !== 0 && (hasTrailers || body.whole() === null);
  return {
    method: exchange.method,
    path: decision.target,
    headers,
    takesTrailers: head.trailers,
    announced: head.framed ? exchange.body.length : -1,
    host: '',
    body: exchange.body.length === 0 ? null : streamed ? body.stream(more) : body.whole(),
    trailers: hasTrailers ? () => body.trailers : null,
  };
}

/** What every call of one decision carries, and where it hangs in its trace. */
export function tracedLines(forward: string, trace: TraceContext, callSpanId: string): string {
  const lines = `${forward}traceparent: ${formatTraceparent(trace.traceId, callSpanId, trace.sampled)}\r\n`;
  return trace.tracestate === '' ? lines : `${lines}tracestate: ${trace.tracestate}\r\n`;
}
