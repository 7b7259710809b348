// What a baseline knows of a column beyond its bins: the type of its values, whether it may lack one, and how far its numbers went.
// Live rows are held against it from the first one on (schema-check.ts).

export const COLUMN_TYPES = ['integer', 'number', 'text', 'boolean', 'mixed', 'empty'] as const;
/** integer: numbers that are whole; mixed: of several types; empty: never a value. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

export interface ColumnSchema {
  readonly type: ColumnType;
  /** Whether rows were null or lacked the column. */
  readonly nullable: boolean;
  /** Least and greatest finite number; null where there is none. */
  readonly range: readonly [number, number] | null;
}
