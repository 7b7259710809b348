// W3C Trace Context on the request path: which trace a decision belongs to, and what the upstream is told. By slices and
// character codes alone, since this runs on every request. Spans are made later, in the monitor (traces.ts).
// https://www.w3.org/TR/trace-context/ (level 1; section numbers below)

import { spanId, traceId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';

export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** The caller's span, or '' where the trace starts here. */
  readonly parentSpanId: string;
  /** This gate's span for the decision, and its span for the upstream call: 16 hex digits. */
  readonly spanId: string;
  readonly callSpanId: string;
  readonly sampled: boolean;
  /** As received, several headers joined; '' where there is none or the trace starts here. */
  readonly tracestate: string;
}

const LENGTH = 55;

/**
 * Continue the caller's trace, or start one where `traceparent` is missing or invalid (3.2.2.5: then tracestate is void too).
 * The caller's sampling decision is followed; a new trace is sampled with probability `sample`.
 * @param rawHeaders flat name, value, ...
 */
export function continueTrace(rawHeaders: readonly string[], sample: number, random: Random): TraceContext {
  const parent = headerOnce(rawHeaders, 'traceparent');
  if (!isTraceparent(parent)) {
    return {
      traceId: traceId(),
      parentSpanId: '',
      spanId: spanId(),
      callSpanId: spanId(),
      sampled: sample > 0 && random() < sample,
      tracestate: '',
    };
  }
  return {
    traceId: parent.slice(3, 35),
    parentSpanId: parent.slice(36, 52),
    spanId: spanId(),
    callSpanId: spanId(),
    // Bit 0 of the flags; the other bits are unknown to this version and not passed on (3.2.2.5.2).
    sampled: (digit(parent.charCodeAt(54)) & 1) === 1,
    tracestate: headerJoined(rawHeaders, 'tracestate'),
  };
}

/** Always of version 00, whatever the caller's version was (2.3, 3.2.2). */
export function formatTraceparent(trace: string, span: string, sampled: boolean): string {
  return `00-${trace}-${span}-${sampled ? '01' : '00'}`;
}

/** 3.2.2: version 00 is exactly 55 characters long; a higher one may go on after a further dash; ff is invalid. */
function isTraceparent(value: string): boolean {
  if (value.length < LENGTH) return false;
  if (value.charCodeAt(2) !== 45 || value.charCodeAt(35) !== 45 || value.charCodeAt(52) !== 45) return false;
  const version = hexRun(value, 0, 2);
  if (version === 'invalid' || (value.charCodeAt(0) === 102 && value.charCodeAt(1) === 102)) return false;
  if (value.length > LENGTH && (version === 'zero' || value.charCodeAt(LENGTH) !== 45)) return false;
  return (
    hexRun(value, 3, 35) === 'nonzero' && hexRun(value, 36, 52) === 'nonzero' && hexRun(value, 53, LENGTH) !== 'invalid'
  );
}

/** What the characters from `start` to `end` are as lower-case hex digits. */
function hexRun(value: string, start: number, end: number): 'invalid' | 'zero' | 'nonzero' {
  let any = 0;
  for (let i = start; i < end; i++) {
    const found = digit(value.charCodeAt(i));
    if (found < 0) return 'invalid';
    any |= found;
  }
  return any === 0 ? 'zero' : 'nonzero';
}

/** Value of a hex digit (upper case is not allowed), or -1. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}

/** The one value of a header; '' where it is absent or came more than once. */
function headerOnce(rawHeaders: readonly string[], name: string): string {
  let found = -1;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!isNamed(rawHeaders[i], name)) continue;
    if (found >= 0) return '';
    found = i + 1;
  }
  return found < 0 ? '' : (rawHeaders[found] ?? '');
}

/** All values of a header in order, joined by commas (RFC 9110 section 5.3). */
function headerJoined(rawHeaders: readonly string[], name: string): string {
  let joined = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!isNamed(rawHeaders[i], name)) continue;
    const value = rawHeaders[i + 1] ?? '';
    joined = joined === '' || value === '' ? joined + value : `${joined},${value}`;
  }
  return joined;
}

/** Lengths first: only a header as long as the name is ever lowered. */
function isNamed(header: string | undefined, name: string): boolean {
  return header !== undefined && header.length === name.length && (header === name || header.toLowerCase() === name);
}
