/** A 32-bit FNV-1a hash (Fowler, Noll, Vo) of a text's UTF-8 bytes. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
