// Reads the bodies of one side of a version, most of which differ from the one before in a few scalars only: by a template where
// one fits (template.ts), else by the protocol's ordinary reader, whose every answer the templates repeat to the bit. Templates are
// few, and learning is paced, so that bodies that are all alike in nothing cost little more than without.

import { type Leaf, leavesOf } from './json-leaves.ts';
import { holeOf, ignoredHole, type Sample } from './learn-template.ts';
import type { Payload, Reading } from './protocol.ts';
import { createTemplate, type Hole, type Template } from './template.ts';

/** Of one reader: callers with so many ways to write the same. */
const TEMPLATES_MAX = 4;
/** Longer bodies are read ordinarily: JSON.parse is good at them, and a trial reads them again and again. */
const BODY_BYTES_MAX = 8192;
/** Scalars tried at one time: a few milliseconds. */
const TRIALS_MAX = 32;
/** Bodies without a template from one learning to the next: few while a template grows, then more and more. */
const PACE_MIN = 4;
const PACE_MAX = 4096;

export interface LearnedReader {
  /** @param headers name, value, ... with lower-case names */
  read(bytes: Uint8Array, headers: readonly string[]): Reading;
}

export interface LearnedReaderOptions {
  /** The protocol's own. */
  readonly ordinary: (payload: Payload) => Reading;
  /** Members that it may look at; null: any. */
  readonly looksAt: ReadonlySet<string> | null;
}

/** A template and what it was learned from. */
interface Known {
  readonly sample: Sample;
  /** By leaf: its hole; null where it was tried and is none. */
  readonly holes: Map<number, Hole | null>;
  template: Template;
}

export function createLearnedReader({ ordinary, looksAt }: LearnedReaderOptions): LearnedReader {
  /** The last that fitted comes first. */
  const templates: Known[] = [];
  let misses = 0;
  let wait = 0;
  let pace = PACE_MIN;

  function learn(bytes: Uint8Array, reading: Reading): void {
    if (bytes.length > BODY_BYTES_MAX || reading.kind !== 'table') return;
    misses += 1;
    if (misses < wait) return;
    misses = 0;
    const leaves = leavesOf(bytes);
    const known = leaves === null ? undefined : templates.find(({ sample }) => isOneForm(sample, bytes, leaves));
    if (leaves !== null && known === undefined) {
      templates.unshift(begin({ bytes: Uint8Array.from(bytes), leaves, table: reading.table }));
      templates.length = Math.min(templates.length, TEMPLATES_MAX);
    }
    const hasGrown = leaves !== null && known !== undefined && grow(known, bytes, leaves);
    wait = hasGrown ? PACE_MIN : pace;
    if (!hasGrown) pace = Math.min(pace * 2, PACE_MAX);
  }

  function begin(sample: Sample): Known {
    const holes = new Map<number, Hole | null>();
    sample.leaves.forEach((leaf, index) => {
      if (looksAt !== null && leaf.member !== null && !looksAt.has(leaf.member)) holes.set(index, ignoredHole(leaf));
    });
    return { sample, holes, template: templateOf(sample, holes) };
  }

  /** Make holes of scalars that differ in a body of the same form. @returns whether there are more of them now */
  function grow(known: Known, bytes: Uint8Array, leaves: readonly Leaf[]): boolean {
    const { sample, holes } = known;
    const before = holes.size;
    sample.leaves.forEach((leaf, index) => {
      const other = leaves[index];
      const isFull = holes.size >= before + TRIALS_MAX;
      if (other === undefined || isFull || holes.has(index) || isEqual(sample.bytes, leaf, bytes, other)) return;
      holes.set(
        index,
        holeOf(sample, leaf, (trial) => ordinary({ bytes: trial, headers: {} })),
      );
    });
    if (holes.size > before) known.template = templateOf(sample, holes);
    return holes.size > before;
  }

  return {
    read(bytes, headers) {
      const isPlain = isPlainJson(headers);
      for (let i = 0; isPlain && i < templates.length; i++) {
        const known = templates[i] as Known;
        const table = known.template.read(bytes);
        if (table === null) continue;
        if (i > 0) templates.unshift(...templates.splice(i, 1));
        return { kind: 'table', table };
      }
      const reading = ordinary({ bytes, headers: byName(headers) });
      if (isPlain) learn(bytes, reading);
      return reading;
    },
  };
}

function templateOf({ bytes, table }: Sample, holes: ReadonlyMap<number, Hole | null>): Template {
  const found = [...holes.values()].filter((hole) => hole !== null).sort((one, two) => one.start - two.start);
  return createTemplate(bytes, table, found);
}

/** Whether two bodies differ in nothing but scalars. */
function isOneForm(sample: Sample, bytes: Uint8Array, leaves: readonly Leaf[]): boolean {
  if (leaves.length !== sample.leaves.length) return false;
  let mine = 0;
  let other = 0;
  for (let i = 0; i <= leaves.length; i++) {
    const own = { start: mine, end: sample.leaves[i]?.start ?? sample.bytes.length };
    if (!isEqual(sample.bytes, own, bytes, { start: other, end: leaves[i]?.start ?? bytes.length })) return false;
    mine = sample.leaves[i]?.end ?? 0;
    other = leaves[i]?.end ?? 0;
  }
  return true;
}

type Span = Pick<Leaf, 'start' | 'end'>;

function isEqual(one: Uint8Array, { start, end }: Span, two: Uint8Array, other: Span): boolean {
  return Buffer.compare(one.subarray(start, end), two.subarray(other.start, other.end)) === 0;
}

/** No coding and no binary tensors: the bytes are the JSON text, and the headers say no more about it. */
function isPlainJson(headers: readonly string[]): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    if (name === 'content-encoding' || name === 'inference-header-content-length') return false;
    if (name === 'content-type' && headers[i + 1]?.startsWith('application/json') !== true) return false;
  }
  return true;
}

/** Of a repeated name the last counts. */
function byName(flat: readonly string[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < flat.length; i += 2) headers[flat[i] ?? ''] = flat[i + 1] ?? '';
  return headers;
}
