// `headgate outcomes import FILE`: outcomes from lines of JSON or from CSV into the log below `data`. The file is read twice: only
// where every line is an outcome is any of it written. Importing it again changes nothing, and says so.

import { createReadStream } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { replicaName } from '../capture/segments/segment-name.ts';
import { type Outcome, readOutcome } from '../outcomes/outcome.ts';
import { createOutcomeLog } from '../outcomes/outcome-log.ts';
import { csvCells } from './csv-line.ts';
import { dataAndBounds } from './data-folder.ts';
import { EXIT } from './exit-codes.ts';

export interface OutcomesImportOptions {
  readonly file: string;
  readonly config: string | null;
  readonly data: string | null;
  readonly nowMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

const PROBLEMS_MAX = 20;
const GROUP = 1000;
/** Keys of the log that are known while a file is imported; of older ones the views keep the first. */
const KEYS_MAX = 1_000_000;
/** Of the log, where no configuration says so: its default. */
const BYTES_MAX = 4 * 1024 ** 3;

/** @returns the exit code */
export async function runOutcomesImport(options: OutcomesImportOptions): Promise<number> {
  const { file, nowMs, stdout, stderr } = options;
  const found = dataAndBounds(options);
  if (typeof found === 'number') return found;
  try {
    const problems: string[] = [];
    for await (const { line, reading } of readingsOf(file, nowMs)) {
      if (reading.ok) continue;
      if (problems.length === PROBLEMS_MAX) {
        problems.push('and more');
        break;
      }
      problems.push(`${file}:${line}: ${reading.problem}`);
    }
    if (problems.length > 0) {
      stderr.write(`${problems.join('\n')}\nNothing was imported. Correct the lines, and import the file again.\n`);
      return EXIT.data;
    }
    const { written, known } = await importAll(
      file,
      { data: found.data, bytesMax: found.captures?.outcomeBytesMax ?? BYTES_MAX },
      nowMs,
    );
    stdout.write(
      `${written} outcomes imported${known > 0 ? `; ${known} others were there already, or twice in the file` : ''}\n`,
    );
    return EXIT.ok;
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.data;
  }
}

async function importAll(
  file: string,
  to: { readonly data: string; readonly bytesMax: number },
  nowMs: number,
): Promise<{ written: number; known: number }> {
  const replica = replicaName(hostname(), process.pid, nowMs);
  const log = createOutcomeLog({ ...to, replica, readsKeys: true, keysMax: KEYS_MAX });
  const sum = { written: 0, known: 0 };
  let group: Outcome[] = [];
  const write = async (): Promise<void> => {
    const { written, known } = await log.append(group);
    sum.written += written;
    sum.known += known;
    group = [];
  };
  try {
    for await (const { reading } of readingsOf(file, nowMs)) {
      if (reading.ok) group.push(reading.outcome);
      if (group.length === GROUP) await write();
    }
    await write();
  } finally {
    await log.close();
  }
  return sum;
}

async function* readingsOf(file: string, nowMs: number) {
  const isCsv = file.toLowerCase().endsWith('.csv');
  let names: readonly string[] | null = null;
  let line = 0;
  for await (const text of createInterface({
    input: createReadStream(resolve(file)),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line += 1;
    if (text.trim() === '') continue;
    if (isCsv && names === null) {
      names = csvCells(text.replace(/^\ufeff/, '')) ?? [];
      continue;
    }
    const raw = names === null ? jsonOf(text) : cellsOf(names, text);
    yield { line, reading: readOutcome(raw, nowMs) };
  }
}

/** What is no JSON is no outcome either, which is then said. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Cells of a line under the names of the first; an empty one is as if it were not there, a number is a number. */
function cellsOf(names: readonly string[], text: string): unknown {
  const cells = csvCells(text);
  if (cells === undefined || cells.length !== names.length) return null;
  const given = names.flatMap((name, i) => (cells[i] === '' ? [] : [[name, cells[i] ?? ''] as const]));
  return Object.fromEntries(given.map(([name, cell]) => [name, typedCell(name, cell)]));
}

function typedCell(name: string, cell: string): number | string | boolean {
  if (name === 'value' && (cell === 'true' || cell === 'false')) return cell === 'true';
  const isNumber = (name === 'value' || name === 'at') && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(cell);
  return isNumber ? Number(cell) : cell;
}
