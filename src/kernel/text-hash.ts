// A number for a text, to find it again in a table of numbers: where a Map would keep what should die young alive
// (live-list.ts says why). Quick and not for keeping: two texts may share it.

/**
 * Unsigned, 32 bits: FNV-1a over the UTF-16 units, mixed once more, since tables take the low bits.
 * @param seed one that callers cannot know, where they choose the texts and could fill one bucket
 */
export function textHash(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
