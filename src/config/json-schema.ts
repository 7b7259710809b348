// The JSON Schema that editors complete from. It describes what a person writes; a reference to the environment may stand
// where a number or a pattern is expected, which only the loader can judge.

import { z } from 'zod';
import { configSchema } from './schema.ts';

const REFERENCE = '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}';

/** JSON Schema, draft 2020-12. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => allowReference(jsonSchema),
  });
  return { title: 'Headgate configuration', ...schema };
}

/** Runs once for every wrapping of a value, so it leaves alone what it has changed already. */
function allowReference(schema: z.core.JSONSchema.BaseSchema): void {
  const { pattern, type } = schema;
  if (pattern !== undefined && !pattern.endsWith(REFERENCE)) schema.pattern = `${pattern}|${REFERENCE}`;
  const simple = type === 'integer' || type === 'number' || type === 'boolean' || schema.enum !== undefined;
  if (simple && schema.anyOf === undefined) orReference(schema);
}

/** What describes the value goes below anyOf; description and default stay where editors look for them. */
function orReference(schema: z.core.JSONSchema.BaseSchema): void {
  const own: Record<string, unknown> = {};
  for (const key of ['type', 'enum', 'minimum', 'maximum'] as const) {
    if (schema[key] === undefined) continue;
    own[key] = schema[key];
    delete schema[key];
  }
  schema.anyOf = [own, { type: 'string', pattern: `^${REFERENCE}$` }];
}
