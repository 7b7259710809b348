// A lane of Node's own HTTP client: the same pair of calls per row as python/lane.py makes, compared in the same way.

import { Agent, request } from 'node:http';
import type { CardHolder } from './card-holders.ts';
import { DECISION_PREFIX } from './lanes.ts';

/** Where a model is asked: one of the replicas at `bases`, with `path` appended. */
export interface Target {
  readonly bases: readonly string[];
  readonly path: string;
}

export interface Answer {
  readonly status: number;
  /** Name, value, ... as received. */
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly ms: number;
}

/** What one row came to: the shape of a line that python/lane.py writes. */
export interface Outcome {
  readonly row: number;
  readonly unit: string;
  readonly decision: string | null;
  readonly version: string | null;
  readonly status: number;
  readonly error: string | null;
  readonly ms: number;
  readonly directMs: number | null;
  readonly difference: string | null;
}

export interface NodeJob {
  readonly gate: Target;
  readonly targets: Readonly<Record<string, Target>>;
  readonly body: (holder: CardHolder) => string;
  readonly concurrency: number;
  readonly progress: (done: number) => void;
}

// Headers that may differ: hop-by-hop ones (RFC 9110 section 7.6.1), the server's clock, and what the gate adds by contract.
const NOT_COMPARED = new Set(['connection', 'keep-alive', 'date', 'headgate-decision', 'headgate-version']);
const TIMEOUT_MS = 60_000;

export function createAsk(connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const ask = (url: string, body: string | Uint8Array, headers: Readonly<Record<string, string>>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const call = request(url, {
        agent,
        method: 'POST',
        timeout: TIMEOUT_MS,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      });
      call.once('timeout', () => call.destroy(new Error(`no answer from ${url} after ${TIMEOUT_MS} ms`)));
      call.once('error', reject);
      call.once('response', (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            rawHeaders: answer.rawHeaders,
            headers: answer.headers,
            body: Buffer.concat(chunks),
            ms: performance.now() - started,
          }),
        );
      });
      call.end(body);
    });
  return { ask, close: () => agent.destroy() };
}

export async function runNodeLane(holders: readonly CardHolder[], job: NodeJob): Promise<Outcome[]> {
  const { ask, close } = createAsk(job.concurrency);
  const outcomes: Outcome[] = [];
  const waiting = holders.values();
  const worker = async (): Promise<void> => {
    for (const holder of waiting) {
      const body = job.body(holder);
      const type = { 'content-type': 'application/json' };
      const gate = await ask(urlOf(job.gate, holder.row), body, {
        ...type,
        'account-id': holder.unit,
        'headgate-decision': `${DECISION_PREFIX}${holder.row}`,
      });
      const version = headerOf(gate, 'headgate-version');
      const target = version === null ? undefined : job.targets[version];
      const direct = target === undefined ? null : await ask(urlOf(target, holder.row), body, type);
      outcomes.push({
        row: holder.row,
        unit: holder.unit,
        decision: headerOf(gate, 'headgate-decision'),
        version,
        status: gate.status,
        error: headerOf(gate, 'headgate-error'),
        ms: gate.ms,
        directMs: direct?.ms ?? null,
        difference:
          direct === null ? `no such version: ${version}; ${gate.body.subarray(0, 200)}` : difference(gate, direct),
      });
      job.progress(outcomes.length);
    }
  };
  await Promise.all(Array.from({ length: job.concurrency }, worker));
  close();
  return outcomes;
}

/** The URL for a row: rows take turns over replicas. */
export function urlOf({ bases, path }: Target, row: number): string {
  return `${bases[Math.floor(row / 8) % bases.length]}${path}`;
}

export function headerOf(answer: Answer, name: string): string | null {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : null;
}

/** What tells two answers apart, or null: status, headers in order, body bytes. */
export function difference(gate: Answer, direct: Answer): string | null {
  if (gate.status !== direct.status) return `status ${gate.status} through the gate, ${direct.status} directly`;
  if (!gate.body.equals(direct.body))
    return `body ${gate.body.subarray(0, 300)} through the gate, ${direct.body.subarray(0, 300)} directly`;
  const [ours, theirs] = [compared(gate.rawHeaders), compared(direct.rawHeaders)];
  return ours === theirs ? null : `headers ${ours} through the gate, ${theirs} directly`;
}

function compared(rawHeaders: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (!NOT_COMPARED.has(name)) lines.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  return lines.join(' | ');
}
