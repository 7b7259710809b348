// What is wrong with a configuration: one place, one problem, one remedy. Rooms of the loader collect problems and go on, so
// that a person sees all of them at once. Values that came from the environment are shown by reference only.

import { relative } from 'node:path';
import { type Located, pathOf, type SourceFile } from './located.ts';

export interface Problem {
  /** Absolute path. */
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** `models.credit-default.split.boosted`; empty for the file as a whole. */
  readonly path: string;
  readonly problem: string;
  readonly remedy: string;
}

/** `file:line:column path: problem; remedy`, with the file relative to the working folder where that is shorter. */
export function formatProblem(problem: Problem): string {
  const near = relative(process.cwd(), problem.file);
  const file = near !== '' && near.length < problem.file.length ? near : problem.file;
  const path = problem.path === '' ? '' : ` ${problem.path}`;
  return `${file}:${problem.line}:${problem.column}${path}: ${problem.problem}; ${problem.remedy}`;
}

export interface Findings {
  /** At the value. */
  at(node: Located, problem: string, remedy: string): void;
  /** At a key of a map, or at the map's own key where it has no such key. */
  atKey(node: Located, key: string, problem: string, remedy: string): void;
  /** At a place in a file that has no value. */
  inFile(source: SourceFile, offset: number, problem: string, remedy: string, path?: string): void;
  readonly count: number;
  /** By file, line and column; a default that many models share is told once. */
  all(): readonly Problem[];
}

export function createFindings(): Findings {
  const found = new Map<string, Problem>();

  function add(source: SourceFile, offset: number, path: string, problem: string, remedy: string): void {
    const { line, column } = source.position(offset);
    const key = `${source.path}\n${line}\n${column}\n${problem}`;
    if (!found.has(key)) found.set(key, { file: source.path, line, column, path, problem, remedy });
  }

  return {
    at: (node, problem, remedy) => add(node.source, node.offset, pathOf(node), problem, remedy),
    atKey(node, key, problem, remedy) {
      const entry = node.kind === 'map' ? node.entries.get(key) : undefined;
      const path = pathOf(node) === '' ? key : `${pathOf(node)}.${key}`;
      if (entry === undefined) add(node.source, node.keyOffset, path, problem, remedy);
      else add(entry.source, entry.keyOffset, pathOf(entry), problem, remedy);
    },
    inFile: (source, offset, problem, remedy, path = '') => add(source, offset, path, problem, remedy),
    get count() {
      return found.size;
    },
    all: () =>
      [...found.values()].sort(
        (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
      ),
  };
}
