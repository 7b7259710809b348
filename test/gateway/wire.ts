// Both ends of a connection as bare sockets, for tests that care about bytes: what was sent is what a library might have
// hidden. A Wire collects what comes, and takes HTTP messages off it.

import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface Message {
  readonly startLine: string;
  /** Flat name, value, ... in order and case; latin1. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
}

export class Wire {
  readonly socket: Socket;
  buffer: Buffer = Buffer.alloc(0);
  /** Bytes received in all. */
  total = 0;
  /** How the other side ended it. */
  ended: 'no' | 'end' | 'reset' = 'no';
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.total += chunk.length;
      this.buffer = Buffer.concat([this.buffer, chunk]);
      this.#changed();
    });
    socket.on('end', () => {
      this.ended = this.ended === 'no' ? 'end' : this.ended;
      this.#changed();
    });
    socket.on('error', () => {
      this.ended = 'reset';
      this.#changed();
    });
    socket.on('close', () => {
      if (this.ended === 'no') this.ended = 'end';
      this.#changed();
    });
  }

  #changed(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Wait for something to be true of what has come, at the moment it comes. */
  until(condition: () => boolean, what: () => string, deadlineMs = 5000): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (error === undefined) resolve();
        else reject(error);
      };
      const check = (): void => {
        if (condition()) done();
      };
      const timer = setTimeout(() => done(new Error(`waited ${deadlineMs} ms in vain for ${what()}`)), deadlineMs);
      this.#waiting.add(check);
    });
  }

  get text(): string {
    return this.buffer.toString('latin1');
  }

  write(bytes: string | Uint8Array): boolean {
    return this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Half-close. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  async seen(text: string): Promise<void> {
    await this.until(
      () => this.text.includes(text),
      () => `${JSON.stringify(text)} in ${JSON.stringify(this.text.slice(-300))}`,
    );
  }

  async over(): Promise<'end' | 'reset'> {
    await this.until(
      () => this.ended !== 'no',
      () => `the end of the connection (got ${JSON.stringify(this.text.slice(-300))})`,
    );
    return this.ended === 'reset' ? 'reset' : 'end';
  }

  /** Take a head off the wire. */
  async head(): Promise<Pick<Message, 'startLine' | 'headers'>> {
    await this.until(
      () => this.text.includes('\r\n\r\n') || this.ended !== 'no',
      () => `a head in ${JSON.stringify(this.text)}`,
    );
    const end = this.buffer.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`the connection ended (${this.ended}) without a head: ${JSON.stringify(this.text)}`);
    const [startLine = '', ...lines] = this.buffer.subarray(0, end).toString('latin1').split('\r\n');
    this.buffer = this.buffer.subarray(end + 4);
    return { startLine, headers: lines.flatMap(pair) };
  }

  /** Take a whole message off the wire; throws where it is broken off. @param bodyless as answers to HEAD are */
  async message(bodyless = false): Promise<Message> {
    const { startLine, headers } = await this.head();
    const isAnswer = startLine.startsWith('HTTP/');
    const status = isAnswer ? Number(startLine.split(' ')[1]) : 0;
    const none: Message = { startLine, headers, body: Buffer.alloc(0), trailers: [], framing: 'none' };
    if (bodyless || (isAnswer && (status < 200 || status === 204 || status === 304))) return none;
    if (valuesOf(headers, 'transfer-encoding').join().toLowerCase().includes('chunked')) {
      return { ...none, ...(await this.chunks()), framing: 'chunked' };
    }
    const length = valuesOf(headers, 'content-length')[0];
    if (length !== undefined) return { ...none, body: await this.take(Number(length)), framing: 'length' };
    if (!isAnswer) return none;
    if ((await this.over()) === 'reset') throw new Error('the connection was reset in the middle of the answer');
    const body = this.buffer;
    this.buffer = Buffer.alloc(0);
    return { ...none, body, framing: 'close' };
  }

  async take(length: number): Promise<Buffer> {
    await this.until(
      () => this.buffer.length >= length || this.ended !== 'no',
      () => `${length} bytes (${this.buffer.length})`,
      15_000,
    );
    if (this.buffer.length < length)
      throw new Error(`the connection ended (${this.ended}) after ${this.buffer.length} of ${length} bytes`);
    const taken = this.buffer.subarray(0, length);
    this.buffer = this.buffer.subarray(length);
    return taken;
  }

  async line(): Promise<string> {
    await this.until(
      () => this.buffer.includes('\r\n') || this.ended !== 'no',
      () => 'a line',
    );
    const end = this.buffer.indexOf('\r\n');
    if (end < 0) throw new Error(`the connection ended (${this.ended}) in the middle of a chunked body`);
    return (await this.take(end + 2)).subarray(0, end).toString('latin1');
  }

  private async chunks(): Promise<Pick<Message, 'body' | 'trailers'>> {
    const pieces: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt(await this.line(), 16);
      if (size === 0) break;
      pieces.push(await this.take(size));
      await this.line();
    }
    const trailers: string[] = [];
    for (let line = await this.line(); line !== ''; line = await this.line()) trailers.push(...pair(line));
    return { body: Buffer.concat(pieces), trailers };
  }
}

function pair(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
}

/** Every value of a header, in order. @param name lower case */
export function valuesOf(headers: readonly string[], name: string): string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name);
}

export function statusOf(message: Pick<Message, 'startLine'>): number {
  return Number(message.startLine.split(' ')[1]);
}

export interface RawUpstream {
  readonly url: string;
  readonly port: number;
  /** Every connection it has had. */
  readonly wires: Wire[];
  /** Requests that `answering` has read whole. */
  readonly requests: Message[];
  close(): Promise<void>;
}

/** An upstream on a free port; `serve` has every connection to itself. */
export async function rawUpstream(
  serve: (wire: Wire, upstream: RawUpstream) => void | Promise<void>,
): Promise<RawUpstream> {
  const wires: Wire[] = [];
  const requests: Message[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const wire = new Wire(socket);
    wires.push(wire);
    // A connection that ends where a test is still reading from it shows in what the gate answers.
    Promise.resolve(serve(wire, upstream)).catch(() => socket.destroy());
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const upstream: RawUpstream = {
    url: `http://127.0.0.1:${port}`,
    port,
    wires,
    requests,
    close() {
      for (const wire of wires) wire.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return upstream;
}

/** An upstream that reads whole requests and answers each with the same bytes, or those made for it. */
export function answering(
  answer: string | Uint8Array | ((request: Message) => string | Uint8Array),
): Promise<RawUpstream> {
  return rawUpstream(async (wire, upstream) => {
    for (;;) {
      await wire.until(
        () => wire.buffer.length > 0 || wire.ended !== 'no',
        () => 'a request',
        60_000,
      );
      if (wire.ended !== 'no') return;
      const request = await wire.message();
      upstream.requests.push(request);
      wire.write(typeof answer === 'function' ? answer(request) : answer);
    }
  });
}

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export async function dial(port: number): Promise<Wire> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  const wire = new Wire(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return wire;
}

/** One request on a connection of its own. */
export async function ask(
  port: number,
  request: string | Uint8Array,
  bodyless = false,
): Promise<Message & { readonly wire: Wire }> {
  const wire = await dial(port);
  wire.write(request);
  const message = await wire.message(bodyless);
  return { ...message, wire };
}

/** A request as text, with a host and, where there is a body, its length. */
export function request(method: string, path: string, headers: readonly string[] = [], body = ''): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: models.test', ...headers];
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body, 'latin1')}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
