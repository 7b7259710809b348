// Captured calls of one model, oldest first: from the store and from segments alike. What cannot be sent again is told apart.

import { openDatabase, quoted } from '../../capture/store/database.ts';
import { takeSnapshot, viewsOf } from '../../capture/store/snapshot.ts';
import type { Payload } from '../../protocols/protocol.ts';
import { lockDown, statementProblem } from '../query.ts';

export interface RecordedCall {
  readonly decisionId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly latencyMs: number;
  /** Why there is no request to send again; null where there is one. */
  readonly obstacle: 'no_body' | 'truncated' | null;
  readonly request: Payload;
  readonly response: Payload | null;
}

export interface RecordedOptions {
  readonly data: string;
  /** A folder of the caller's, for what DuckDB has to put somewhere. */
  readonly folder: string;
  readonly model: string;
  /** ISO times; null: no bound. */
  readonly from: string | null;
  readonly until: string | null;
  /** A condition on the columns of `decisions`. */
  readonly where: string | null;
  readonly limit: number;
}

const MEMORY_BYTES = 512 * 1024 ** 2;

/** @throws Error in DuckDB's words where the condition cannot be read */
export async function* recordedCalls(options: RecordedOptions): AsyncGenerator<RecordedCall> {
  const { data, folder, model } = options;
  const database = await openDatabase(null, { threads: 1, memoryBytes: MEMORY_BYTES, spillFolder: `${folder}/spill` });
  try {
    const snapshot = await takeSnapshot({ data, folder, model });
    const columns = await database.rows(`DESCRIBE ${snapshot.select}`);
    const types = new Map(columns.map(({ column_name, column_type }) => [String(column_name), String(column_type)]));
    for (const view of viewsOf(snapshot, types)) await database.run(view);
    await lockDown(database, snapshot.reads);
    const sql = selectOf(options);
    const problem = await statementProblem(database, sql);
    if (problem !== null) throw new Error(`--where: ${problem}`);
    for await (const chunk of database.chunks(sql)) {
      for (let row = 0; row < (chunk[0]?.length ?? 0); row++) yield callOf(chunk.map((column) => column[row]));
    }
  } finally {
    database.close();
  }
}

function selectOf({ model, from, until, where, limit }: RecordedOptions): string {
  const conditions = [
    `model = ${quoted(model)}`,
    "status > 0 AND role <> 'shadow'",
    ...(from === null ? [] : [`"at" >= TIMESTAMPTZ ${quoted(from)}`]),
    ...(until === null ? [] : [`"at" < TIMESTAMPTZ ${quoted(until)}`]),
    // Brackets on lines of their own: a remark at the end of the condition ends there.
    ...(where === null ? [] : [`(\n${where}\n)`]),
  ];
  return `SELECT decision_id, method, path, status, latency_ms, bodies, truncated, list_contains(withheld, 'request'),
 base64(request), base64(response), to_json(request_headers)::VARCHAR, to_json(response_headers)::VARCHAR
FROM decisions WHERE ${conditions.join(' AND ')} ORDER BY "at", replica, sequence LIMIT ${limit}`;
}

function callOf(cells: readonly unknown[]): RecordedCall {
  const [id, method, path, status, latency, bodies, truncated, withheld, request, response, asked, answered] = cells;
  const hasBody = bodies === 'full' && withheld !== true && typeof request === 'string';
  return {
    decisionId: String(id),
    method: String(method),
    path: String(path),
    status: Number(status),
    latencyMs: Number(latency),
    obstacle: hasBody ? (truncated === true ? 'truncated' : null) : 'no_body',
    request: payloadOf(request, asked),
    response: typeof response === 'string' ? payloadOf(response, answered) : null,
  };
}

function payloadOf(base64: unknown, headers: unknown): Payload {
  const flat = JSON.parse(typeof headers === 'string' ? headers : '[]') as readonly string[];
  const names: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < flat.length; i += 2) names[flat[i] ?? ''] = flat[i + 1] ?? '';
  return { bytes: Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64'), headers: names };
}
