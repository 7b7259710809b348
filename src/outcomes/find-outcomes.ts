// The outcomes of one decision, out of the newest part of the log. Bounded: what lies further back is for the query command.

import { open, stat } from 'node:fs/promises';
import type { Outcome } from './outcome.ts';
import { outcomeFiles } from './outcome-log.ts';

const SEARCHED_BYTES_MAX = 64 * 1024 ** 2;
const FOUND_MAX = 64;
const LINE_END = 10;

/** @returns one per key, the first that came */
export async function findOutcomes(data: string, decisionId: string): Promise<Outcome[]> {
  const needle = Buffer.from(`"decision_id":${JSON.stringify(decisionId)},`, 'utf8');
  const files = await Promise.all((await outcomeFiles(data)).map(async (path) => ({ path, facts: await stat(path) })));
  const found = new Map<string, Outcome>();
  let left = SEARCHED_BYTES_MAX;
  for (const { path, facts } of files.sort((a, b) => b.facts.mtimeMs - a.facts.mtimeMs)) {
    if (left <= 0 || found.size >= FOUND_MAX) break;
    const bytes = await tailOf(path, facts.size, left);
    left -= bytes.length;
    for (const outcome of outcomesIn(bytes, needle)) if (!found.has(outcome.key)) found.set(outcome.key, outcome);
  }
  return [...found.values()].slice(0, FOUND_MAX);
}

async function tailOf(path: string, size: number, bytesMax: number): Promise<Buffer> {
  const length = Math.min(size, bytesMax);
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function* outcomesIn(bytes: Buffer, needle: Buffer): Generator<Outcome> {
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) {
    const start = bytes.lastIndexOf(LINE_END, at) + 1;
    const end = bytes.indexOf(LINE_END, at);
    // A line without its end is still being written, one without its beginning lies too far back.
    if (end === -1 || bytes[start] !== 0x7b) continue;
    yield JSON.parse(bytes.toString('utf8', start, end)) as Outcome;
  }
}
