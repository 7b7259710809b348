// Rows of captured decisions: features of what was answered, shadows left out, since these repeat them; predictions by the version
// that made them, in whatever role. What is not compacted yet is included.

import { type Database, named, quoted } from '../../capture/store/database.ts';
import type { TypedColumn } from '../../capture/store/feature-types.ts';
import { takeSnapshot } from '../../capture/store/snapshot.ts';
import { FEATURES_MAX } from '../../drift/baseline/baseline.ts';
import { cast, type Gathered, quarterOf, type Relation, type RelationColumn, Unusable } from './relation.ts';

export interface CapturedRows {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** A folder of the caller's. */
  readonly folder: string;
  readonly model: string;
  /** ISO times; null: no bound. */
  readonly from: string | null;
  readonly until: string | null;
  /** null: all. */
  readonly version: string | null;
  readonly role: string | null;
  readonly progress: (done: number, total: number) => void;
}

/** As drift reads them: what came with an error is no prediction, nor do its features count. */
const GOOD = 'status > 0 AND status < 400 AND error IS NULL';
const VERSIONS_MAX = 50;
/** Of a version, about: enough to see which features its predictions follow. */
const PAIRED_CALLS = 20_000;

/** @throws Unusable */
export async function capturedRows(database: Database, asked: CapturedRows): Promise<Gathered> {
  const { model, from, until, version, role } = asked;
  const snapshot = await takeSnapshot(asked);
  const where = [
    `model = ${quoted(model)} AND ${GOOD}`,
    ...(from === null ? [] : [`"at" >= TIMESTAMPTZ ${quoted(from)}`]),
    ...(until === null ? [] : [`"at" < TIMESTAMPTZ ${quoted(until)}`]),
    ...(version === null ? [] : [`version = ${quoted(version)}`]),
    ...(role === null ? [] : [`role = ${quoted(role)}`]),
  ].join(' AND ');
  await database.run(`CREATE VIEW called AS SELECT * FROM (${snapshot.select}) WHERE ${where}`);
  const types = snapshot.typesOf(model);
  const [about] = await database.rows('SELECT count(*) AS calls, count(features) AS untyped FROM called');
  if (Number(about?.calls ?? 0) === 0) throw new Unusable(noCalls(asked));
  const features = types.filter(({ side }) => side === 'features');
  const primary = role === 'shadow' ? 'true' : "role <> 'shadow'";
  const relations = [await relationOf(database, 'measured', primary, features, null)];
  const predictions = types.filter(({ side }) => side === 'predictions');
  const pairs: Relation[] = [];
  const versions = await database.rows(
    `SELECT version, count(*) AS n FROM called GROUP BY version ORDER BY count(*) DESC LIMIT ${VERSIONS_MAX}`,
  );
  for (const [i, row] of versions.entries()) {
    const own = String(row.version);
    const isOwn = `version = ${quoted(own)}`;
    relations.push(await relationOf(database, `predicted_${i}`, isOwn, predictions, own));
    if (features.length === 0 || predictions.length === 0) continue;
    const every = Math.ceil(Number(row.n) / PAIRED_CALLS);
    const some = `${isOwn} AND hash(decision_id) % ${every} = 0`;
    pairs.push(await relationOf(database, `paired_${i}`, some, [...features, ...predictions], own));
  }
  const used = relations.filter(({ columns }) => columns.length > 0);
  if (used.length === 0) throw new Unusable(NO_FEATURES);
  const [found] = await database.rows(
    'SELECT count(*) AS n, epoch_ms(min("at")) AS low, epoch_ms(max("at")) AS high FROM called',
  );
  const counted = await database.rows(`SELECT count(*) AS n FROM ${used[0]?.table ?? ''}`);
  const rows = Number(counted[0]?.n ?? 0);
  const columns = used.reduce((sum, relation) => sum + relation.columns.length, 0);
  if (columns > FEATURES_MAX)
    throw new Unusable(
      `${columns} columns in ${used.length - 1} versions, more than the ${FEATURES_MAX} a baseline holds; name one with --of`,
    );
  const notes =
    Number(about?.untyped ?? 0) > 0
      ? ['features that the store keeps as JSON only (beyond 1000 columns) are left out']
      : [];
  if (snapshot.damagedBytes > 0) notes.push(`${snapshot.damagedBytes} bytes of segments are damaged and left out`);
  return { relations: used, pairs, rows, timed: rows, first: Number(found?.low), last: Number(found?.high), notes };
}

function noCalls({ model, from, until, version, role, data }: CapturedRows): string {
  const bounds = [
    ...(from === null ? [] : [`from ${from}`]),
    ...(until === null ? [] : [`until ${until}`]),
    ...(version === null ? [] : [`of version ${version}`]),
    ...(role === null ? [] : [`in the role ${role}`]),
  ].join(' ');
  return `${data}: no answered decision of ${model} is on record${bounds === '' ? '' : ` ${bounds}`}`;
}

const NO_FEATURES =
  'The decisions on record have no features: capture.bodies is none, or the protocol reads none. Use training data: --from FILE.';

async function relationOf(
  database: Database,
  table: string,
  where: string,
  types: readonly TypedColumn[],
  version: string | null,
): Promise<Relation> {
  const columns: RelationColumn[] = types.map(({ side, name, type }, i) => ({
    side: side === 'features' ? 'request' : 'response',
    name,
    version,
    column: `c${i}`,
    type: type === 'BOOLEAN' ? 'boolean' : type === 'VARCHAR' ? 'text' : 'number',
    missing: `m${i}`,
  }));
  if (columns.length === 0) return { table, columns };
  // Lists are taken apart side by side; a call that lacks a column has rows all the same.
  const lists = types.map(({ column }, i) => `unnest(${named(column)}) AS c${i}, (${named(column)} IS NULL) AS m${i}`);
  const any = types.map(({ column }) => `${named(column)} IS NOT NULL`).join(' OR ');
  const rows = `SELECT ${quarterOf('"at"')} AS quarter, ${lists.join(', ')} FROM called WHERE (${where}) AND (${any})`;
  const casts = columns.map(({ column, type, missing }) => `${cast(column, type)} AS ${column}, ${missing}`);
  await database.run(`CREATE TABLE ${table} AS SELECT quarter, ${casts.join(', ')} FROM (${rows})`);
  const asked = columns.map(({ missing }) => `coalesce(bool_or(${missing}), false) AS ${missing}`);
  const [found] = await database.rows(`SELECT count(*) AS n, ${asked.join(', ')} FROM ${table}`);
  if (Number(found?.n ?? 0) === 0) return { table, columns: [] };
  return {
    table,
    columns: columns.map((column) => (found?.[column.missing ?? ''] === true ? column : { ...column, missing: null })),
  };
}
