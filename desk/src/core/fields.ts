/** Fields of files, checked one by one; what is wrong is named by its place. */

import { isAddress } from "viem/utils";
import generated from "./generated.json";
import { isDocument } from "./json.ts";
import { printable } from "./text.ts";
import { DeskError, type Address, type Hex, type Json } from "./types.ts";

/** One level of a document. */
export class Fields {
  private readonly read = new Set<string>();

  private constructor(
    private readonly document: { [key: string]: Json },
    private readonly where: string,
  ) {}

  /** @throws DeskError file-field: not a set of fields */
  static of(value: Json | undefined, where = ""): Fields {
    if (!isDocument(value)) throw new DeskError("file-field", { field: where });
    return new Fields(value, where);
  }

  has(name: string): boolean {
    return name in this.document;
  }

  any(name: string): Json {
    const value = this.document[name];
    if (value === undefined) this.fail(name);
    this.read.add(name);
    return value;
  }

  /** A whole number, `least` to `most`. */
  whole(name: string, least: bigint, most: bigint): bigint {
    const value = this.any(name);
    if (typeof value !== "bigint" || value < least || value > most) this.fail(name);
    return value;
  }

  number(name: string, least: number, most: number): number {
    return Number(this.whole(name, BigInt(least), BigInt(most)));
  }

  /** Text of at most so many characters. */
  text(name: string, pattern: RegExp, most = Infinity): string {
    const value = this.any(name);
    if (typeof value !== "string" || !pattern.test(value) || [...value].length > most) this.fail(name);
    return value;
  }

  address(name: string): Address {
    const value = this.any(name);
    if (typeof value !== "string" || !isAddress(value, { strict: false })) this.fail(name);
    return value;
  }

  hash(name: string): Hex {
    return this.text(name, /^0x[0-9a-f]{64}$/) as Hex;
  }

  /** At most as many bytes as contracts take. */
  signature(name: string): Hex {
    const data = this.text(name, /^0x([0-9a-f]{2})+$/) as Hex;
    if (data.length > 2 + 2 * generated.limits.signature) this.fail(name);
    return data;
  }

  inner(name: string): Fields {
    return Fields.of(this.any(name), this.place(name));
  }

  fields(name: string): { [key: string]: Json } {
    const value = this.any(name);
    if (!isDocument(value)) this.fail(name);
    return value;
  }

  /** Each item of a list is asked for by its place in a set of fields of its own. */
  list<T>(
    name: string,
    least: number,
    most: number,
    each: (items: Fields, place: string) => T,
  ): T[] {
    const value = this.any(name);
    if (!Array.isArray(value) || value.length < least || value.length > most) this.fail(name);
    const items = new Fields({ ...value } as unknown as { [key: string]: Json }, this.place(name));
    return value.map((_, place) => each(items, String(place)));
  }

  /** @throws DeskError file-field: a field that nobody asked for */
  end(): void {
    for (const name of Object.keys(this.document)) if (!this.read.has(name)) this.fail(name);
  }

  fail(name: string): never {
    throw new DeskError("file-field", { field: printable(this.place(name)) });
  }

  private place(name: string): string {
    return this.where ? `${this.where}.${name}` : name;
  }
}
