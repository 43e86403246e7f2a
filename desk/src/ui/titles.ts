/** What to call a paper. */

import { prose } from "../core/text.ts";
import type { Address, Decision, Json, Paper } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { worded } from "./parts.tsx";
import { agreementOf } from "./store.ts";

/** A text of a canvas, if it is one; a stranger wrote it. */
export function wordsOf(canvas: { [key: string]: Json } | undefined, name: string): string {
  const found = canvas?.[name];
  return typeof found === "string" ? prose(found) : "";
}

/** The title of the agreement of an EMC, if its file lies on the desk. */
export function emcTitle(chain_id: number, emc: Address): string {
  const paper = agreementOf(chain_id, emc);
  if (paper) return wordsOf(paper.canvas, "title");
  return say("emc.unnamed", { emc: `${emc.slice(0, 8)}…${emc.slice(-4)}` });
}

export function kindOf(paper: Paper): Decision["kind"] {
  return paper.paper === "agreement" ? "formation" : paper.change.kind;
}

export function titleOf(paper: Paper): string {
  const what = worded("kind", kindOf(paper));
  return say("paper.of", { what, emc: emcTitle(paper.chain_id, paper.emc) });
}
