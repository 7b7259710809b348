// Plain data as a line of JSON and back, with what JSON has no word for: typed arrays (base64, little-endian), and numbers that are
// not finite, which an e-value's logarithm may be. Two equal values give equal text.

type Numbers = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array;

const KINDS = {
  Uint8Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
} as const;
type KindName = keyof typeof KINDS;

/** The only member of an object that stands for something else. */
const KIND = '$';

export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'number' && !Number.isFinite(member)) return { [KIND]: 'number', value: String(member) };
    if (!ArrayBuffer.isView(member)) return member;
    const { buffer, byteOffset, byteLength } = member;
    return { [KIND]: member.constructor.name, value: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
  });
}

/** @throws SyntaxError where it is no such text */
export function plainOf(text: string): unknown {
  return JSON.parse(text, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || !(KIND in member) || !('value' in member)) return member;
    const { [KIND]: kind, value } = member;
    if (kind === 'number') return Number(value);
    if (typeof kind !== 'string' || !isKind(kind) || typeof value !== 'string') throw new SyntaxError('unknown kind');
    return numbersOf(kind, value);
  });
}

const isKind = (text: string): text is KindName => Object.hasOwn(KINDS, text);

function numbersOf(kind: KindName, base64: string): Numbers {
  const bytes = Buffer.from(base64, 'base64');
  const Kind = KINDS[kind];
  if (bytes.length % Kind.BYTES_PER_ELEMENT !== 0) throw new SyntaxError('cut off in the middle of a number');
  // A copy of its own: those of a Buffer need not be aligned.
  return new Kind(Uint8Array.from(bytes).buffer);
}
