// The name of a configuration's content: equal on every replica that read the same files, whatever the order of their keys
// and whatever each replica's environment holds. What came from the environment enters as its reference, files as their hash,
// and a secret by the names of its variables alone: the generation is shown to everybody, and a hash can be guessed at.

import { createHash } from 'node:crypto';
import { referencesIn } from './interpolate.ts';
import { child, type Located } from './located.ts';

/** Changes with the meaning of the hash's input. */
const FORMAT = 'headgate-plan-2';

/** Where secrets stand, below the gate or below a model; `*` is any key. A test holds this against the schema. */
export const SECRETS: readonly (readonly string[])[] = [
  ['admin', 'token'],
  ['telemetry', 'traces', 'headers', '*'],
  ['captures', 'sinks', '*', 'headers', '*'],
  ['captures', 'sinks', '*', 'sasl', 'password'],
  ['captures', 'sinks', '*', 'credentials', 'secretAccessKey'],
  ['captures', 'sinks', '*', 'credentials', 'sessionToken'],
  ['alarms', 'webhooks', '*', 'url'],
  ['alarms', 'webhooks', '*', 'headers', '*'],
  ['alarms', 'webhooks', '*', 'secret'],
  ['versions', '*', 'auth', 'token'],
  ['versions', '*', 'auth', 'value'],
  ['capture', 'hashKey'],
];

export interface Content {
  readonly gate: unknown;
  readonly models: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
}

/** 16 hex digits. */
export function generationOf(content: Content): string {
  return createHash('sha256')
    .update(`${FORMAT}\n${canonical(content)}`)
    .digest('hex')
    .slice(0, 16);
}

/** A value with its defaults, as the schema gives it: what came from the environment as it was written, and no secret. */
export function shareable(value: unknown, node: Located): unknown {
  return SECRETS.reduce((all, place) => withoutSecret(all, node, place), withReferences(value, node));
}

function withoutSecret(value: unknown, node: Located | undefined, [key, ...below]: readonly string[]): unknown {
  if (value === undefined || value === null) return value;
  if (key === undefined) return { secret: node?.kind === 'scalar' && node.interpolated ? referencesIn(node.text) : [] };
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isMeant = key === '*' || key === name;
      return [name, isMeant ? withoutSecret(inner, child(node, name), below) : inner];
    }),
  );
}

function withReferences(value: unknown, node: Located | undefined): unknown {
  if (node === undefined || !node.interpolated) return value;
  if (node.kind === 'scalar') return node.text;
  if (node.kind === 'list' && Array.isArray(value) && value.length === node.items.length) {
    return value.map((item, index) => withReferences(item, node.items[index]));
  }
  if (node.kind === 'map' && isPlain(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, below]) => [key, withReferences(below, node.entries.get(key))]),
    );
  }
  // Several shapes of one value: the written one stands for it.
  return written(node);
}

function written(node: Located): unknown {
  if (node.kind === 'scalar') return node.interpolated ? node.text : node.value;
  if (node.kind === 'list') return node.items.map(written);
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, written(value)]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isPlain(value)) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}
