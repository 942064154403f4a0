/** What went wrong in one line: of what a command wrote to its errors, the line that says so. */
export function reason(error) {
  const text = typeof error === "string" ? error : error?.stderr;
  if (!text)
    return String(error?.message || error || "it ended without a word")
      .split("\n")[0]
      .slice(0, 200);
  const lines = text.split("\n").map((line) => line.trim());
  const said = lines.find((line) => /^(\w*Error|error)\b/.test(line)) ?? lines.findLast(Boolean);
  return (said ?? "it ended without a word").slice(0, 200);
}
