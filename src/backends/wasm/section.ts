/** A module with an empty custom section behind it, whose name of few ASCII letters tells it from others. */
export function withSection(module: Uint8Array, name: string): Uint8Array {
  const letters = new TextEncoder().encode(name);
  return Uint8Array.from([...module, 0, letters.length + 1, letters.length, ...letters]);
}
