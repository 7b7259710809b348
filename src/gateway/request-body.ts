// The body of one request on its way through: held while it is small and quick, streamed once it is neither; what was held
// stays for the record either way. Until a reader has taken the first byte of a stream, the request can still go elsewhere.

import { Readable } from 'node:stream';

export class RequestBody {
  /** Bytes received so far. */
  bytes = 0;
  complete = false;
  trailers: readonly string[] = [];
  /** Bytes that may be held: a reload does not change it half way. */
  readonly heldMax: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #stream: Readable | null = null;
  /** What has come and no stream was given; before the first read of a stream that is all of it. */
  #unread: Uint8Array[] = [];
  #begun = false;
  #wanted = false;

  /** A body of known length that will be held whole is put together as it comes, in one piece of memory. */
  readonly #length: number;
  #room: Uint8Array | null = null;

  /** @param length Content-Length; below 0 where there is none */
  constructor(heldMax: number, length: number) {
    this.heldMax = heldMax;
    this.#length = length > heldMax ? -1 : length;
  }

  /** Whether one more piece can be held. */
  fits(chunk: Uint8Array): boolean {
    return this.bytes + chunk.length <= this.heldMax;
  }

  /**
   * @param fleeting the bytes are there only now: what stays is a copy
   * @returns false where the reader of the stream has enough for now: pause the client
   */
  take(chunk: Uint8Array, fleeting: boolean): boolean {
    const piece = this.#length >= 0 ? this.#placed(chunk, fleeting) : fleeting ? Buffer.from(chunk) : chunk;
    this.bytes += piece.length;
    if (this.#length < 0) this.#hold(piece);
    if (this.#stream === null) return true;
    this.#unread.push(piece);
    if (this.#wanted) this.#feed();
    return this.#wanted;
  }

  /** @returns the piece where it stays */
  #placed(chunk: Uint8Array, fleeting: boolean): Uint8Array {
    if (!fleeting && chunk.length === this.#length) {
      this.#room = chunk;
      return chunk;
    }
    this.#room ??= Buffer.allocUnsafe(this.#length);
    this.#room.set(chunk, this.bytes);
    return chunk.length === this.#length ? this.#room : this.#room.subarray(this.bytes, this.bytes + chunk.length);
  }

  #hold(piece: Uint8Array): void {
    const left = this.heldMax - this.#heldBytes;
    if (left <= 0) return;
    const kept = piece.length <= left ? piece : piece.subarray(0, left);
    this.#held.push(kept);
    this.#heldBytes += kept.length;
  }

  end(trailers: readonly string[]): void {
    this.complete = true;
    this.trailers = trailers;
    if (this.#wanted) this.#feed();
  }

  get truncated(): boolean {
    return this.bytes > this.heldMax;
  }

  /** Whether all that has come can be sent (again): it is held, or nobody has read of it. */
  get resendable(): boolean {
    return !this.truncated || !this.#begun;
  }

  /** What is held, in pieces. */
  get held(): readonly Uint8Array[] {
    if (this.#room === null) return this.#held;
    return [this.bytes === this.#length ? this.#room : this.#room.subarray(0, this.bytes)];
  }

  /** The whole body in one piece, where it is complete and was held; null otherwise. */
  whole(): Uint8Array | null {
    if (!this.complete || this.truncated) return null;
    if (this.#room !== null) return this.#room;
    if (this.#held.length > 1) this.#held = [Buffer.concat(this.#held)];
    return this.#held[0] ?? EMPTY;
  }

  /**
   * A stream of the body: first what has come, then what comes; it takes the place of the one before. Only while `resendable`.
   * @param more called when the stream has taken all there is and wants more
   */
  stream(more: () => void): Readable {
    if (!this.truncated) this.#unread = [...this.held];
    this.#begun = false;
    this.#wanted = false;
    const stream = new Readable({
      read: () => {
        if (stream !== this.#stream) return;
        this.#begun = true;
        this.#wanted = true;
        this.#feed();
        if (this.#wanted && !this.complete) more();
      },
    });
    // Whoever reads hears of an error by himself; one that comes when nobody reads any more is no news.
    stream.on('error', () => {});
    this.#stream = stream;
    return stream;
  }

  /** Nobody will read on. */
  abandon(): void {
    this.#stream?.destroy();
    this.#unread = [];
  }

  #feed(): void {
    const stream = this.#stream;
    if (stream === null || stream.destroyed) return;
    let next = this.#unread.shift();
    while (next !== undefined) {
      if (!stream.push(next)) {
        this.#wanted = false;
        return;
      }
      next = this.#unread.shift();
    }
    if (this.complete) stream.push(null);
  }
}

const EMPTY = new Uint8Array(0);
