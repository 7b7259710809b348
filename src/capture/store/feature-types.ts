// Which typed column of the store a feature or a prediction gets. Types are few and only ever widen, so that the files of many
// days can be read as one table: a number is DOUBLE from its first day on, whether or not it was whole that day.
//
//   BOOLEAN   true, false
//   DOUBLE    numbers
//   BIGINT    whole numbers, once one beyond 2^53 has come, which a double would change
//   VARCHAR   everything else, and whatever comes in two kinds

export type ColumnType = 'BOOLEAN' | 'DOUBLE' | 'BIGINT' | 'VARCHAR';
export type Side = 'features' | 'predictions';

export interface TypedColumn {
  readonly side: Side;
  /** As the protocol read it. */
  readonly name: string;
  /** In the files: f_NAME or p_NAME, with a number behind where two names differ in case only. */
  readonly column: string;
  readonly type: ColumnType;
  /** Whether a DOUBLE has held a number that is not whole. */
  readonly fractional: boolean;
}

/** Cells of one side as a row holds them, 64-bit integers as bigint. */
export type SeenCells = Readonly<Record<string, readonly unknown[]>>;

export interface ModelTypes {
  /** Learn from the cells of one call. @returns the names among them that have no column: too many, or not fit for one */
  see(side: Side, cells: SeenCells): readonly string[];
  readonly columns: readonly TypedColumn[];
  /** Whether something was learned since this was made. */
  readonly isChanged: boolean;
}

/** Names come from callers; what is beyond goes into the JSON columns `features` and `predictions`. */
const COLUMNS_MAX = 1000;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
// biome-ignore lint/suspicious/noControlCharactersInRegex: names that no SQL text can hold
const UNFIT = /[\x00-\x1f\x7f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

interface Learned {
  readonly side: Side;
  readonly name: string;
  readonly column: string;
  type: ColumnType | null;
  fractional: boolean;
}

export function createModelTypes(known: readonly TypedColumn[]): ModelTypes {
  const sides: Record<Side, Map<string, Learned>> = { features: new Map(), predictions: new Map() };
  const taken = new Set<string>();
  let isChanged = false;
  for (const column of known) {
    sides[column.side].set(column.name, { ...column });
    taken.add(column.column.toLowerCase());
  }

  function columnFor(side: Side, name: string): Learned | undefined {
    const found = sides[side].get(name);
    if (found !== undefined) return found;
    if (taken.size >= COLUMNS_MAX || UNFIT.test(name)) return undefined;
    const stem = `${side === 'features' ? 'f' : 'p'}_${name}`;
    let column = stem;
    // SQL knows no case in names.
    for (let i = 2; taken.has(column.toLowerCase()); i++) column = `${stem}_${i}`;
    const made: Learned = { side, name, column, type: null, fractional: false };
    taken.add(column.toLowerCase());
    sides[side].set(name, made);
    return made;
  }

  return {
    see(side, cells) {
      let left: string[] | null = null;
      for (const name in cells) {
        const column = columnFor(side, name);
        if (column === undefined) {
          left ??= [];
          left.push(name);
        } else if (learn(column, cells[name] ?? [])) isChanged = true;
      }
      return left ?? NONE;
    },
    get columns() {
      return [...sides.features.values(), ...sides.predictions.values()].flatMap(({ type, ...rest }) =>
        type === null ? [] : [{ ...rest, type }],
      );
    },
    get isChanged() {
      return isChanged;
    },
  };
}

const NONE: readonly string[] = [];

/** @returns whether the column is another now */
function learn(column: Learned, values: readonly unknown[]): boolean {
  const { type, fractional } = column;
  for (const value of values) {
    if (typeof value === 'number' && column.type === 'DOUBLE') {
      if (!column.fractional && !Number.isInteger(value)) column.fractional = true;
    } else if (value !== null && value !== undefined) {
      if (typeof value === 'number' && !Number.isInteger(value)) column.fractional = true;
      column.type = widened(column, value);
    }
  }
  return column.type !== type || column.fractional !== fractional;
}

function widened({ type, fractional }: Learned, value: unknown): ColumnType {
  const own = typeOf(value);
  if (type === null || type === own) return own === 'BIGINT' && fractional ? 'VARCHAR' : own;
  if (type === 'DOUBLE' && own === 'BIGINT') return fractional ? 'VARCHAR' : 'BIGINT';
  if (type === 'BIGINT' && own === 'DOUBLE') return Number.isInteger(value) ? 'BIGINT' : 'VARCHAR';
  return 'VARCHAR';
}

function typeOf(value: unknown): ColumnType {
  if (typeof value === 'number') return 'DOUBLE';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'bigint') return value <= INT64_MAX && value >= INT64_MIN ? 'BIGINT' : 'VARCHAR';
  return 'VARCHAR';
}
