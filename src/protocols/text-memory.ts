// The texts of one hole of a template: categories come again and again, and one that was seen is found by its bytes without
// being made again. A fixed number of places; a newcomer takes the place of the one before.

const PLACES = 64;
const LENGTH_MAX = 64;

export interface TextMemory {
  /** Bytes [start, end) as text: printable ASCII. */
  text(bytes: Uint8Array, start: number, end: number): string;
}

export function createTextMemory(): TextMemory {
  const places = new Array<string>(PLACES).fill('');
  return {
    text(bytes, start, end) {
      const length = end - start;
      if (length > LENGTH_MAX) return textOf(bytes, start, end);
      let hash = length;
      for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
      const place = (hash ^ (hash >>> 6)) & (PLACES - 1);
      const held = places[place] as string;
      if (isText(held, bytes, start, length)) return held;
      const made = textOf(bytes, start, end);
      places[place] = made;
      return made;
    },
  };
}

function isText(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** Bytes [start, end) as text, a character each. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
