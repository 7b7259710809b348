// One YAML file as a tree of located values: syntax, duplicate keys, references to the environment, and the bounds on size,
// depth and aliases. It knows nothing of what the keys mean.

import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { Environment } from './interpolate.ts';
import { DEPTH_MAX, locate } from './locate.ts';
import { type Located, type LocatedMap, type SourceFile, shown } from './located.ts';
import type { Findings } from './problem.ts';

const FILE_BYTES_MAX = 16 * 1024 * 1024;

export interface ReadFile {
  readonly source: SourceFile;
  /** Undefined where the file cannot be read as a map; the findings say why. */
  readonly root: LocatedMap | undefined;
}

/**
 * @param path absolute
 * @param named the value that names this file, for the place of the problem where it cannot be read
 */
export function readYaml(path: string, env: Environment, findings: Findings, named: Located | null): ReadFile {
  const lines = new LineCounter();
  const source: SourceFile = {
    path,
    folder: dirname(path),
    position(offset) {
      if (lines.lineStarts.length === 0) return { line: 1, column: 1 };
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
  const bytes = readBytes(path, FILE_BYTES_MAX);
  if (typeof bytes === 'string') {
    if (named === null) findings.inFile(source, 0, bytes, 'name a configuration file that can be read');
    else
      findings.at(
        named,
        `${named.interpolated ? shown(named) : path}: ${bytes}`,
        'correct the path, or the rights on the file',
      );
    return { source, root: undefined };
  }
  const text = decode(bytes);
  if (text === undefined) {
    findings.inFile(source, 0, 'the file is not UTF-8', 'save it as UTF-8');
    return { source, root: undefined };
  }
  return { source, root: parse(text, source, lines, env, findings) };
}

/** The bytes of a file, or why there are none. */
export function readBytes(path: string, bytesMax: number): Uint8Array | string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return 'this is not a file';
    if (stat.size > bytesMax) return `the file is over the limit of ${bytesMax} bytes`;
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
    return code === 'EACCES' ? 'no right to read the file' : `the file cannot be read (${String(code)})`;
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parse(
  text: string,
  source: SourceFile,
  lines: LineCounter,
  env: Environment,
  findings: Findings,
): LocatedMap | undefined {
  try {
    // Unique keys are checked in the walk: all duplicates at once, in linear time.
    const options = { lineCounter: lines, stringKeys: true, uniqueKeys: false, prettyErrors: false } as const;
    const document = parseDocument(text, options);
    // What a parser makes of broken text is a guess: the meaning of the file is looked at once its syntax is right.
    const errors = [...document.errors, ...document.warnings];
    for (const error of errors) findings.inFile(source, error.pos[0], ...syntaxProblem(error));
    if (errors.length > 0) return undefined;
    if (document.contents === null) {
      findings.inFile(source, 0, 'the file is empty', 'write at least `models:`');
      return undefined;
    }
    const root = locate(document.contents, source, env, findings);
    if (root.kind === 'map') return root;
    if (root.kind !== 'scalar' || !root.broken)
      findings.at(root, 'the file holds no map', 'write `key: value` pairs at its top');
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.inFile(source, 0, 'the file is nested too deeply to be read', `stay below ${DEPTH_MAX} levels`);
    return undefined;
  }
}

/** The parser's words without the text that it quotes: a line of a configuration may hold a secret. */
function syntaxProblem({ code, message }: YAMLError): [problem: string, remedy: string] {
  if (code === 'MULTIPLE_DOCS')
    return ['the file holds more than one YAML document', 'keep what stands before the second ---'];
  const words = message.split('\n')[0]?.replace(/:? ?["'`].*$/, '') ?? '';
  return [`YAML: ${words === '' ? 'syntax error' : words}`, 'correct the YAML here'];
}
