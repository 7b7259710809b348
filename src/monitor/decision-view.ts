// One decision as people and programs read it over the admin API: its rows, with bodies as text where they are text.

import type { DecisionView } from '../admin/view.ts';
import type { CaptureRow } from '../capture/row.ts';
import type { FoundOutcomes } from '../outcomes/find-outcomes.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @param rows of one decision, one at least */
export function decisionView(
  decision: string,
  rows: readonly CaptureRow[],
  { outcomes, truncated }: FoundOutcomes,
): DecisionView {
  return {
    decision,
    calls: rows.map((row) => ({ ...row, request: shown(row.request), response: shown(row.response) })),
    outcomes: outcomes.map(({ name, value, at, key }) => ({ name, value, at: new Date(at).toISOString(), key })),
    truncated,
  };
}

/** Text where the bytes are UTF-8, else `{ base64 }`. */
function shown(bytes: Uint8Array | null): string | { readonly base64: string } | null {
  if (bytes === null) return null;
  try {
    return utf8.decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}
