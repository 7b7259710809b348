// HTML and SVG as text. Names of columns, categories and models are the callers': what is not made by `raw` is escaped, so that
// nothing of theirs can become an element.

/** Text that is markup already. */
export interface Markup {
  readonly markup: string;
}

export type Piece = Markup | string | number | null | readonly Piece[];

export function raw(markup: string): Markup {
  return { markup };
}

/** A template whose values are escaped unless they are markup. */
export function html(texts: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  return raw(texts.map((text, i) => `${text}${i < values.length ? written(values[i] ?? null) : ''}`).join(''));
}

function written(piece: Piece): string {
  if (piece === null) return '';
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return escaped(piece);
  return 'markup' in piece ? piece.markup : piece.map(written).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  // Control characters are allowed in no document; marks of direction could turn a line around.
  const plain = text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd').toWellFormed();
  return plain.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
