// A body of an exchange record as the protocols read it: one run of bytes, and headers by name.

import type { Payload } from '../protocols/protocol.ts';

const EMPTY = new Uint8Array(0);

/** @param flat name, value, ... with lower-case names, as exchange records carry them; of a repeated name the last counts */
export function payloadOf(pieces: readonly Uint8Array[], flat: readonly string[]): Payload {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < flat.length; i += 2) headers[flat[i] ?? ''] = flat[i + 1] ?? '';
  return { bytes: joined(pieces), headers };
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length > 1 ? Buffer.concat(pieces) : (pieces[0] ?? EMPTY);
}
