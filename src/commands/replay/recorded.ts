// Captured calls of one model, oldest first: from the store and from segments alike. What cannot be sent again is told apart.

import { isMasked } from '../../capture/is-masked.ts';
import { openDatabase, quoted } from '../../capture/store/database.ts';
import { takeSnapshot, viewsOf } from '../../capture/store/snapshot.ts';
import type { ModelPlan } from '../../config/plan.ts';
import type { Payload } from '../../protocols/protocol.ts';
import { lockDown, statementProblem } from '../query.ts';

/**
 * Why there is no request to send again. `no_body`: capture.bodies was features or none; `withheld`: it could not be redacted,
 * hence was not written; `truncated`: it was longer than what is held; `redacted`: values in it were taken out.
 */
export type Obstacle = 'no_body' | 'withheld' | 'truncated' | 'redacted';

export interface RecordedCall {
  readonly decisionId: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly obstacle: Obstacle | null;
  readonly request: Payload;
  /** null: none is on record, or not the whole of it. */
  readonly response: Payload | null;
}

export interface RecordedOptions {
  readonly data: string;
  /** A folder of the caller's, for what DuckDB has to put somewhere. */
  readonly folder: string;
  readonly model: ModelPlan;
  /** ISO times; null: no bound. */
  readonly from: string | null;
  readonly until: string | null;
  /** A condition on the columns of `decisions`. */
  readonly where: string | null;
  readonly limit: number;
}

export interface Recorded {
  /** Calls that were asked for, whatever the limit. */
  readonly found: number;
  /** The oldest of them, up to the limit. */
  calls(): AsyncGenerator<RecordedCall>;
  close(): void;
}

const MEMORY_BYTES = 512 * 1024 ** 2;

/** @throws Error in DuckDB's words where the condition cannot be read */
export async function openRecorded(options: RecordedOptions): Promise<Recorded> {
  const { data, folder, model, limit } = options;
  const database = await openDatabase(null, { threads: 1, memoryBytes: MEMORY_BYTES, spillFolder: `${folder}/spill` });
  try {
    const snapshot = await takeSnapshot({ data, folder, model: model.name });
    const columns = await database.rows(`DESCRIBE ${snapshot.select}`);
    const types = new Map(columns.map(({ column_name, column_type }) => [String(column_name), String(column_type)]));
    for (const view of viewsOf(snapshot, types)) await database.run(view);
    await lockDown(database, snapshot.reads);
    const from = `FROM decisions WHERE ${conditionOf(options)}`;
    const sql = `SELECT ${COLUMNS} ${from} ORDER BY "at", replica, sequence LIMIT ${limit}`;
    const problem = await statementProblem(database, sql);
    if (problem !== null) throw new Error(`--where: ${problem}`);
    const [counted] = await database.rows(`SELECT count(*) AS found ${from}`);
    return {
      found: Number(counted?.found ?? 0),
      async *calls() {
        for await (const chunk of database.chunks(sql)) {
          for (let row = 0; row < (chunk[0]?.length ?? 0); row++) {
            yield callOf(
              chunk.map((column) => column[row]),
              model,
            );
          }
        }
      },
      close: database.close,
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function conditionOf({ model, from, until, where }: RecordedOptions): string {
  const conditions = [
    `model = ${quoted(model.name)}`,
    "status > 0 AND role <> 'shadow'",
    ...(from === null ? [] : [`"at" >= TIMESTAMPTZ ${quoted(from)}`]),
    ...(until === null ? [] : [`"at" < TIMESTAMPTZ ${quoted(until)}`]),
    // Brackets on lines of their own: a remark at the end of the condition ends there.
    ...(where === null ? [] : [`(\n${where}\n)`]),
  ];
  return conditions.join(' AND ');
}

const COLUMNS = `decision_id, method, path, status, latency_ms, bodies, list_contains(withheld, 'request'),
 truncated AND octet_length(request) < request_bytes, truncated AND octet_length(response) < response_bytes,
 base64(request), base64(response), to_json(request_headers)::VARCHAR, to_json(response_headers)::VARCHAR`;

function callOf(cells: readonly unknown[], { capture }: ModelPlan): RecordedCall {
  const [id, method, path, status, latency, bodies, withheld, isCut, isAnswerCut, asked, answered, ...headers] = cells;
  const request = payloadOf(asked, headers[0]);
  const obstacleOf = (): Obstacle | null => {
    if (withheld === true) return 'withheld';
    if (bodies !== 'full' || typeof asked !== 'string') return 'no_body';
    if (isCut === true) return 'truncated';
    return isMasked(request, capture) ? 'redacted' : null;
  };
  return {
    decisionId: String(id),
    method: String(method),
    path: String(path),
    status: Number(status),
    latencyMs: Number(latency),
    obstacle: obstacleOf(),
    request,
    response: typeof answered === 'string' && isAnswerCut !== true ? payloadOf(answered, headers[1]) : null,
  };
}

function payloadOf(base64: unknown, headers: unknown): Payload {
  const flat = JSON.parse(typeof headers === 'string' ? headers : '[]') as readonly string[];
  const names: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < flat.length; i += 2) names[flat[i] ?? ''] = flat[i + 1] ?? '';
  return { bytes: Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64'), headers: names };
}
