// The outcomes of one decision: an index in memory says where they lie in the log (places.ts). It is built with the first question,
// and every further one reads only what was appended since. What does not fit into it is told with the answer: the query command
// reads everything.

import { stat } from 'node:fs/promises';
import { Busy } from '../kernel/busy.ts';
import type { Outcome } from './outcome.ts';
import { lineAt, openOutcomes, outcomeLines, outcomeOf } from './outcome-lines.ts';
import { outcomeFiles } from './outcome-log.ts';
import { createPlaces, type Place, type Places, placeHash } from './places.ts';

export interface FoundOutcomes {
  /** One per key, the first that came. */
  readonly outcomes: readonly Outcome[];
  /** There may be more: the index has let go of the oldest outcomes, or the decision has more than an answer takes. */
  readonly truncated: boolean;
}

export interface OutcomeFinder {
  /** @throws Busy where too many ask; the error of the file system */
  find(decisionId: string): Promise<FoundOutcomes>;
}

export interface OutcomeFinderOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** Outcomes that the index holds: a power of two. */
  readonly placesMax?: number;
  /** Questions that wait for their turn. */
  readonly waitingMax?: number;
}

/** Of 24 bytes each: 50 MB. */
const PLACES_MAX = 2 ** 21;
const WAITING_MAX = 64;
const READ_MAX = 256;
const FOUND_MAX = 64;
/** Numbers of files that an index tells apart. */
const FILES_MAX = 65_535;
const LINE_BYTES_MAX = 65_535;

interface Indexed {
  readonly places: Places;
  /** In the order in which they were met: a place names one by its number. */
  readonly files: string[];
  /** Bytes of whole lines that are in the index, by path. */
  readonly until: Map<string, number>;
  isPartial: boolean;
}

/** One question at a time: together they would only wait for one disk, each with a piece of memory. */
export function createOutcomeFinder(options: OutcomeFinderOptions): OutcomeFinder {
  const { data, placesMax = PLACES_MAX, waitingMax = WAITING_MAX } = options;
  const empty = (): Indexed => ({ places: createPlaces(placesMax), files: [], until: new Map(), isPartial: false });
  let indexed = empty();
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function look(decisionId: string): Promise<FoundOutcomes> {
    const paths = await outcomeFiles(data);
    if (await hasShrunk(indexed, paths)) indexed = empty();
    for (const path of paths) await extend(indexed, path);
    const order = new Map(paths.map((path, i) => [path, i]));
    const placed = indexed.places
      .of(placeHash(decisionId))
      .map((place) => ({ place, path: indexed.files[place.file] ?? '' }))
      .filter(({ path }) => order.has(path))
      .sort((a, b) => (order.get(a.path) ?? 0) - (order.get(b.path) ?? 0) || a.place.offset - b.place.offset);
    const found = new Map<string, Outcome>();
    const read = placed.slice(0, READ_MAX);
    for (const [path, ofFile] of Map.groupBy(read, (one) => one.path))
      for (const outcome of await outcomesAt(path, ofFile)) {
        if (outcome.decision_id === decisionId && !found.has(outcome.key)) found.set(outcome.key, outcome);
      }
    const isWhole = indexed.places.forgotten === 0 && !indexed.isPartial;
    const truncated = !isWhole || placed.length > READ_MAX || found.size > FOUND_MAX;
    return { outcomes: [...found.values()].slice(0, FOUND_MAX), truncated };
  }

  return {
    find(decisionId) {
      if (waiting >= waitingMax)
        return Promise.reject(new Busy(`${waiting} questions for outcomes wait already; ask again later`));
      waiting += 1;
      const next = last
        .then(() => look(decisionId))
        .finally(() => {
          waiting -= 1;
        });
      last = next.catch(() => undefined);
      return next;
    },
  };
}

/** A write that failed is cut off again, and a person may replace a file: places in it count no more. */
async function hasShrunk({ until }: Indexed, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    const facts = await stat(path).catch(() => undefined);
    if (facts !== undefined && facts.size < (until.get(path) ?? 0)) return true;
  }
  return false;
}

async function extend(indexed: Indexed, path: string): Promise<void> {
  const { files, until, places } = indexed;
  if (!until.has(path)) {
    if (files.length === FILES_MAX) {
      indexed.isPartial = true;
      return;
    }
    files.push(path);
    until.set(path, 0);
  }
  const file = files.indexOf(path);
  for await (const lines of outcomeLines(path, until.get(path))) {
    for (const { offset, bytes } of lines) {
      until.set(path, offset + bytes.length + 1);
      const decisionId = outcomeOf(bytes.toString('utf8'))?.decision_id ?? null;
      if (decisionId === null) continue;
      if (bytes.length > LINE_BYTES_MAX) indexed.isPartial = true;
      else places.add(placeHash(decisionId), { file, offset, length: bytes.length });
    }
  }
}

async function outcomesAt(path: string, placed: readonly { readonly place: Place }[]): Promise<Outcome[]> {
  const handle = await openOutcomes(path);
  if (handle === undefined) return [];
  try {
    const outcomes: Outcome[] = [];
    for (const { place } of placed) {
      const text = await lineAt(handle, place.offset, place.length);
      const outcome = text === undefined ? undefined : outcomeOf(text);
      if (outcome !== undefined) outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    await handle.close();
  }
}
