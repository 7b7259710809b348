// An outcome: what turned out to be true later, tied to a decision or to a unit of a model. This file reads one from JSON and says
// what is wrong with it; where outcomes go is outcome-log.ts's.

import { createHash } from 'node:crypto';
import { UNIT_BYTES_MAX } from '../model.ts';

export interface Outcome {
  /** Two outcomes with one key are one outcome: the first counts. */
  readonly key: string;
  readonly decision_id: string | null;
  readonly model: string | null;
  readonly unit: string | null;
  /** What it is about: `default`, `revenue`, ... */
  readonly name: string;
  /** A number, or the text or truth of a label. */
  readonly value: number | string | boolean;
  /** Unix ms at which it became true. */
  readonly at: number;
}

export type OutcomeReading =
  | { readonly ok: true; readonly outcome: Outcome }
  | { readonly ok: false; readonly problem: string };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const DECISION_ID = /^[\x21-\x7e]{1,128}$/;
const KEYS: ReadonlySet<string> = new Set(['key', 'decision_id', 'model', 'unit', 'name', 'value', 'at']);
const LABEL_CHARACTERS_MAX = 1024;

/** @param nowMs the time of an outcome that names none */
export function readOutcome(raw: unknown, nowMs: number): OutcomeReading {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return wrong('it is not a JSON object');
  const given = raw as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((key) => !KEYS.has(key));
  if (unknown !== undefined)
    return wrong(`${JSON.stringify(unknown.slice(0, 100))} is no key of an outcome; use ${[...KEYS].join(', ')}`);
  const { decision_id = null, model = null, unit = null, name, value, at = null, key = null } = given;
  const subject = subjectProblem(decision_id, model, unit);
  if (subject !== null) return wrong(subject);
  if (typeof name !== 'string' || !NAME.test(name))
    return wrong('name is what it is about: up to 128 letters, digits, dots, dashes and underscores');
  const isValue =
    (typeof value === 'number' && Number.isFinite(value)) ||
    typeof value === 'boolean' ||
    (typeof value === 'string' && value.length <= LABEL_CHARACTERS_MAX);
  if (!isValue)
    return wrong(`value is a finite number, true, false, or a text of up to ${LABEL_CHARACTERS_MAX} characters`);
  // JSON.parse has rounded it by now; as a text it keeps its digits.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return wrong('value is a whole number beyond 2^53, which would be rounded; put it in quotes to keep its digits');
  const time = timeOf(at);
  if (time === undefined) return wrong('at is a time: ISO 8601 with its zone, or milliseconds since 1970');
  if (key !== null && (typeof key !== 'string' || !DECISION_ID.test(key)))
    return wrong('key is 1 to 128 visible ASCII characters');
  const subjectOf = { decision_id, model, unit } as Pick<Outcome, 'decision_id' | 'model' | 'unit'>;
  // Without a time there is one outcome of a name for a subject: sent again, it is the same.
  const made = key ?? hash([decision_id, model, unit, name, time]);
  return { ok: true, outcome: { key: made, ...subjectOf, name, value: value as Outcome['value'], at: time ?? nowMs } };
}

function subjectProblem(decisionId: unknown, model: unknown, unit: unknown): string | null {
  if (decisionId !== null) {
    if (typeof decisionId !== 'string' || !DECISION_ID.test(decisionId))
      return 'decision_id is 1 to 128 visible ASCII characters';
  } else if (model === null || unit === null) return 'it names neither a decision_id nor a model and a unit';
  if (model !== null && (typeof model !== 'string' || !NAME.test(model))) return 'model is the name of a model';
  if (unit === null) return null;
  const isUnit = typeof unit === 'string' && unit !== '' && Buffer.byteLength(unit) <= UNIT_BYTES_MAX;
  return isUnit ? null : `unit is a text of up to ${UNIT_BYTES_MAX} bytes`;
}

/** null: none given; undefined: none that can be read. */
function timeOf(at: unknown): number | null | undefined {
  if (at === null) return null;
  const isZoned = typeof at === 'string' && /^\d{4}-\d{2}-\d{2}T.+(?:Z|[+-]\d{2}:?\d{2})$/.test(at);
  const ms = typeof at === 'number' ? at : isZoned ? Date.parse(at) : Number.NaN;
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? ms : undefined;
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function wrong(problem: string): OutcomeReading {
  return { ok: false, problem };
}
