// The rows of one decision in the store: every index is asked where they are, then the rows are read there. What it knows of the
// manifest is read again when that has changed.

import { stat } from 'node:fs/promises';
import { Busy } from '../../kernel/busy.ts';
import type { CaptureRow } from '../row.ts';
import { locate } from './commit.ts';
import { hashOf, type RowPlace, searchIndex } from './decision-index.ts';
import { storePaths } from './layout.ts';
import { type Manifest, openManifest } from './manifest.ts';
import type { WantedRows } from './read-rows.ts';

export type ReadRows = (decisionId: string, wanted: readonly WantedRows[]) => Promise<CaptureRow[]>;

export interface StoredFinder {
  /** @throws Busy where too many ask; the error of what cannot be read */
  find(decisionId: string): Promise<CaptureRow[]>;
  /** The first row of the newest file; undefined where the store has none. */
  sample(): Promise<WantedRows | undefined>;
}

/** Index files read at a time. */
const SIDE_BY_SIDE = 16;
/** Questions at a time, since all that wait for one disk wait on a few threads, and questions that wait for their turn. */
const ASKED_MAX = 2;
const WAITING_MAX = 64;
/** A merge may replace files between the index and the read. */
const TRIES = 3;

/** @param data absolute path of the data folder */
export function createStoredFinder(data: string, read: ReadRows): StoredFinder {
  const paths = storePaths(data);
  let known: { readonly manifest: Manifest; readonly indexes: readonly string[]; readonly mark: string } | null = null;

  async function current() {
    const facts = await stat(paths.manifest).catch(() => undefined);
    const mark = facts === undefined ? '' : `${facts.ino}/${facts.size}/${facts.mtimeMs}`;
    if (known?.mark !== mark) {
      const manifest = await openManifest(paths.manifest);
      known = { manifest, indexes: [...new Set([...manifest.files.values()].map(({ index }) => index))], mark };
    }
    return known;
  }

  async function placesOf(
    decisionId: string,
    indexes: readonly string[],
    at: (name: string) => string,
  ): Promise<RowPlace[]> {
    const hash = hashOf(decisionId);
    const places: RowPlace[] = [];
    for (let from = 0; from < indexes.length; from += SIDE_BY_SIDE) {
      const part = indexes.slice(from, from + SIDE_BY_SIDE);
      const found = await Promise.all(part.map((name) => searchIndex(at(name), hash)));
      places.push(...found.flat());
    }
    return places;
  }

  async function look(decisionId: string): Promise<CaptureRow[]> {
    const { manifest, indexes } = await current();
    if (indexes.length === 0) return [];
    const located = locate(paths, manifest);
    const places = (await placesOf(decisionId, indexes, located.index)).filter(({ path }) => manifest.files.has(path));
    const wanted = [...Map.groupBy(places, ({ path }) => path)].map(([path, rows]): WantedRows => {
      const model = manifest.files.get(path)?.model ?? '';
      return wantedOf(
        manifest,
        located.file(path),
        model,
        rows.map(({ row }) => row),
      );
    });
    return wanted.length === 0 ? [] : await read(decisionId, wanted);
  }

  async function lookAgain(decisionId: string): Promise<CaptureRow[]> {
    for (let tried = 1; ; tried++) {
      try {
        return await look(decisionId);
      } catch (error) {
        if (tried === TRIES || error instanceof Busy) throw error;
        known = null;
      }
    }
  }

  function wantedOf(manifest: Manifest, path: string, model: string, rows: readonly number[]): WantedRows {
    return { path, model, rows, types: manifest.types.get(model) ?? [] };
  }

  let asked = 0;
  const waiting: (() => void)[] = [];

  return {
    async find(decisionId) {
      if (asked >= ASKED_MAX) {
        if (waiting.length >= WAITING_MAX)
          throw new Busy(`${WAITING_MAX} searches for decisions wait already; ask again later`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else asked += 1;
      try {
        return await lookAgain(decisionId);
      } finally {
        // The turn is handed on, or given up.
        const next = waiting.shift();
        if (next === undefined) asked -= 1;
        else next();
      }
    },
    async sample() {
      const { manifest } = await current();
      const newest = [...manifest.files.values()].at(-1);
      return newest && wantedOf(manifest, locate(paths, manifest).file(newest.path), newest.model, [0]);
    },
  };
}
