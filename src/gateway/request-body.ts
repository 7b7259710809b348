// The body of one request on its way through: held while it is small and quick, streamed once it is neither; what was held
// stays for the record either way.

import { Readable } from 'node:stream';

export class RequestBody {
  /** Bytes received so far. */
  bytes = 0;
  complete = false;
  trailers: readonly string[] = [];
  readonly #heldMax: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #stream: Readable | null = null;

  /** @param heldMax bytes that may be held */
  constructor(heldMax: number) {
    this.#heldMax = heldMax;
  }

  /** @returns false where the reader of the stream has enough for now: pause the client */
  take(chunk: Uint8Array): boolean {
    this.bytes += chunk.length;
    const room = this.#heldMax - this.#heldBytes;
    if (room > 0) {
      const kept = chunk.length <= room ? chunk : chunk.subarray(0, room);
      this.#held.push(kept);
      this.#heldBytes += kept.length;
    }
    return this.#stream === null || this.#stream.push(chunk);
  }

  end(trailers: readonly string[]): void {
    this.complete = true;
    this.trailers = trailers;
    this.#stream?.push(null);
  }

  get truncated(): boolean {
    return this.#heldBytes < this.bytes;
  }

  get streaming(): boolean {
    return this.#stream !== null;
  }

  /** What is held, in pieces. */
  get held(): readonly Uint8Array[] {
    return this.#held;
  }

  /** The whole body in one piece, where it is complete and was held; null otherwise. */
  whole(): Uint8Array | null {
    if (!this.complete || this.truncated) return null;
    if (this.#held.length > 1) this.#held = [Buffer.concat(this.#held)];
    return this.#held[0] ?? EMPTY;
  }

  /**
   * A stream of the body: first what has come, then what comes. Only before anything was dropped, and only once.
   * @param resume asks the client for more
   */
  stream(resume: () => void): Readable {
    const stream = new Readable({ read: resume });
    for (const chunk of this.#held) stream.push(chunk);
    if (this.complete) stream.push(null);
    this.#stream = stream;
    return stream;
  }

  /** Nobody will read on. */
  abandon(): void {
    this.#stream?.destroy();
  }
}

const EMPTY = new Uint8Array(0);
