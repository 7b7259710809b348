// The OpenAPI document as its readers take it: fetched, and each schema turned into a validator.

import { z } from 'zod';

export type Schema = z.core.JSONSchema.JSONSchema;
interface Operation {
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { readonly schema: Schema }> }
  >;
  readonly security?: readonly unknown[];
}
export interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

export const documentOf = async (get: (path: string) => Promise<Response>) =>
  (await (await get('/openapi.json')).json()) as Document;

/** A validator for a schema of the document itself: what a client generated from it would expect. */
export function validator(document: Document, schema: Schema) {
  const text = JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/');
  const defs = JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/');
  return z.fromJSONSchema({ ...(JSON.parse(text) as Schema), $defs: JSON.parse(defs) as Record<string, Schema> });
}
