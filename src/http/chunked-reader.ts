// A chunked body, decoded as it comes (RFC 9112 section 7.1). Strict: sizes are hex digits, every line ends with CRLF.

import { readFieldLine } from './field-line.ts';

export interface ChunkedSink {
  data(chunk: Uint8Array): void;
  end(trailers: readonly string[]): void;
}

const LINE_BYTES_MAX = 16 * 1024;
const TRAILER_BYTES_MAX = 64 * 1024;

/** A size and extensions; without the blanks that section 7.1.1 calls bad, which llhttp refuses as well. */
const SIZE_LINE =
  /^([0-9a-f]{1,12})(?:;[!#$%&'*+.^_`|~0-9a-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9a-z-]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"))?)*$/i;

const SIZE_LINE_BEGUN = /^[0-9a-f]{1,12}(?:$|;|\r$)/i;

const FRAMES = /^(?:content-length|transfer-encoding)$/i;

type State = 'size' | 'data' | 'data-end' | 'trailers';

export class ChunkedReader {
  #state: State = 'size';
  #remaining = 0;
  /** An incomplete line, or the trailers so far. */
  #text = '';
  #over = false;

  get over(): boolean {
    return this.#over;
  }

  /**
   * @returns the position after the last byte used, or what is wrong, as a code
   */
  read(bytes: Buffer, start: number, sink: ChunkedSink): number | string {
    let at = start;
    while (at < bytes.length && !this.#over) {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#remaining);
        this.#remaining -= end - at;
        sink.data(bytes.subarray(at, end));
        at = end;
        if (this.#remaining === 0) this.#state = 'data-end';
        continue;
      }
      const lineEnd = bytes.indexOf(10, at);
      const to = lineEnd < 0 ? bytes.length : lineEnd + 1;
      this.#text += bytes.toString('latin1', at, to);
      at = to;
      const problem = lineEnd < 0 ? this.#soFar() : this.#line(sink);
      if (problem !== '') return problem;
    }
    return at;
  }

  /** What is wrong with a line already before its end: nobody has to wait for the rest of it. */
  #soFar(): string {
    if (this.#state === 'size' && !SIZE_LINE_BEGUN.test(this.#text)) return 'INVALID_CHUNK_SIZE';
    if (this.#state === 'data-end' && this.#text !== '\r') return 'INVALID_CHUNK_END';
    return this.#tooLong();
  }

  #tooLong(): string {
    const max = this.#state === 'trailers' ? TRAILER_BYTES_MAX : LINE_BYTES_MAX;
    return this.#text.length > max ? 'CHUNK_LINE_TOO_LONG' : '';
  }

  #line(sink: ChunkedSink): string {
    const tooLong = this.#tooLong();
    if (tooLong !== '') return tooLong;
    if (!this.#text.endsWith('\r\n')) return 'INVALID_CHUNK_LINE';
    if (this.#state === 'trailers') return this.#trailers(sink);
    const line = this.#text.slice(0, -2);
    this.#text = '';
    if (this.#state === 'data-end') {
      this.#state = 'size';
      return line === '' ? '' : 'INVALID_CHUNK_END';
    }
    const size = SIZE_LINE.exec(line)?.[1];
    if (size === undefined) return 'INVALID_CHUNK_SIZE';
    this.#remaining = Number.parseInt(size, 16);
    this.#state = this.#remaining === 0 ? 'trailers' : 'data';
    return '';
  }

  #trailers(sink: ChunkedSink): string {
    if (this.#text !== '\r\n' && !this.#text.endsWith('\r\n\r\n')) return '';
    const trailers: string[] = [];
    for (const line of this.#text.split('\r\n')) {
      const problem = line === '' ? '' : readFieldLine(line, 0, line.length, trailers);
      if (problem !== '') return problem;
    }
    // What frames a message belongs into its head (RFC 9110 section 6.5.1).
    if (trailers.some((name, i) => i % 2 === 0 && FRAMES.test(name))) return 'INVALID_TRAILER';
    this.#over = true;
    sink.end(trailers);
    return '';
  }
}
