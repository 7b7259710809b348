// The JSON Schema that editors complete from: pinned as a whole, and every key of it says what it does.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSchema } from '../../src/commands/schema.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';

const GOLDEN = join(import.meta.dirname, '../golden/config/headgate.schema.json');

/** Paths of the keys without a description. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const missing: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (key !== 'properties') missing.push(...undescribed(value, path));
    else {
      for (const [name, property] of Object.entries(value as Record<string, { description?: string }>)) {
        if ((property.description ?? '') === '') missing.push(`${path}.${name}`);
        missing.push(...undescribed(property, `${path}.${name}`));
      }
    }
  }
  return missing;
}

describe('headgate schema', () => {
  it('prints the schema that is pinned', async () => {
    let text = '';
    const code = await runSchema({
      stdout: {
        write: (piece) => {
          text += piece;
        },
      },
    });
    expect(code).toBe(0);
    await expect(text).toMatchFileSnapshot(GOLDEN);
  });

  it('describes every key', () => expect(undescribed(configJsonSchema(), '')).toEqual([]));

  it('allows no key that it does not know', () => {
    const text = JSON.stringify(configJsonSchema(), null, 1);
    expect(text.match(/"properties": \{/g)?.length).toBe(text.match(/"additionalProperties": false/g)?.length);
  });

  it('completes the defaults', () => {
    const { properties } = configJsonSchema() as {
      properties: Record<string, { properties: Record<string, unknown> }>;
    };
    expect(properties.admin?.properties.port).toMatchObject({ default: 9090 });
  });
});
