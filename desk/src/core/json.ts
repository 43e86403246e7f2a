/**
 * JSON that strangers mail: bounded in size and depth before anything is made of it, whole numbers
 * exact, no key twice. A sealed file carries four bytes of hash for each of its values, so that a
 * slip is named by its field; against intent there is the terms hash.
 */

import { keccak256, stringToHex } from "viem/utils";
import generated from "./generated.json";
import { printable } from "./text.ts";
import { DeskError, Fraction, type Json } from "./types.ts";

const CHECKS = "checks";
const DIGITS = 8;
export const MAX_BYTES = generated.limits.bytes;

type Document = { [key: string]: Json };

/**
 * What a file holds, without its checks.
 *
 * @throws DeskError file-…
 */
export function load(bytes: Uint8Array): Json {
  if (bytes.length > MAX_BYTES) throw new DeskError("file-too-large");
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new DeskError("file-not-json");
  }
  const found = parse(text);
  if (!isDocument(found) || !(CHECKS in found)) return found;
  const { [CHECKS]: checks, ...document } = found;
  const where = altered(document, checks);
  if (where !== null) throw new DeskError("file-altered", { field: printable(where) });
  return document;
}

/** What a text says. @throws DeskError file-not-json, file-twice, file-too-deep */
export function parse(text: string): Json {
  return new Parser(text).whole();
}

/** A document as a file, with its checks. */
export function sealed(document: Document): string {
  const checks = [...digests(document)].map(([, digest]) => digest).join("");
  return written({ ...document, [CHECKS]: checks }, "\n") + "\n";
}

export function isDocument(value: Json | undefined): value is Document {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Fraction)
  );
}

/**
 * RFC 8785 JSON.
 *
 * @throws DeskError file-canvas: it holds a number that is not whole or not safe.
 */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isDocument(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(",")}}`;
  }
  if (typeof value === "bigint" && value === BigInt.asIntN(53, value)) return value.toString();
  if (typeof value === "bigint" || value instanceof Fraction) throw new DeskError("file-canvas");
  return JSON.stringify(value);
}

/** JSON as Python writes it: on one line, or with `line`, the line end here, a value a line. */
function written(value: Json, line = ""): string {
  const inner = line && `${line}  `;
  const [open, between, close] = line ? [inner, `,${inner}`, line] : ["", ", ", ""];
  if (Array.isArray(value)) {
    const parts = value.map((each) => written(each, inner));
    return parts.length ? `[${open}${parts.join(between)}${close}]` : "[]";
  }
  if (isDocument(value)) {
    const parts = Object.entries(value).map(
      ([key, each]) => `${JSON.stringify(key)}: ${written(each, inner)}`,
    );
    return parts.length ? `{${open}${parts.join(between)}${close}}` : "{}";
  }
  if (value instanceof Fraction) return value.text;
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}

/** Every value that holds no others, by its dotted place; keys by code point. */
function* leaves(value: Json, where = ""): Generator<[string, Json]> {
  const inner: [string, Json][] = Array.isArray(value)
    ? value.map((each, place) => [String(place), each])
    : isDocument(value)
      ? Object.entries(value).sort(([a], [b]) => byCodePoint(a, b))
      : [];
  if (!inner.length) yield [where, value];
  for (const [key, each] of inner) yield* leaves(each, where ? `${where}.${key}` : key);
}

function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const apart = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (apart) return apart;
  }
  return left.length - right.length;
}

function* digests(document: Json): Generator<[string, string]> {
  for (const [where, value] of leaves(document)) {
    yield [where, keccak256(stringToHex(written([where, value]))).slice(2, 2 + DIGITS)];
  }
}

/** The first place that does not fit the checks; null if all does. */
function altered(document: Document, checks: Json | undefined): string | null {
  if (typeof checks !== "string" || !/^([0-9a-f]{8})*$/.test(checks)) return CHECKS;
  const known: string[] = checks.match(/.{8}/g) ?? [];
  const found = [...digests(document)];
  if (found.length === known.length && found.every(([, digest], i) => digest === known[i])) {
    return null;
  }
  // a key that was renamed moves others out of their place: what nothing knows was altered
  const unknown = found.find(([, digest]) => !known.includes(digest));
  const moved = found.find(([, digest], i) => digest !== known[i]);
  return (unknown ?? moved ?? [CHECKS])[0];
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
// what ends a run of plain characters
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  whole(): Json {
    const found = this.value();
    this.take(SPACE);
    if (this.at !== this.text.length) this.fail();
    return found;
  }

  private value(): Json {
    this.take(SPACE);
    const next = this.text[this.at];
    if (next === "{") return this.nested(() => this.object());
    if (next === "[") return this.nested(() => this.array());
    if (next === '"') return this.string();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const number = this.take(NUMBER);
    if (!number?.[0]) this.fail();
    return number[1] || number[2] ? new Fraction(number[0]) : BigInt(number[0]);
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > generated.limits.depth) throw new DeskError("file-too-deep");
    this.at++;
    const found = read();
    this.depth--;
    return found;
  }

  private object(): Document {
    const found: Document = Object.create(null) as Document;
    for (let first = true; ; first = false) {
      this.take(SPACE);
      if (first && this.skip("}")) return found;
      if (this.text[this.at] !== '"') this.fail();
      const key = this.string();
      if (key in found) throw new DeskError("file-twice", { field: printable(key) });
      this.take(SPACE);
      if (!this.skip(":")) this.fail();
      found[key] = this.value();
      this.take(SPACE);
      if (this.skip("}")) return found;
      if (!this.skip(",")) this.fail();
    }
  }

  private array(): Json[] {
    const found: Json[] = [];
    this.take(SPACE);
    if (this.skip("]")) return found;
    for (;;) {
      found.push(this.value());
      this.take(SPACE);
      if (this.skip("]")) return found;
      if (!this.skip(",")) this.fail();
    }
  }

  private string(): string {
    let found = "";
    for (this.at++; ; ) {
      found += this.take(PLAIN)![0];
      const next = this.text[this.at++];
      if (next === '"') break;
      if (next !== "\\") this.fail();
      const escape = this.text[this.at++] ?? "";
      if (escape in ESCAPES) {
        found += ESCAPES[escape];
        continue;
      }
      const digits = this.text.slice(this.at, this.at + 4);
      if (escape !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) this.fail();
      found += String.fromCharCode(parseInt(digits, 16));
      this.at += 4;
    }
    try {
      // half of a character can neither be hashed nor shown
      encodeURIComponent(found);
    } catch {
      this.fail();
    }
    return found;
  }

  private skip(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  private fail(): never {
    throw new DeskError("file-not-json");
  }
}
