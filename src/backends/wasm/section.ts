const mark = "gradc ";

/** A key in hexadecimal digits as the name of a custom section, which tells a file of gradc's from others. */
export const sectionName = (key: string): string => mark + key;

/** A module with an empty custom section behind it, whose name of few ASCII letters tells it from others. */
export function withSection(module: Uint8Array, name: string): Uint8Array {
  const letters = new TextEncoder().encode(name);
  return Uint8Array.from([...module, 0, letters.length + 1, letters.length, ...letters]);
}

/** Whether bytes are those of a module that gradc wrote into a file of its own: they end with its section. */
export function endsWithSection(bytes: Uint8Array): boolean {
  const end = new TextDecoder().decode(bytes.slice(-(mark.length + 8)));
  const head = String.fromCharCode(...bytes.slice(0, 4));
  return head === "\0asm" && end.startsWith(mark) && /^[0-9a-f]{8}$/.test(end.slice(mark.length));
}
