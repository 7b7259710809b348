// Every key of the configuration as a row of documentation, read from the JSON Schema that editors complete from.

import { configJsonSchema } from '../../src/config/json-schema.ts';

export interface KeyRow {
  /** `models.NAME.mirror.NAME.share`: a name in capitals is the reader's own. */
  readonly path: string;
  /** As YAML, or in words; empty where there is none. */
  readonly byDefault: string;
  readonly meaning: string;
}

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Keys that only hold other keys have no row of their own. */
export function schemaKeys(): KeyRow[] {
  const root = configJsonSchema() as Schema;
  return rows(root, '', root).filter(({ path }) => !path.startsWith('defaults.'));
}

/** The row as the tables of docs/configuration.md have it: keys of a model begin below its name. */
export function tableRow({ path, byDefault, meaning }: KeyRow): string {
  return `| \`${path.replace(/^models\.NAME\./, '')}\` | ${byDefault} | ${meaning.replaceAll('|', '\\|')} |`;
}

function rows(schema: Schema, path: string, root: Schema): KeyRow[] {
  const found = new Map<string, KeyRow>();
  for (const variant of variants(schema, root)) {
    for (const [name, value] of Object.entries(variant.properties ?? {})) {
      for (const row of keyRows(value, path === '' ? name : `${path}.${name}`, root)) {
        const other = found.get(row.path)?.meaning ?? row.meaning;
        found.set(row.path, other === row.meaning ? row : { ...row, meaning: `${other} Or: ${row.meaning}` });
      }
    }
    if (typeof variant.additionalProperties === 'object') {
      for (const row of rows(variant.additionalProperties, `${path}.NAME`, root)) found.set(row.path, row);
    }
    if (variant.items !== undefined) for (const row of rows(variant.items, `${path}[]`, root)) found.set(row.path, row);
  }
  return [...found.values()];
}

function keyRows(value: Schema, path: string, root: Schema): KeyRow[] {
  const below = rows(value, path, root);
  const isGroup = below.length > 0 && variants(value, root).every((variant) => variant.properties !== undefined);
  const { description = '', default: byDefault } = value;
  const [meaning = '', inWords = ''] = description.split(/ Default: (.*?)\.?$/);
  const row = { path, byDefault: byDefault === undefined ? inWords : `\`${yaml(byDefault)}\``, meaning };
  return isGroup && inWords === '' ? below : [row, ...below];
}

function variants(schema: Schema, root: Schema): readonly Schema[] {
  const name = schema.$ref?.split('/').at(-1);
  const target = name === undefined ? schema : root.definitions?.[name];
  if (target === undefined) throw new Error(`the schema names ${schema.$ref}, which it does not hold`);
  const several = target.anyOf ?? target.oneOf;
  return several === undefined ? [target] : several.flatMap((one) => variants(one, root));
}

function yaml(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
