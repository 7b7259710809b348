// Two gates in front of one recording upstream, one with the fast lane and one without. The same bytes, cut in the same
// places, are played to either; what the client got and what the upstream saw is put into a form that can be compared.

import { createHash } from 'node:crypto';
import type { TestGate } from '../gateway/gate-fixture.ts';
import { model, plan, startGate, version } from '../gateway/gate-fixture.ts';
import type { Message, RawUpstream, Wire } from '../gateway/wire.ts';
import { dial, rawUpstream, valuesOf } from '../gateway/wire.ts';
import type { Cuts } from './mutations.ts';
import { pieces } from './mutations.ts';
import { turns } from './ways-out.ts';

/** Each step is sent once all that the one before can cause has happened. */
export interface Play {
  readonly steps: readonly { readonly text: string; readonly cuts: Cuts }[];
  /** Whether the client half-closes after the last step, or leaves. */
  readonly ends: boolean;
}

export interface Played {
  readonly answers: readonly string[];
  /** Whether the gate has ended the connection. */
  readonly closed: boolean;
  /** Requests as the upstream saw them, sorted. */
  readonly requests: readonly string[];
}

export interface BothLanes {
  fast(play: Play): Promise<Played>;
  general(play: Play): Promise<Played>;
  close(): Promise<void>;
}

export const LIMITS = { bodyBytesHeld: 10_000, bodyBytesMax: 20_000, headBytesMax: 4096 };

export async function bothLanes(): Promise<BothLanes> {
  const upstream = await recordingUpstream();
  const gates = await Promise.all(
    [true, false].map((fastLane) => {
      const m = model([version('champion', upstream.url)], {
        match: { paths: ['/m'], methods: null, host: null, headers: {} },
        breaker: { failures: 1_000_000, openMs: 1 },
      });
      return startGate(plan([m], { ...LIMITS, fastLane }));
    }),
  );
  const [fast, general] = gates as [TestGate, TestGate];
  return {
    fast: (play) => played(fast, upstream, play),
    general: (play) => played(general, upstream, play),
    async close() {
      for (const gate of gates) {
        await gate.settled();
        await gate.close();
      }
      await upstream.close();
    },
  };
}

// --- the upstream -------------------------------------------------------------------------------------------------------

function recordingUpstream(): Promise<RawUpstream> {
  return rawUpstream(async (wire, self) => {
    for (;;) {
      await wire.until(
        () => wire.buffer.length > 0 || wire.ended !== 'no',
        () => 'a request',
        3_600_000,
      );
      if (wire.ended !== 'no') return;
      const early = await headOfEarly(wire);
      const request = early ?? (await wire.message());
      self.requests.push(request);
      const [before, after, ends] = answerTo(request);
      wire.write(before);
      if (after !== '') {
        await turns(2);
        wire.write(after);
      }
      if (ends === 'ends') wire.end();
      if (ends === 'resets') {
        await turns(2);
        wire.reset();
      }
      if (ends !== 'stays') return;
      // The rest of a request that was answered early, unless the gate has thought better of it.
      if (early !== null && (await wire.message().catch(() => null)) === null) return;
    }
  });
}

/** A request that is answered before its body is there, where it asks for that: its head, which stays on the wire. */
async function headOfEarly(wire: Wire): Promise<Message | null> {
  await wire.until(
    () => wire.text.includes('\r\n\r\n') || wire.ended !== 'no',
    () => 'a head',
  );
  const [startLine = ''] = wire.text.split('\r\n', 1);
  if (!/^\w+ \/m\/early\b/.test(startLine)) return null;
  return { startLine, headers: [], body: Buffer.alloc(0), trailers: [], framing: 'none' };
}

/** @returns its first packet, its second, and what becomes of the connection then */
function answerTo(message: Message): [string, string, 'stays' | 'ends' | 'resets'] {
  const { startLine } = message;
  const [method = '', target = ''] = startLine.split(' ');
  const way = target.split('?')[0]?.split('/').at(-1);
  const told = digest(message);
  const head = `HTTP/1.1 200 OK\r\nX-Told: ${told}\r\n`;
  if (method === 'HEAD') return [`${head}Content-Length: 40\r\n\r\n`, '', 'stays'];
  switch (way) {
    case 'empty':
      return [`${head}Content-Length: 0\r\n\r\n`, '', 'stays'];
    case 'chunked':
      return [`${head}Transfer-Encoding: chunked\r\n\r\n28\r\n${told}\r\n`, '3\r\nend\r\n0\r\n\r\n', 'stays'];
    case 'trailers':
      return [`${head}Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n`, '0\r\nX-T: 1\r\n\r\n', 'stays'];
    case 'nothing':
      return [`HTTP/1.1 204 No Content\r\nX-Told: ${told}\r\n\r\n`, '', 'stays'];
    case 'same':
      return [`HTTP/1.1 304 Not Modified\r\nX-Told: ${told}\r\nContent-Length: 40\r\n\r\n`, '', 'stays'];
    case 'long':
      return [`${head}Content-Length: 200000\r\n\r\n${'a'.repeat(100_000)}`, 'b'.repeat(100_000), 'stays'];
    case 'closed':
      return [`${head}Connection: close\r\n\r\n`, told, 'ends'];
    case 'hint':
      return [
        `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nX-A: 1\r\n\r\n`,
        `${head}Content-Length: 40\r\n\r\n${told}`,
        'stays',
      ];
    case 'short':
      return [`${head}Content-Length: 80\r\n\r\n${told}`, '', 'ends'];
    case 'over':
      return [`${head}Content-Length: 40\r\n\r\n${told}`, 'and more', 'stays'];
    case 'twice':
      return [
        `${head}Content-Length: 40\r\n\r\n${told}`,
        'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
        'stays',
      ];
    case 'stale':
      return [`${head}Content-Length: 40\r\n\r\n${told}`, '', 'resets'];
    default:
      return [`${head}Content-Length: 40\r\n\r\n`, told, 'stays'];
  }
}

function digest({ startLine, body }: Message): string {
  return createHash('sha1').update(`${startLine}\n`).update(body).digest('hex');
}

// --- the client ---------------------------------------------------------------------------------------------------------

async function played(gate: TestGate, upstream: RawUpstream, play: Play): Promise<Played> {
  const from = upstream.requests.length;
  const client = await dial(gate.port);
  for (const { text, cuts } of play.steps) {
    for (const piece of pieces(text, cuts)) {
      if (!client.socket.writable) break;
      client.write(piece);
      await turns(2);
    }
    await quiet(gate, upstream, client);
  }
  if (play.ends) {
    client.end();
    await quiet(gate, upstream, client);
  }
  const closed = client.ended !== 'no';
  const answers = parse(client.buffer);
  client.destroy();
  await gate.settled();
  return { answers, closed, requests: upstream.requests.slice(from).map(told).sort() };
}

const QUIET_TURNS = 12;
/** A body that is not whole is streamed after a while: what it causes is waited for. */
const PATIENCE_MS = 40;

async function quiet(gate: TestGate, upstream: RawUpstream, client: Wire): Promise<void> {
  const moved = (): number => client.total + upstream.requests.length + (client.ended === 'no' ? 0 : 1);
  let last = moved();
  let since = performance.now();
  for (
    let count = 0;
    count < QUIET_TURNS || (gate.inflight() > 0 && performance.now() - since < PATIENCE_MS);
    count++
  ) {
    await turns(1);
    const now = moved();
    if (now === last) continue;
    last = now;
    count = 0;
    since = performance.now();
  }
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Messages as text, with chunks joined and ids made out; what follows the last whole one comes as it is. */
function parse(bytes: Buffer): string[] {
  const out: string[] = [];
  let rest = bytes.toString('latin1');
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) break;
    const head = rest.slice(0, end + 4);
    const [body, after] = bodyOf(head, rest.slice(end + 4));
    out.push((head + body).replaceAll(UUID, 'ID'));
    rest = after;
  }
  return rest === '' ? out : [...out, `(left over) ${rest}`];
}

function bodyOf(head: string, rest: string): [body: string, after: string] {
  const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
  if (/^HTTP\/1\.1 (?:1\d\d|204|304)/.test(head)) return ['', rest];
  if (/\r\ntransfer-encoding: chunked\r\n/i.test(head)) return unchunked(rest);
  // An answer to HEAD.
  if (rest === '' || rest.startsWith('HTTP/1.1 ')) return ['', rest];
  return [rest.slice(0, length), rest.slice(length)];
}

function unchunked(text: string): [body: string, after: string] {
  let body = '';
  let rest = text;
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (size === null) return [`${body}(broken off)`, rest];
    const length = Number.parseInt(size[1] as string, 16);
    const start = size[0].length;
    if (length === 0) {
      const end = rest.indexOf('\r\n\r\n', start - 2);
      return [`${body}(trailers) ${rest.slice(start, end + 2)}`, end < 0 ? '' : rest.slice(end + 4)];
    }
    body += rest.slice(start, start + length);
    rest = rest.slice(start + length + 2);
  }
}

/** Written by each way out in its own manner; the story tells them apart by nothing else. */
const OWN = new Set(['connection', 'content-length', 'transfer-encoding', 'traceparent']);

function told(message: Message): string {
  const { startLine, headers, body } = message;
  const lines: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (!OWN.has(name)) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  }
  const trace = valuesOf(headers, 'traceparent').map((value) => value.length);
  return `${digest(message)}\n${startLine}\n${lines.join('\n')}\n${trace.join()}\n${body.toString('latin1')}`.replaceAll(
    UUID,
    'ID',
  );
}
