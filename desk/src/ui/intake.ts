/** Files that come onto the desk: read as a stranger's, merged with what lies there of the same. */

import type { Home } from "../chain/home.ts";
import { MAX_BYTES, merge, readPaper, writePaper } from "../core/files.ts";
import type { Paper, Refused } from "../core/types.ts";
import { paperKey, put, putSigned, state } from "./store.ts";

export interface Taken {
  /** Papers by key, in the order in which their first file came. */
  keys: readonly string[];
  refused: readonly Refused[];
}

interface Brought {
  name: string;
  bytes: Uint8Array;
}

/** A file's bytes; of one that is too large only as many as show that it is. */
export async function bytesOf(file: File): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(0, MAX_BYTES + 1).arrayBuffer());
}

/** Take files in, in any order; whatever does not fit is named with its reason. */
export async function take(brought: readonly Brought[]): Promise<Taken> {
  const groups = new Map<string, Brought[]>();
  const refused: Refused[] = [];
  for (const each of brought) {
    try {
      const key = paperKey(readPaper(each.bytes));
      groups.set(key, [...(groups.get(key) ?? []), each]);
    } catch (reason) {
      refused.push({ name: each.name, reason: reason as Refused["reason"] });
    }
  }
  for (const [key, group] of groups) {
    const here = state.papers.get(key);
    const before = here ? [{ name: "desk", bytes: encoded(here) }] : [];
    const merged = await merge([...before, ...group]);
    refused.push(...merged.refused);
    // of what is new on the desk the folder has its own file
    await (here && merged.paper.signatures.length > here.signatures.length
      ? putSigned(merged.paper)
      : put(merged.paper));
  }
  return { keys: [...groups.keys()], refused };
}

/** The papers of the folder that `emc desk` serves are known at once, on every screen. */
export async function takeFolder(server: Home): Promise<void> {
  const files = await server.files();
  await take(await Promise.all(files.map(async ({ name }) => ({ name, bytes: await server.read(name) }))));
}

function encoded(paper: Paper): Uint8Array {
  return new TextEncoder().encode(writePaper(paper));
}
