/** Text of strangers, so that it shows as what it is. */

import generated from "./generated.json";

export const KEY = new RegExp(`^(?:${generated.key})$`);
/** How a currency is marked. */
export const SYMBOL = new RegExp(`^(?:${generated.symbol})$`);

/** Whether a text is a short word for a file: small letters, digits, hyphens. */
export const isKey = (text: string): boolean => KEY.test(text) && text.length <= generated.limits.key;

// controls, marks that turn the direction or join invisibly, private use, line and paragraph ends
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff\ue000-\uf8ff]|[\u{e0000}-\u{10ffff}]/gu;

/** On one line, every character that hides or turns others written out, and no longer than `most`. */
export function printable(text: string, most = 200): string {
  const spelt = text.replace(
    HIDDEN,
    (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`,
  );
  const characters = [...spelt];
  return characters.length > most ? `${characters.slice(0, most).join("")}…` : spelt;
}

/** Text of several lines: as `printable`, but line ends stay. */
export function prose(text: string, most = 4000): string {
  return text
    .split("\n")
    .map((line) => printable(line, most))
    .join("\n")
    .slice(0, most);
}
