/** The words of the page: one catalogue for each language, all with the same keys. */

import type { ComponentChildren } from "preact";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

export type Key = keyof typeof en;
export type Catalogue = Readonly<Record<Key, string>>;
export type Language = "en" | "de" | "zh";

export const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, de, zh };
export const NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  de: "Deutsch",
  zh: "中文",
};
/** What `Intl` formats by. */
const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", de: "de-DE", zh: "zh-CN" };

let current: Language = "en";

export function language(): Language {
  return current;
}

export function locale(): string {
  return LOCALES[current];
}

export function speak(chosen: Language): void {
  current = chosen;
  document.documentElement.lang = chosen;
}

/** The first language of the browser that has a catalogue. */
export function preferred(languages: readonly string[]): Language {
  for (const each of languages) {
    const short = each.slice(0, 2).toLowerCase();
    if (short in CATALOGUES) return short as Language;
  }
  return "en";
}

const formatters = new Map<string, unknown>();

/** What formats in the language in use: made once, which takes as long as a screen of numbers. */
export function formatter<T, O>(kind: new (locale: string, options?: O) => T, options?: O): T {
  const key = kind.name + locale() + JSON.stringify(options);
  const found = (formatters.get(key) as T | undefined) ?? new kind(locale(), options);
  formatters.set(key, found);
  return found;
}

/** A text with its `{places}` filled in. */
export function say(key: Key, values: Readonly<Record<string, string>> = {}): string {
  return CATALOGUES[current][key].replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/** The same where a place holds something to be drawn, such as an address. */
export function tell(
  key: Key,
  values: Readonly<Record<string, ComponentChildren>>,
): ComponentChildren[] {
  return CATALOGUES[current][key]
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith("{") ? (values[part.slice(1, -1)] ?? part) : part));
}

/** The key of a text that depends on a number: `….one` or `….other`. */
export function count<P extends string>(
  prefix: P & (`${P}.one` extends Key ? P : never),
  number: number,
  values: Readonly<Record<string, string>> = {},
): string {
  const form = formatter(Intl.PluralRules).select(number) === "one" ? "one" : "other";
  const shown = formatter(Intl.NumberFormat).format(number);
  return say(`${prefix}.${form}` as Key, { n: shown, ...values });
}

/** Whether a text is there for a key that was put together. */
export function has(key: string): key is Key {
  return key in CATALOGUES.en;
}
