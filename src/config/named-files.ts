// Files that a configuration names: PEM texts, baselines. Paths start from the folder of the YAML file that names them. Every
// one is remembered, missing ones too, so that a change on disk is a change of the configuration.

import { createHash } from 'node:crypto';
import { relative, resolve } from 'node:path';
import type { Located } from './located.ts';
import type { Findings } from './problem.ts';
import { readBytes } from './source.ts';

const PEM_BYTES_MAX = 1024 * 1024;
const BASELINE_BYTES_MAX = 64 * 1024 * 1024;

export interface NamedFiles {
  /** Text of a PEM file; undefined where it cannot be read, which the findings say. */
  pem(at: Located | undefined, path: string | undefined): string | undefined;
  /** Absolute path of a baseline that can be read. */
  baseline(at: Located | undefined, path: string | undefined): string | undefined;
  /** A YAML file was read. */
  add(path: string): void;
  /** Every file that was read or looked for, absolute, in order. */
  readonly all: readonly string[];
  /** Path from the folder of the main file -> hash of the content, for the files read here. */
  readonly digests: Readonly<Record<string, string>>;
}

/** @param folder of the main file */
export function createNamedFiles(folder: string, findings: Findings): NamedFiles {
  const all = new Set<string>();
  const digests: Record<string, string> = {};
  const known = new Map<string, Uint8Array | string>();

  function read(at: Located | undefined, path: string | undefined, bytesMax: number) {
    if (at === undefined || path === undefined || (at.kind === 'scalar' && at.broken)) return undefined;
    const absolute = resolve(at.source.folder, path);
    all.add(absolute);
    const bytes = known.get(absolute) ?? readBytes(absolute, bytesMax);
    known.set(absolute, bytes);
    if (typeof bytes === 'string') {
      findings.at(at, bytes, 'correct the path, or the rights on the file');
      return undefined;
    }
    digests[relative(folder, absolute)] ??= createHash('sha256').update(bytes).digest('hex');
    return { absolute, bytes };
  }

  return {
    pem(at, path) {
      const found = read(at, path, PEM_BYTES_MAX);
      if (at === undefined || found === undefined) return undefined;
      const text = new TextDecoder().decode(found.bytes);
      if (text.includes('-----BEGIN ')) return text;
      findings.at(at, 'the file is not PEM', 'name a file that holds a -----BEGIN ...----- block');
      return undefined;
    },
    baseline: (at, path) => read(at, path, BASELINE_BYTES_MAX)?.absolute,
    add: (path) => all.add(path),
    get all() {
      return [...all];
    },
    digests,
  };
}
