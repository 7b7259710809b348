// Segments of made-up decisions, as capture writes them: what the store is given where it is measured. Ids follow from the number of a row.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putRow, rowBytesAtMost } from '../src/capture/row.ts';
import { MAGIC } from '../src/capture/segments/frame.ts';
import { createSeededRandom } from '../src/kernel/random.ts';

export const FEATURES = 20;
export const MODELS = 4;
export const DAYS = 10;
export const DAY_MS = 86_400_000;
/** Of the first decision. */
export const START = Date.UTC(2026, 2, 1);
const SEGMENT_BYTES = 64 * 1024 ** 2;
/** Room for the row that reaches it. */
const ROOM_BYTES = 1024 ** 2;

export interface MadeSegments {
  /** Write closed segments, from a row on. @returns the row after the last */
  write(captures: string, from: number, segmentsMax: number): number;
  /** Bytes of what was written, as segments and as one line of JSON a record. */
  readonly segmentBytes: number;
  readonly jsonBytes: number;
  /** A number from 0 to 1, of the same sequence as the records. */
  random(): number;
}

export const idOf = (row: number): string => `0190${String(row).padStart(28, '0')}`;

/** @param rows spread evenly over the days */
export function createMadeSegments(rows: number, bodyBytes: number): MadeSegments {
  const random = createSeededRandom(1);
  let [segmentBytes, jsonBytes] = [0, 0];

  /** As capture writes them: columns as JSON, bodies as they came. */
  function columnsAndBody(row: number): { readonly columns: string; readonly body: Buffer } {
    const features: Record<string, (number | string)[]> = {};
    for (let i = 0; i < FEATURES; i++)
      features[`x${i}`] = [i < 5 ? Math.floor(random() * 100) : Math.floor(random() * 1e6) / 100];
    features.country = [['US', 'DE', 'FR'][row % 3] ?? ''];
    const inputs = Object.entries(features).map(([name, value]) => ({
      name,
      shape: [1],
      datatype: 'FP64',
      data: value,
    }));
    const body = JSON.stringify({ inputs }).padEnd(bodyBytes).slice(0, bodyBytes);
    const trace = Math.floor(random() * 2 ** 48)
      .toString(16)
      .padStart(32, '0');
    const at = START + (row / rows) * DAYS * DAY_MS;
    const columns = `{"decision_id":"${idOf(row)}","replica":"bench-1-a","generation":"0123456789abcdef","at":${at},"model":"model-${row % MODELS}","version":"champion","assigned":"champion","role":"champion","unit":"acct-${Math.floor(random() * 1e5)}","slot":${Math.floor(random() * 1e4)},"epoch":1,"propensity":0.9,"reason":"split","rule":null,"client":"10.0.0.1","method":"POST","path":"/v2/models/model/infer","status":200,"error":null,"error_source":null,"latency_ms":${random() * 10},"upstream_ms":${random() * 9},"attempts":1,"rows":1,"request_bytes":${body.length},"response_bytes":80,"truncated":false,"features":${JSON.stringify(features)},"predictions":{"score":[${random()}]},"sample_rate":1,"trace_id":"${trace}","request_headers":["content-type","application/json"],"response_headers":["content-type","application/json"],"bodies":"full","withheld":[]}`;
    return { columns, body: Buffer.from(body) };
  }

  return {
    write(captures, from, segmentsMax) {
      let row = from;
      const response = Buffer.from(`{"outputs":[{"name":"score","datatype":"FP64","shape":[1],"data":[0.123456]}]}`);
      const none = {
        bodies: 'full',
        withheld: [],
        features: null,
        predictions: null,
        requestHeaders: [],
        responseHeaders: [],
      } as const;
      for (let segment = 0; segment < segmentsMax && row < rows; segment++) {
        const bytes = Buffer.allocUnsafe(SEGMENT_BYTES + ROOM_BYTES);
        MAGIC.copy(bytes);
        let used = MAGIC.length;
        for (; used < SEGMENT_BYTES && row < rows; row++) {
          const { columns, body } = columnsAndBody(row);
          const kept = { ...none, request: [body], response: [response] };
          if (rowBytesAtMost(columns, kept) > bytes.length - used) break;
          used = putRow(bytes, used, row + 1, columns, kept);
          jsonBytes += columns.length + body.length + response.length + 30;
        }
        writeFileSync(join(captures, segmentNameOf(from + segment + 1)), bytes.subarray(0, used));
        segmentBytes += used;
      }
      return row;
    },
    get segmentBytes() {
      return segmentBytes;
    },
    get jsonBytes() {
      return jsonBytes;
    },
    random,
  };
}

/** @param serial in the log of the process that would have written it */
export function segmentNameOf(serial: number): string {
  return `bench-1-a.${String(serial).padStart(9, '0')}.capture`;
}
