// What the record keeps of an answer while it streams past: status, headers, the first bytes, the true length.

export class Answer {
  status = 0;
  headers: readonly string[] = [];
  bytes = 0;
  readonly held: Uint8Array[] = [];
  #heldBytes = 0;
  readonly #heldMax: number;
  readonly #keeps: boolean;

  /** @param keeps whether the record wants the bytes */
  constructor(heldMax: number, keeps: boolean) {
    this.#heldMax = heldMax;
    this.#keeps = keeps;
  }

  take(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (!this.#keeps) return;
    const room = this.#heldMax - this.#heldBytes;
    if (room <= 0) return;
    const kept = chunk.length <= room ? chunk : chunk.subarray(0, room);
    this.held.push(kept);
    this.#heldBytes += kept.length;
  }

  /** The client gets another answer in its place. */
  discard(): void {
    this.status = 0;
    this.headers = [];
    this.bytes = 0;
    this.held.length = 0;
    this.#heldBytes = 0;
  }

  get truncated(): boolean {
    return this.bytes > this.#heldMax;
  }
}
