// Files that the main file includes. An included file has one key, `models`, in the shape of the main file, so that the same
// JSON Schema fits both; defaults and everything else stay in the main file.

import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from './interpolate.ts';
import { child, type Located } from './located.ts';
import type { NamedFiles } from './named-files.ts';
import type { Findings } from './problem.ts';
import { includeSchema, type RawGate } from './schema.ts';
import { readYaml } from './source.ts';
import { validate } from './validate.ts';

const FILES_MAX = 10_000;

export interface Includes {
  /** The `models` of each file, in the order of the patterns, then of the names. */
  readonly models: readonly Located[];
  /** Absolute; a file that appears later may match one of them. */
  readonly patterns: readonly string[];
}

export function readIncludes(
  raw: RawGate,
  root: Located,
  files: NamedFiles,
  env: Environment,
  findings: Findings,
): Includes {
  const models: Located[] = [];
  const patterns: string[] = [];
  const seen = new Set([root.source.path]);
  for (const [index, pattern] of (raw.include ?? []).entries()) {
    const at = child(root, 'include', index) ?? child(root, 'include') ?? root;
    if (at.kind === 'scalar' && at.broken) continue;
    const absolute = resolve(root.source.folder, pattern);
    patterns.push(absolute);
    for (const path of matching(absolute)) {
      if (seen.has(path)) continue;
      seen.add(path);
      if (seen.size > FILES_MAX) {
        findings.at(at, `more than ${FILES_MAX} files are included`, 'put several models into one file');
        return { models, patterns };
      }
      files.add(path);
      const found = readModels(path, at, env, findings);
      if (found !== undefined) models.push(found);
    }
  }
  return { models, patterns };
}

/** A pattern may match nothing, a plain path has to exist: the same rule as nginx's. */
export function matching(pattern: string): readonly string[] {
  return /[*?[\]{}]/.test(pattern)
    ? globSync(pattern)
        .map((path) => resolve(path))
        .sort()
    : [pattern];
}

function readModels(path: string, at: Located, env: Environment, findings: Findings): Located | undefined {
  const { root } = readYaml(path, env, findings, at);
  if (root === undefined) return undefined;
  if (child(root, 'models') === undefined && [...root.entries.values()].some((value) => child(value, 'versions'))) {
    findings.at(root, 'the file names models at its top', 'put them below `models:`');
    return undefined;
  }
  validate(includeSchema, root, findings);
  return child(root, 'models');
}
