/** A 32-bit FNV-1a hash (Fowler, Noll, Vo) of bytes; of a text, of its UTF-8 bytes. */
export function hashOf(content: string | Iterable<number>): number {
  let hash = 0x811c9dc5;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
