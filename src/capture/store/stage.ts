// Segments to lines: every row of the segments becomes a line of JSON in a file of its model and day, from which Parquet is made.
// The columns go over as the bytes that they are; they are parsed once, to learn the types of features and predictions.

import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../../kernel/json.ts';
import { rowParts } from '../row.ts';
import { framesOf } from '../segments/frame.ts';
import type { ModelTypes, SeenCells, Side } from './feature-types.ts';
import { dateOf } from './layout.ts';

/** Lines of one model and day. */
export interface Staged {
  readonly model: string;
  readonly date: string;
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly lineBytesMax: number;
  readonly from: number;
  readonly to: number;
}

export interface Staging {
  /** Rows of one segment. @returns undefined where the file is gone, else what was found in it */
  add(path: string): { readonly rows: number; readonly damagedBytes: number } | undefined;
  finish(): readonly Staged[];
}

interface Growing {
  model: string;
  date: string;
  path: string;
  rows: number;
  bytes: number;
  lineBytesMax: number;
  from: number;
  to: number;
  chunks: Buffer[];
  held: number;
}

/** Held for all files together before they are written. */
const HELD_BYTES_MAX = 16 * 1024 ** 2;
const LINE_END = Buffer.from('\n');

export function createStaging(folder: string, typesOf: (model: string) => ModelTypes): Staging {
  const growing = new Map<string, Growing>();
  let held = 0;
  mkdirSync(folder, { recursive: true });

  function fileFor(model: string, date: string): Growing {
    const key = `${date}/${model}`;
    let found = growing.get(key);
    if (found === undefined) {
      const path = join(folder, `${growing.size}.ndjson`);
      const [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      found = { model, date, path, rows: 0, bytes: 0, lineBytesMax: 0, from, to, chunks: [], held: 0 };
      growing.set(key, found);
    }
    return found;
  }

  function put(file: Growing, at: number, pieces: readonly Buffer[]): void {
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    file.chunks.push(...pieces);
    file.rows += 1;
    file.bytes += bytes;
    file.held += bytes;
    file.lineBytesMax = Math.max(file.lineBytesMax, bytes);
    file.from = Math.min(file.from, at);
    file.to = Math.max(file.to, at);
    held += bytes;
    if (held > HELD_BYTES_MAX) writeOut();
  }

  function writeOut(): void {
    for (const file of growing.values()) {
      if (file.held === 0) continue;
      const handle = openSync(file.path, 'a', 0o640);
      try {
        const bytes = Buffer.concat(file.chunks);
        for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
      } finally {
        closeSync(handle);
      }
      file.chunks = [];
      file.held = 0;
    }
    held = 0;
  }

  return {
    add(path) {
      const segment = readSegmentFile(path);
      if (segment === undefined) return undefined;
      let [rows, damagedBytes] = [0, 0];
      const frames = framesOf(segment, (damage) => {
        damagedBytes += damage.length;
      });
      for (const { payload, sequence } of frames) {
        const { columns, request, response } = rowParts(payload);
        const text = columns.toString('utf8');
        const row = parseRow(text);
        const types = typesOf(row.model);
        const untyped =
          rest('untyped_features', 'features', row, types) + rest('untyped_predictions', 'predictions', row, types);
        const bodies = row.bodies === 'full' ? body('request', request, row) + body('response', response, row) : '';
        const head = Buffer.from(`{"sequence":${sequence},${bodies}${untyped}`, 'utf8');
        put(fileFor(row.model, dateOf(row.at)), row.at, [head, columns.subarray(1), LINE_END]);
        rows += 1;
      }
      // Pieces are views of the segment, which must not be held any longer.
      writeOut();
      return { rows, damagedBytes };
    },
    finish() {
      writeOut();
      return [...growing.values()].map(({ chunks: _, held: __, ...staged }) => staged);
    },
  };
}

/** Of the parsed columns, what is looked at here. */
interface ParsedRow {
  readonly model: string;
  readonly at: number;
  readonly bodies: string;
  readonly withheld: readonly string[];
  readonly features: SeenCells | null;
  readonly predictions: SeenCells | null;
}

/** A number of so many digits may be more than a double can hold. */
const LONG_INTEGER = /[[,:]-?\d{16,}(?=[\],}])/;

function parseRow(text: string): ParsedRow {
  return parseJson(text, LONG_INTEGER.test(text) ? exactly : null) as ParsedRow;
}

function exactly(value: number, source: string): unknown {
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(source) ? value : BigInt(source);
}

function body(side: 'request' | 'response', bytes: Buffer, row: ParsedRow): string {
  return row.withheld.includes(side) ? '' : `"${side}":"${bytes.toString('base64')}",`;
}

/** Cells that no typed column takes, as a member of the line. */
function rest(member: string, side: Side, row: ParsedRow, types: ModelTypes): string {
  const cells = row[side];
  if (cells === null) return '';
  const names = types.see(side, cells);
  if (names.length === 0) return '';
  const left = Object.fromEntries(names.map((name) => [name, cells[name]]));
  return `"${member}":${JSON.stringify(left, (_, value: unknown) => (typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value))},`;
}

function readSegmentFile(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
