// A collector for tests: an HTTP server that reads OTLP trace exports straight from their protobuf bytes, by the field
// numbers of opentelemetry/proto/trace/v1/trace.proto, with nothing shared with the exporter it judges.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly statusCode: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly resource: Readonly<Record<string, string | number>>;
}

export interface Collector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  readonly headers: Readonly<Record<string, unknown>>[];
  status: number;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const headers: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      headers.push(request.headers);
      if (collector.status === 200) spans.push(...readExport(Buffer.concat(chunks)));
      response.writeHead(collector.status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    spans,
    headers,
    status: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return collector;
}

type Value = Buffer | bigint;
type Message = ReadonlyMap<number, readonly Value[]>;

/** One protobuf message: field number -> its values, as bytes or integers. */
function read(bytes: Buffer): Message {
  const fields = new Map<number, Value[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const run = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    if (wire !== 0 && wire !== 1 && wire !== 2 && wire !== 5) throw new Error(`wire type ${wire} at ${at}`);
    let value: Value;
    if (wire === 0) value = varint();
    else if (wire === 2) value = run(Number(varint()));
    else value = run(wire === 1 ? 8 : 4);
    if (at > bytes.length) throw new Error('a field goes beyond its message');
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const all = (message: Message, field: number): Buffer[] =>
  (message.get(field) ?? []).filter((value): value is Buffer => typeof value !== 'bigint');
const one = (message: Message, field: number): Buffer => all(message, field)[0] ?? Buffer.alloc(0);
const integer = (message: Message, field: number): number => {
  const value = message.get(field)?.[0];
  return typeof value === 'bigint' ? Number(value) : 0;
};

function keyValues(pairs: readonly Buffer[]): Record<string, string | number> {
  const out: Record<string, string | number> = {};
  for (const pair of pairs) {
    const message = read(pair);
    const value = read(one(message, 2));
    const double = one(value, 4);
    const text = value.has(1) ? one(value, 1).toString() : undefined;
    out[one(message, 1).toString()] = text ?? (double.length === 8 ? double.readDoubleLE() : integer(value, 3));
  }
  return out;
}

function readExport(bytes: Buffer): CollectedSpan[] {
  const spans: CollectedSpan[] = [];
  for (const resourceSpans of all(read(bytes), 1).map(read)) {
    const resource = keyValues(all(read(one(resourceSpans, 1)), 1));
    for (const scopeSpans of all(resourceSpans, 2).map(read)) {
      for (const span of all(scopeSpans, 2).map(read)) {
        const nanos = (field: number): number => Number(one(span, field).readBigUInt64LE()) / 1e6;
        spans.push({
          traceId: one(span, 1).toString('hex'),
          spanId: one(span, 2).toString('hex'),
          parentSpanId: one(span, 4).toString('hex'),
          name: one(span, 5).toString(),
          kind: integer(span, 6),
          startMs: nanos(7),
          endMs: nanos(8),
          attributes: keyValues(all(span, 9)),
          statusCode: integer(read(one(span, 15)), 3),
          resource,
        });
      }
    }
  }
  return spans;
}
