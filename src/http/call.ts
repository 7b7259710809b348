// One call to an upstream, seen from whoever makes it: the request to send, what comes back, and the reins. Transports
// (upstream/) implement it; the story and the mirror listen.

import type { Readable } from 'node:stream';
import type { Failure } from '../errors.ts';

export interface OutgoingRequest {
  readonly method: string;
  readonly path: string;
  /** Lines of a head (field-lines.ts); holds no hop-by-hop header, no host and no length. */
  readonly headers: string;
  /** Whether trailers of the answer are taken. */
  readonly takesTrailers: boolean;
  /** The length that the caller has announced, though it may be 0; -1 where it has not. */
  readonly announced: number;
  /** Host header. */
  readonly host: string;
  /** All of it, a stream of it, or none. */
  readonly body: Uint8Array | Readable | null;
  /** Trailers of the request, once the body has ended; null where it has none. */
  readonly trailers: (() => readonly string[]) | null;
}

/** No event but callSent comes before the call has been returned. Every call ends in exactly one of callEnded and callFailed, unless it was aborted: then in none. */
export interface CallListener {
  /** From here on bytes may have reached the upstream. */
  callSent(): void;
  /** An interim answer other than 100. */
  callInformed(status: number, rawHeaders: readonly string[]): void;
  /** Head of the answer; headers flat, in order, latin1. */
  callStarted(status: number, statusText: string, rawHeaders: string[]): void;
  /** A piece of the answer; nobody writes to its bytes again. */
  callData(chunk: Uint8Array): void;
  callEnded(trailers: readonly string[]): void;
  callFailed(failure: Failure): void;
}

export interface Call {
  /** Stop, and close the connection. Idempotent; no event follows. */
  abort(): void;
  pause(): void;
  resume(): void;
}
