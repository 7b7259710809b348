// The sticky key: where a request carries its unit, and how its bytes are taken. Header, cookie and query values count as the
// bytes sent; a string in a JSON body as the UTF-8 of its decoded text; a number as its exact source text.

import type { StickyPlan } from '../config/plan.ts';
import { headerOf } from '../http/head.ts';
import { cookieValue, queryValue } from '../http/target.ts';
import { UNIT_BYTES_MAX } from '../model.ts';
import type { Unit } from './assign.ts';
import { type Found, type Places, scanPlaces } from './json-scan.ts';
import type { Attributes } from './rules.ts';

const NOTHING: readonly undefined[] = [];

/**
 * What the split looks at in a body, in one scan.
 * @param body the whole body where it was held, else null
 */
export function readPlaces(places: Places | null, body: Uint8Array | null): readonly (Found | undefined)[] {
  return places === null || body === null ? NOTHING : scanPlaces(body, places);
}

/** @returns null where the key is absent, empty, too long, or not a string or number */
export function unitOf(source: StickyPlan['source'], { rawHeaders, target, body }: Attributes): Unit | null {
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
      const found = body[0];
      return found?.isKey === true ? fromBytes(Buffer.from(found.text, 'utf8')) : null;
    }
  }
}

function fromLatin1(value: string | undefined): Unit | null {
  if (value === undefined) return null;
  const bytes = Buffer.from(value, 'latin1');
  // What is all ASCII is its own text.
  return isAscii(value) && value.length > 0 && value.length <= UNIT_BYTES_MAX
    ? { bytes, text: value }
    : fromBytes(bytes);
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 127) return false;
  return true;
}

/** @returns null where no request can have these bytes as its unit */
export function fromBytes(bytes: Uint8Array | undefined): Unit | null {
  if (bytes === undefined || bytes.length === 0 || bytes.length > UNIT_BYTES_MAX) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return { bytes, text };
}
