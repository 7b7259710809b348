// What a baseline is measured from, once it lies in DuckDB: tables whose columns have been brought to numbers, texts and booleans,
// with the quarter of an hour of each row. file-rows.ts and captured-rows.ts make them, measure.ts reads them.

import type { Side } from '../../drift/baseline/baseline.ts';

export interface Relation {
  /** Of the table or view; its quarters are in the column `quarter`, NULL where a row has no time. */
  readonly table: string;
  readonly columns: readonly RelationColumn[];
}

export interface RelationColumn {
  readonly side: Side;
  /** As the gate will see it. */
  readonly name: string;
  /** Of predictions that are those of one version. */
  readonly version: string | null;
  /** In the table. */
  readonly column: string;
  readonly type: 'number' | 'text' | 'boolean';
  /** A column that is true where a row lacked this one altogether; null: none does. */
  readonly missing: string | null;
}

export interface Gathered {
  readonly relations: readonly Relation[];
  /** Tables that have features and predictions of the same rows side by side, one for each version that is told apart. */
  readonly pairs: readonly Relation[];
  /** Of the features, and how many of them have a time. */
  readonly rows: number;
  readonly timed: number;
  /** Unix milliseconds, to a quarter of an hour; null where no row has a time. */
  readonly first: number | null;
  readonly last: number | null;
  /** What a person ought to know of it. */
  readonly notes: readonly string[];
}

/** What cannot be measured, in words for a person. */
export class Unusable extends Error {}

export const QUARTER_MS = 900_000;

/** The quarter of an hour that a TIMESTAMPTZ lies in. */
export const quarterOf = (sql: string): string => `CAST(floor(epoch_ms(${sql}) / ${QUARTER_MS}) AS INTEGER)`;

/** What a type of DuckDB's is taken for; null: nothing that a column of a model could be. */
export function kindOf(type: string): RelationColumn['type'] | null {
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  return /^(VARCHAR|ENUM\(.*\)|DATE|TIME|TIMESTAMP.*|UUID)$/.test(type) && !type.endsWith('[]') ? 'text' : null;
}

const CASTS = { number: 'DOUBLE', text: 'VARCHAR', boolean: 'BOOLEAN' } as const;
export const cast = (sql: string, type: RelationColumn['type']): string => `CAST(${sql} AS ${CASTS[type]})`;
