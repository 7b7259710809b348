// Reads one HTTP/1.1 answer off a connection: just enough to know where it ends and what its status is. It trusts the
// candidates, which have been validated with a full client before.

export type Answer =
  | { readonly kind: 'partial' }
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'whole'; readonly status: number; readonly length: number; readonly close: boolean };

const PARTIAL: Answer = { kind: 'partial' };
const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** @param bytes everything received since the request was sent */
export function readAnswer(bytes: Buffer): Answer {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return PARTIAL;
  const head = bytes.toString('latin1', 0, headEnd + 2).toLowerCase();
  if (!head.startsWith('http/1.1 ')) return { kind: 'broken', why: `not an HTTP/1.1 answer: ${head.slice(0, 40)}` };
  const status = Number(head.slice(9, 12));
  const close = head.includes('\r\nconnection: close\r\n');
  const bodyStart = headEnd + HEAD_END.length;
  const contentLength = field(head, '\r\ncontent-length:');
  if (contentLength !== undefined) {
    const length = bodyStart + Number(contentLength);
    return bytes.length < length ? PARTIAL : { kind: 'whole', status, length, close };
  }
  if (field(head, '\r\ntransfer-encoding:') !== 'chunked') return { kind: 'broken', why: 'an answer without a length' };
  // The workload's answers are JSON without line breaks, so these bytes can only be the last chunk.
  const last = bytes.indexOf(LAST_CHUNK, bodyStart);
  return last < 0 ? PARTIAL : { kind: 'whole', status, length: last + LAST_CHUNK.length, close };
}

function field(head: string, name: string): string | undefined {
  const start = head.indexOf(name);
  return start < 0 ? undefined : head.slice(start + name.length, head.indexOf('\r\n', start + 2)).trim();
}
