// `headgate explain MODEL --units FILE`: a file of units in, one a line; a table out, one row a unit, in the order of the file.
// Lines are bytes: what is hashed is what stands there. Nothing of the file is held but the line being read.

import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { UNIT_BYTES_MAX } from '../model.ts';
import { asOnTheWire } from '../split/explain.ts';
import type { Attributes } from '../split/rules.ts';
import { fromBytes } from '../split/unit.ts';
import { EXIT } from './exit-codes.ts';
import { type Asked, type ExplainedModel, findModel, pathOr } from './explain.ts';

export interface ExplainUnitsOptions extends Asked {
  readonly model: string;
  /** Path of the file; `-` is the standard input. */
  readonly units: string;
  readonly file: string;
  readonly json: boolean;
}

const COLUMNS = ['version', 'slot', 'epoch', 'propensity', 'reason', 'rule', 'unit'];
const LINE_BYTES_MAX = 1024 * 1024;
const WRITE_CHARACTERS = 64 * 1024;
const LF = 10;
const CR = 13;

/** @returns the exit code */
export async function runExplainUnits(options: ExplainUnitsOptions): Promise<number> {
  const found = findModel(options.file, options.model);
  if (typeof found === 'number') return found;
  if (found.model.sticky === null) {
    process.stderr.write(`Model ${options.model} has no sticky key: each of its decisions is split by chance.\n`);
    return EXIT.data;
  }
  const source = options.units === '-' ? process.stdin : createReadStream(options.units);
  try {
    await write(process.stdout, table(found, options, linesOf(source)));
    return EXIT.ok;
  } catch (error) {
    if (codeOf(error) === 'EPIPE') return EXIT.ok;
    process.stderr.write(`${options.units}: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.data;
  }
}

async function* table(
  { model, explainer }: ExplainedModel,
  options: ExplainUnitsOptions,
  lines: AsyncIterable<Buffer>,
): AsyncGenerator<string> {
  const attributes = asOnTheWire(explainer, { ...options, path: pathOr(options.path, model) });
  const row = options.json ? jsonRow : textRow;
  if (!options.json) yield `${COLUMNS.join('\t')}\n`;
  for await (const line of lines) yield row(explainer, line, attributes);
}

type Row = (explainer: ExplainedModel['explainer'], line: Buffer, attributes: Attributes) => string;

/** The unit comes last: it may hold a tab. */
const textRow: Row = (explainer, line, attributes) => {
  const unit = fromBytes(line);
  if (unit === null) return `-\t-1\t-\t-\tno_key\t-\t${shown(line)}\n`;
  const { version, slot, epoch, propensity, reason, rule } = explainer.explain(unit, attributes);
  return `${version}\t${slot}\t${epoch}\t${propensity}\t${reason}\t${rule ?? '-'}\t${unit.text}\n`;
};

/** A line that no request can have as its unit: as far as a unit reaches, so that one of a MiB does not fill the table. */
function shown(line: Buffer): string {
  if (line.length <= UNIT_BYTES_MAX) return line.toString('utf8');
  return `${line.subarray(0, UNIT_BYTES_MAX).toString('utf8')}... (${line.length} bytes)`;
}

const jsonRow: Row = (explainer, line, attributes) => {
  const unit = fromBytes(line);
  const told =
    unit === null
      ? { unit: shown(line), version: null, slot: -1, reason: 'no_key' }
      : explainer.explain(unit, attributes);
  return `${JSON.stringify(told)}\n`;
};

/** Lines without their ends; an empty last one is none. */
async function* linesOf(source: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = Buffer.concat([rest, Buffer.from(chunk)]);
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      yield bytes.subarray(start, bytes[end - 1] === CR && end > start ? end - 1 : end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > LINE_BYTES_MAX) throw new Error('a line has more than 1 MiB; write one unit a line');
  }
  if (rest.length > 0) yield rest;
}

/** In large pieces, and no faster than the reader takes them. */
async function write(out: Writable, rows: AsyncIterable<string>): Promise<void> {
  let failure: Error | null = null;
  out.on('error', (error: Error) => {
    failure = error;
  });
  let piece = '';
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      out.write(piece, (error) => (error ? reject(error) : resolve()));
      piece = '';
    });
  for await (const row of rows) {
    piece += row;
    if (piece.length >= WRITE_CHARACTERS) await flush();
    if (failure !== null) throw failure;
  }
  await flush();
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
