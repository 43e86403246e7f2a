/** How the build writes catalogues into the page: one text of lines, see build.mjs. */

/** Keys, of which each line has what differs from the one before; an empty one is counted. */
export function unfolded(text: string): string[] {
  let before = "";
  let n = 0;
  return text
    .split("\n")
    .map((line) => (line ? (before = before.slice(0, parseInt(line[0]!, 36)) + line.slice(1)) : `_${(n++).toString(36)}`));
}

/** Texts by their keys, in the same order. */
export function catalogue(keys: readonly string[], texts: string): Record<string, string> {
  const lines = texts.split("\n");
  return Object.fromEntries(keys.map((key, i) => [key, lines[i]!]));
}
