/** What contracts say when they refuse: English as docs/errors.md has it, and two more languages. */

import generated from "../core/generated.json";
import { de } from "./reasons.de.ts";
import { zh } from "./reasons.zh.ts";
import type { Language } from "./words.ts";

const en: Readonly<Record<string, string>> = generated.reasons;

export function adviceOn(reason: string, language: Language): string | undefined {
  return { en, de, zh }[language][reason];
}
