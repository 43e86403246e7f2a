/** What a contract says when it refuses, in the language chosen. */

import { adviceOn } from "../i18n/reasons.ts";
import { language, say } from "../i18n/words.ts";

/** A reason and what to do about it; one that no contract of ours gives stays as it is. */
export function reasonTold(reason: string): string {
  const told = adviceOn(reason, language());
  if (!told) return say("error.refused", { reason: reason || say("error.silent") });
  return told.charAt(0).toUpperCase() + told.slice(1);
}
