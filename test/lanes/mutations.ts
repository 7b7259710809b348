// Bytes near to being valid HTTP, as latin1 text: what a fuzzer knows about the grammar, shared by requests and answers.

import fc from 'fast-check';

/** What makes two parsers disagree, in a few bytes. */
const PIECES = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\n\n',
  '\r\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ' :',
  ',',
  ';',
  '/',
  '#',
  '-',
  '+',
  '0',
  '9',
  'f',
  'x',
  '"',
  '\x0b',
  '\x7f',
  '\x80',
  '\xa0',
  '\xff',
  'chunked',
  'HTTP/1.0',
  'HTTP/1.1',
  '\r\n folded',
  '\r\nContent-Length: 0',
  '\r\nContent-Length: 5',
  '\r\nTransfer-Encoding: chunked',
  '\r\nTransfer-Encoding: gzip, chunked',
  '\r\nConnection: close',
  '\r\nConnection: keep-alive, x-a',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
] as const;

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(1 << 20),
  remove: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 4 })),
  insert: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES)),
});

function applied(text: string, edits: readonly Edit[]): string {
  let out = text;
  for (const { at, remove, insert } of edits) {
    const position = at % (out.length + 1);
    out = out.slice(0, position) + insert + out.slice(position + remove);
  }
  return out;
}

/** The text with one to three edits. */
export function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(text, fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([original, edits]) => applied(original, edits));
}

/** Where bytes are cut on their way: nowhere, in a few places, or everywhere. */
export type Cuts = readonly number[] | 'every';

export const cuts: fc.Arbitrary<Cuts> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 4, arbitrary: fc.array(fc.nat(1 << 20), { minLength: 1, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.constant('every' as const) },
);

/** At most this many pieces, so that a long body cut everywhere stays quick. */
const PIECES_MAX = 150;

export function pieces(text: string, at: Cuts): string[] {
  if (text.length === 0) return [];
  const step = Math.max(1, Math.ceil(text.length / PIECES_MAX));
  const ends =
    at === 'every'
      ? Array.from({ length: Math.ceil(text.length / step) }, (_, i) => (i + 1) * step)
      : at.map((n) => n % text.length);
  const sorted = [...new Set([...ends.filter((end) => end > 0 && end < text.length), text.length])].sort(
    (a, b) => a - b,
  );
  return sorted.map((end, i) => text.slice(sorted[i - 1] ?? 0, end));
}

export const token: fc.Arbitrary<string> = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);

/** Visible, with blanks inside; now and then with bytes above ASCII. */
export const value: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[\x21-\x7e](?:[\t\x20-\x7e]{0,20}[\x21-\x7e])?$/) },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.stringMatching(/^[\x21-\x7e\xa0-\xff]{1,10}$/) },
);

export const blank: fc.Arbitrary<string> = fc.constantFrom(' ', '', '\t', '  ', ' \t ');

/** A body as chunks, with the odd extension and trailers. */
export function chunked(body: string, sizes: readonly number[], more: { extension: string; trailers: string }): string {
  let out = '';
  let at = 0;
  for (const size of sizes) {
    const piece = body.slice(at, at + size);
    if (piece === '') break;
    at += piece.length;
    out += `${piece.length.toString(16)}${more.extension}\r\n${piece}\r\n`;
  }
  const rest = body.slice(at);
  if (rest !== '') out += `${rest.length.toString(16).toUpperCase()}\r\n${rest}\r\n`;
  return `${out}0${more.extension}\r\n${more.trailers}\r\n`;
}

export const chunking = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 5 }),
  extension: fc.constantFrom('', '', '', ';a', ';a=b', ';a="b;c"', ' ;x'),
  trailers: fc.constantFrom('', '', '', 'X-T: 1\r\n', 'X-T: 1\r\nX-U:\r\n', 'X-T: caf\xe9 \r\n'),
});
