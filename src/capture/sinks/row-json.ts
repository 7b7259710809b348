// A row as one line of JSON, for systems that store rows: every column of the decision record, bodies as text. A body that is no
// UTF-8 is in a column of its own, so that each column has one type.

import type { CaptureRow } from '../row.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function rowJson({ request, response, sequence, ...columns }: CaptureRow): string {
  const [asked, answered] = [bodyOf(request), bodyOf(response)];
  return JSON.stringify({
    ...columns,
    sequence,
    request: asked.text,
    response: answered.text,
    request_base64: asked.base64,
    response_base64: answered.base64,
  });
}

function bodyOf(bytes: Uint8Array | null): { readonly text: string | null; readonly base64: string | null } {
  if (bytes === null) return { text: null, base64: null };
  try {
    return { text: utf8.decode(bytes), base64: null };
  } catch {
    return { text: null, base64: Buffer.from(bytes).toString('base64') };
  }
}
