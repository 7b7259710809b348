// The lane-neutral exchange: one request read once, and the way to answer it. A lane (node:http today; a faster one beside
// it) implements it; the story of a decision (gateway/decide.ts) is written once against it and never sees a socket.

/** How the body of a message is framed, as far as the head tells. */
export interface BodyFrame {
  /** Content-Length where one was given, 0 where there is no body, -1 where only the end will tell. */
  readonly length: number;
}

/** What happens to an exchange after its head: the lane calls, the story listens. */
export interface ExchangeListener {
  /**
   * A piece of the request body.
   * @param fleeting the bytes are there until this returns; otherwise they stay valid, and nobody writes to them again
   */
  requestData(chunk: Uint8Array, fleeting: boolean): void;
  /** The request body is complete. Trailers as flat name, value, ... */
  requestEnd(trailers: readonly string[]): void;
  /** The rest of the request body cannot be read: its framing is wrong. */
  requestInvalid(detail: string): void;
  /** The answer's buffers have drained after `write` returned false. */
  writable(): void;
  /** The client went away before its answer was complete. No further call follows. */
  clientGone(): void;
  /** The last byte of the answer is with the kernel. No further call follows. */
  answered(): void;
}

export interface Exchange {
  readonly method: string;
  /** Request target as received: origin-form, never normalised. */
  readonly target: string;
  /** Flat name, value, ... in the order and case received; latin1. */
  readonly rawHeaders: readonly string[];
  readonly body: BodyFrame;
  readonly remoteAddress: string;
  readonly secure: boolean;
  readonly httpVersion: '1.0' | '1.1';
  /** Monotonic and Unix milliseconds at which the head was complete. */
  readonly startedAt: number;
  readonly at: number;

  listener: ExchangeListener | null;

  /** Start the flow of the body (and answer Expect: 100-continue). Nothing is read before. */
  receive(): void;
  pauseRequest(): void;
  resumeRequest(): void;

  /** An interim answer (103); ignored where the client's HTTP version has none. */
  inform(status: number, rawHeaders: readonly string[]): void;
  /** Head of the answer. `rawHeaders` is flat and complete but for Connection and framing the lane must add. */
  start(status: number, statusText: string, rawHeaders: string[]): void;
  /** @returns false where the caller should wait for `writable` */
  write(chunk: Uint8Array): boolean;
  end(trailers: readonly string[]): void;
  /** Break the connection, so that the client sees that its answer is not whole. */
  abort(): void;
  /** Close the connection after this answer, and say so in its head. */
  closeAfter(): void;
}
