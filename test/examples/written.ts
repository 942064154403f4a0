import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** Runs something that writes files, and gives the bytes that it would have written, file by file. */
export async function writtenBy(run: () => Promise<unknown>): Promise<readonly Uint8Array[]> {
  const written: Uint8Array[] = [];
  const { writeFileSync } = fs;
  fs.writeFileSync = (_path, bytes) => void written.push(bytes as Uint8Array);
  // What others have imported by name follows.
  syncBuiltinESMExports();
  try {
    await run();
  } finally {
    fs.writeFileSync = writeFileSync;
    syncBuiltinESMExports();
  }
  return written;
}
