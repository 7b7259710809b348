// The sticky key: where a request carries its unit, and how its bytes are taken. Header, cookie and query values count as the
// bytes sent; a string in a JSON body as the UTF-8 of its decoded text; a number as its exact source text.

import type { StickyPlan } from '../config/plan.ts';
import { headerOf } from '../http/head.ts';
import { cookieValue, queryValue } from '../http/target.ts';
import type { Unit } from './assign.ts';
import { scanPointer } from './json-scan.ts';

/** Longer keys are taken for absent: no business key is this long, and a record must hold it. */
export const UNIT_BYTES_MAX = 1024;

export interface UnitSource {
  readonly rawHeaders: readonly string[];
  readonly target: string;
  /** The whole body where it was held, else null. */
  readonly body: Uint8Array | null;
}

/** @returns null where the key is absent, empty, too long, or not a string or number */
export function unitOf(source: StickyPlan['source'], { rawHeaders, target, body }: UnitSource): Unit | null {
  switch (source.kind) {
    case 'header':
      return fromLatin1(headerOf(rawHeaders, source.name));
    case 'cookie': {
      const header = headerOf(rawHeaders, 'cookie');
      return fromLatin1(header === undefined ? undefined : cookieValue(header, source.name));
    }
    case 'query':
      return fromBytes(queryValue(target, source.name));
    case 'body': {
      const text = body === null ? undefined : scanPointer(body, source.tokens);
      return text === undefined ? null : fromBytes(Buffer.from(text, 'utf8'));
    }
  }
}

function fromLatin1(value: string | undefined): Unit | null {
  return value === undefined ? null : fromBytes(Buffer.from(value, 'latin1'));
}

function fromBytes(bytes: Uint8Array | undefined): Unit | null {
  if (bytes === undefined || bytes.length === 0 || bytes.length > UNIT_BYTES_MAX) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return { bytes, text };
}
