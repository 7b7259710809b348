// The one table of failures: every way in which Headgate itself ends a request, whose fault it is, and what the client sees.
// Answers that come from an upstream are never failures, whatever their status.

/** Who caused it. Only `upstream` counts against a version. */
export type FailureSource = 'client' | 'gateway' | 'upstream';

export interface FailureKind {
  readonly code: string;
  readonly status: number;
  readonly source: FailureSource;
  /** `unsent`: another attempt is safe only while no byte was sent, or where the model allows it. */
  readonly retry: 'never' | 'unsent';
  /** RFC 9457 title: what happened. */
  readonly title: string;
  /** What the person who meets it can do. */
  readonly remedy: string;
}

export const FAILURES = [
  kind('bad_request', 400, 'client', 'never', 'The request is not well-formed HTTP/1.1', 'Correct the request.'),
  kind(
    'sticky_key_missing',
    400,
    'client',
    'never',
    'The request carries no sticky key',
    'Send the key that the model sticks to.',
  ),
  kind(
    'no_model',
    404,
    'client',
    'never',
    'No model matches the request',
    'Check path, method, host and headers against `match`.',
  ),
  kind(
    'client_timeout',
    408,
    'client',
    'never',
    'The request did not arrive in time',
    'Send the whole request without pauses.',
  ),
  kind(
    'body_too_large',
    413,
    'client',
    'never',
    'The request body is over the limit',
    'Send less, or raise the limit.',
  ),
  kind(
    'headers_too_large',
    431,
    'client',
    'never',
    'The request head is over the limit',
    'Send fewer or shorter headers.',
  ),
  kind('client_gone', 499, 'client', 'never', 'The client left before its answer was complete', 'Nothing to do here.'),
  kind(
    'overloaded',
    503,
    'gateway',
    'never',
    'The gateway is at its limit of calls in flight',
    'Retry after the time given.',
  ),
  kind(
    'no_healthy_upstream',
    503,
    'upstream',
    'unsent',
    'No healthy upstream for the version',
    'Look at the health of its endpoints.',
  ),
  kind(
    'capture_unavailable',
    503,
    'gateway',
    'never',
    'The decision could not be recorded',
    'Retry after the time given; look at the log and the disk of the gate.',
  ),
  kind('draining', 503, 'gateway', 'never', 'A shadow was cut off by the end of the gate', 'Nothing to do here.'),
  kind(
    'upstream_unreachable',
    502,
    'upstream',
    'unsent',
    'No connection to the upstream',
    'Check that the endpoint listens.',
  ),
  kind(
    'upstream_reset',
    502,
    'upstream',
    'unsent',
    'The upstream broke the connection',
    'Look at the log of the endpoint.',
  ),
  kind(
    'upstream_invalid',
    502,
    'upstream',
    'never',
    'The upstream answered with something that is not HTTP/1.1',
    'Look at what the endpoint sends.',
  ),
  kind(
    'upstream_timeout',
    504,
    'upstream',
    'unsent',
    'The upstream did not answer in time',
    'Raise the timeout, or look at the endpoint.',
  ),
  kind('internal', 500, 'gateway', 'never', 'The gateway met a fault of its own', 'Report it with the decision id.'),
] as const satisfies readonly FailureKind[];

export type FailureCode = (typeof FAILURES)[number]['code'];

function kind<const Code extends string>(
  code: Code,
  status: number,
  source: FailureSource,
  retry: 'never' | 'unsent',
  title: string,
  remedy: string,
): FailureKind & { readonly code: Code } {
  return { code, status, source, retry, title, remedy };
}

const INDEX: ReadonlyMap<string, number> = new Map(FAILURES.map((failure, index) => [failure.code, index]));

/** Position of a code in FAILURES: what records and counters carry. */
export function failureIndex(code: FailureCode): number {
  return INDEX.get(code) ?? -1;
}

/** One thing that went wrong on a request: its kind, and the detail of this time. Never holds a secret or a body. */
export interface Failure {
  readonly code: FailureCode;
  readonly detail: string;
  /** Whether bytes of an answer had come: then the request was executed, and is not sent again. */
  readonly answering?: boolean;
}

export function failureKind(code: FailureCode): FailureKind {
  const found = FAILURES[failureIndex(code)];
  if (found === undefined) throw new Error(`no failure is called ${code}`);
  return found;
}

/** RFC 9457 body of an answer that Headgate makes itself. */
export function problemJson(failure: Failure, decisionId: string): string {
  const { status, title, remedy } = failureKind(failure.code);
  return JSON.stringify({
    type: `urn:headgate:${failure.code}`,
    title,
    status,
    detail: failure.detail === '' ? remedy : `${failure.detail} ${remedy}`,
    code: failure.code,
    decision: decisionId,
  });
}
