// `headgate schema`: the JSON Schema of the configuration, for editors.

import { configJsonSchema } from '../config/json-schema.ts';
import { EXIT } from './exit-codes.ts';

interface Output {
  write(text: string): unknown;
}

/** @returns the exit code */
export async function runSchema({ stdout }: { readonly stdout: Output }): Promise<number> {
  stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return EXIT.ok;
}
