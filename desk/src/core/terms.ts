/** The table: packing, encoding, hash, and where an EMC will be. Mirrors `emc.core.terms`. */

import type { AbiParameter } from "viem";
import {
  concat,
  encodeAbiParameters,
  getAddress,
  getCreate2Address,
  isAddress,
  keccak256,
  stringToHex,
  toHex,
} from "viem/utils";
import { TABLE } from "./abi.ts";
import generated from "./generated.json";
import { isDocument } from "./json.ts";
import { isKey, printable } from "./text.ts";
import {
  DeskError,
  type Address,
  type Gate,
  type Head,
  type Hex,
  type Json,
  type Measure,
  type PackedRow,
  type Row,
  type Share,
  type Terms,
} from "./types.ts";

export const NATIVE: Address = "0x0000000000000000000000000000000000000000";
export const BACKSTOP = generated.limits.ids;
export const ASSESSOR = generated.limits.ids;
export const TRANCHES = ["base", "leading", "upside"] as const;
/** The largest amount of a measure, a sale or an order. */
export const MAX_AMOUNT = BigInt(generated.limits.amount);

const LOW20 = (1n << 20n) - 1n;
const WORD = 1n << 256n;
/** Words of the files for numbers of the table, by place. */
const WORDS = generated.words as Record<string, Record<string, number>>;
const HEAD = fieldsOf(TABLE[0]!);

// ---- rows

/** The row's three words. */
export function pack(row: Row): PackedRow {
  const party = typeof row.party === "bigint" ? (row.party << 96n) | 1n : BigInt(row.party) << 96n;
  return {
    party,
    pay:
      (BigInt(row.payee) << 96n) |
      (row.running << 76n) |
      (row.base << 56n) |
      (row.leading << 36n) |
      (row.upside << 16n) |
      (BigInt(row.id) << 8n),
    limits: (row.cost << 128n) | (row.lower << 20n) | row.upper,
  };
}

/**
 * The row behind three words.
 *
 * @throws DeskError file-terms: spare bits are set, so that the words say more than a row can.
 */
export function unpack({ party, pay, limits }: PackedRow): Row {
  const row: Row = {
    id: Number((pay >> 8n) & 255n),
    party: party & 1n ? party >> 96n : addressOf(party >> 96n),
    payee: addressOf(pay >> 96n),
    running: (pay >> 76n) & LOW20,
    base: (pay >> 56n) & LOW20,
    leading: (pay >> 36n) & LOW20,
    upside: (pay >> 16n) & LOW20,
    lower: (limits >> 20n) & LOW20,
    upper: limits & LOW20,
    cost: limits >> 128n,
  };
  const again = pack(row);
  if (again.party !== party || again.pay !== pay || again.limits !== limits) {
    throw new DeskError("file-terms", { field: `rows.${row.id}` });
  }
  return row;
}

export function isNode(row: Row): row is Row & { party: bigint } {
  return typeof row.party === "bigint";
}

export function nodesOf(terms: Terms): (Row & { party: bigint })[] {
  return terms.rows.filter(isNode);
}

export function rowOf(terms: Terms, id: number): Row | undefined {
  return terms.rows.find((row) => row.id === id);
}

/** Place in the table, which the contracts ask for. @throws DeskError no-node */
export function placeOf(terms: Terms, id: number): bigint {
  const place = terms.rows.findIndex((row) => row.id === id);
  if (place < 0) throw new DeskError("no-node", { row: String(id) });
  return BigInt(place);
}

// ---- the table

/** The first argument of the contracts' functions. */
export function headOf(terms: Terms): Head {
  const { rows: _, ...head } = terms;
  const { measures } = head.goal;
  const rest = Array.from({ length: MAX_MEASURES - measures.length }, () => EMPTY);
  return { ...head, goal: { ...head.goal, measures: [...measures, ...rest] } };
}

/** The second argument. */
export function packedRows(terms: Terms): PackedRow[] {
  return terms.rows.map(pack);
}

/**
 * The terms behind the contracts' two arguments, as events carry them.
 *
 * @throws DeskError file-terms: measures are not in order, or spare bits are set.
 */
export function termsFromTable(head: Head, rows: readonly PackedRow[]): Terms {
  const used = head.goal.measures.filter((each) => BigInt(each.metric));
  const measures = used.map(({ metric, benchmark, target }) => ({ metric, benchmark, target }));
  const terms = { ...head, goal: { ...head.goal, measures }, rows: rows.map(unpack) };
  const again = headOf(terms).goal.measures;
  const same = head.goal.measures.every(
    (each, i) =>
      each.metric === again[i]!.metric &&
      each.benchmark === again[i]!.benchmark &&
      each.target === again[i]!.target,
  );
  if (!same || !isAscending(measures)) throw new DeskError("file-terms", { field: "goal.measures" });
  return terms;
}

/** keccak-256 of the encoded table. */
export function termsHash(terms: Terms): Hex {
  return keccak256(encodeAbiParameters(TABLE, [headOf(terms), packedRows(terms)] as never));
}

/** Where Consent makes the EMC (ERC-1167, CREATE2); accounts of the nodes in the order of the rows. */
export function emcAddress(
  consent: Address,
  implementation: Address,
  accounts: readonly Address[],
  hash: Hex,
): Address {
  const salt = keccak256(
    encodeAbiParameters([{ type: "address[]" }, { type: "bytes32" }], [[...accounts], hash]),
  );
  const bytecode = concat([
    "0x602d3d8160093d39f3363d3d373d3d3d363d73",
    implementation,
    "0x5af43d82803e903d91602b57fd5bf3",
  ]);
  return getCreate2Address({ from: consent, salt, bytecode });
}

// ---- measures

/** Words that were read, by their hash: of a measure the chain has no more. */
const METRICS = new Map<Hex, string>();
const EMPTY: Measure = { metric: toHex(0n, { size: 32 }), benchmark: 0n, target: 0n };
const MAX_MEASURES = generated.limits.measures;

/** The metric that a word names; from now on its word is known. */
export function metricOf(word: string): Hex {
  const metric = keccak256(stringToHex(word));
  if (isKey(word)) METRICS.set(metric, word);
  return metric;
}

for (const word of generated.metrics) metricOf(word);
export const PROCEEDS = metricOf("proceeds");

/** The word of a metric, else its hash. */
export function metricWord(metric: Hex): string {
  return METRICS.get(metric) ?? metric;
}

/** The measure that counts itself. */
export function proceedsOf(terms: Terms): Measure | undefined {
  return terms.goal.measures.find((each) => each.metric === PROCEEDS);
}

/** The measures that the chain cannot see by itself. */
export function assessedOf(terms: Terms): Measure[] {
  return terms.goal.measures.filter((each) => each.metric !== PROCEEDS);
}

/** What a measure must have reached for the gate to open. */
export function opensAt(terms: Terms, { benchmark, target }: Measure): bigint {
  return { none: 0n, benchmark, target }[gateOf(terms)];
}

/** Until when the goal can be reached: with an assessed measure also in the grace. */
export function closesAt(terms: Terms): bigint {
  return terms.goal.deadline + (isAssessed(terms) ? terms.assessment.grace : 0n);
}

function isAscending(measures: readonly Measure[]): boolean {
  return (
    measures.length > 0 &&
    measures.every((each, i) => !i || BigInt(measures[i - 1]!.metric) < BigInt(each.metric))
  );
}

export function gateOf(terms: Terms): Gate {
  return wordOf("goal.gate", terms.goal.gate) as Gate;
}

/** Whether the chain cannot see a measure of the goal by itself. */
export function isAssessed(terms: Terms): boolean {
  return assessedOf(terms).length > 0;
}

// ---- changes

/** The terms after a renegotiation: shares by row id; others stay. @throws DeskError no-node */
export function withShares(terms: Terms, shares: readonly Share[]): Terms {
  for (const { row } of shares) placeOf(terms, row);
  return {
    ...terms,
    rows: terms.rows.map((row) => {
      const share = shares.find((each) => each.row === row.id);
      return share
        ? { ...row, base: share.base, leading: share.leading, upside: share.upside }
        : row;
    }),
  };
}

/**
 * The terms after a node has left: its shares are the sink's; if it was the sink, the first row
 * that stays takes over both.
 */
export function without(terms: Terms, id: number): Terms {
  const gone = terms.rows[Number(placeOf(terms, id))]!;
  const stay = terms.rows.filter((row) => row !== gone);
  if (!stay.length) throw new DeskError("no-node", { row: String(id) });
  const sink = terms.sink === BigInt(id) ? BigInt(stay[0]!.id) : terms.sink;
  return {
    ...terms,
    sink,
    rows: stay.map((row) =>
      BigInt(row.id) === sink
        ? {
            ...row,
            base: row.base + gone.base,
            leading: row.leading + gone.leading,
            upside: row.upside + gone.upside,
          }
        : row,
    ),
  };
}

/** The shares as Changes takes them, a word per row. */
export function shareWords(terms: Terms): bigint[] {
  return terms.rows.map((row) => (row.base << 56n) | (row.leading << 36n) | (row.upside << 16n));
}

/** The terms whose shares are these words. @throws DeskError file-terms: spare bits are set */
export function withShareWords(terms: Terms, words: readonly bigint[]): Terms {
  const after = {
    ...terms,
    rows: terms.rows.map((row, i) => {
      const word = words[i] ?? 0n;
      return {
        ...row,
        base: (word >> 56n) & LOW20,
        leading: (word >> 36n) & LOW20,
        upside: (word >> 16n) & LOW20,
      };
    }),
  };
  const again = shareWords(after);
  if (words.length !== again.length || again.some((word, i) => word !== words[i])) {
    throw new DeskError("file-terms", { field: "shares" });
  }
  return after;
}

// ---- files

/**
 * The terms behind the plain values of a file.
 *
 * @throws DeskError file-terms: not terms; `field` names the place.
 */
export function termsFromDocument(document: Json): Terms {
  if (!isDocument(document)) throw new DeskError("file-terms", { field: "terms" });
  const { rows, ...rest } = document;
  const head = read(HEAD, rest, "") as unknown as Head;
  const measures = [...head.goal.measures].sort((a, b) => (BigInt(a.metric) < BigInt(b.metric) ? -1 : 1));
  if (!isAscending(measures)) throw new DeskError("file-terms", { field: "goal.measures" });
  head.goal = { ...head.goal, measures };
  if (!Array.isArray(rows) || !rows.length || rows.length > generated.limits.rows) {
    throw new DeskError("file-terms", { field: "rows" });
  }
  return { ...head, rows: rows.map((row, place) => rowFrom(row, `rows.${place}`)) };
}

/** Terms as plain values, for a file. */
export function documentOfTerms(terms: Terms): { [key: string]: Json } {
  const rows = terms.rows.map((row) => ordered("Row", { ...row, id: BigInt(row.id) }));
  const { rows: _, ...own } = terms;
  const head = spoken(HEAD, own, "") as { [key: string]: Json };
  return ordered("Terms", { ...head, rows });
}

/** Fields in the order in which files write them. */
function ordered(kind: "Terms" | "Row", values: { [key: string]: Json }): { [key: string]: Json } {
  return Object.fromEntries(generated.order[kind].map((name) => [name, values[name]!]));
}

const PARTS = ["running", "base", "leading", "upside", "lower", "upper"] as const;

function rowFrom(document: Json, where: string): Row {
  if (!isDocument(document)) throw new DeskError("file-terms", { field: where });
  const fields: readonly AbiParameter[] = [
    { name: "id", type: "uint256" },
    { name: "payee", type: "address" },
    { name: "cost", type: "uint256" },
    ...PARTS.map((name) => ({ name, type: "uint256" })),
  ];
  const { party, ...rest } = document;
  const found = read(fields, rest, where);
  const fits = (name: string, bits: bigint): bigint => {
    const value = found[name] as bigint;
    if (value >> bits) throw new DeskError("file-terms", { field: `${where}.${name}` });
    return value;
  };
  const node = typeof party === "bigint";
  if (node && (party < 0n || party >> 160n)) {
    throw new DeskError("file-terms", { field: `${where}.party` });
  }
  return {
    id: Number(fits("id", 8n)),
    party: node ? party : address(party, `${where}.party`),
    payee: found.payee as Address,
    cost: fits("cost", 128n),
    ...(Object.fromEntries(PARTS.map((name) => [name, fits(name, 20n)])) as Record<
      (typeof PARTS)[number],
      bigint
    >),
  };
}

function fieldsOf(parameter: AbiParameter): readonly AbiParameter[] {
  return (parameter as { components: readonly AbiParameter[] }).components;
}

/** A struct of the ABI from plain values, every field there and no other. */
function read(
  fields: readonly AbiParameter[],
  document: { [key: string]: Json },
  where: string,
): Record<string, unknown> {
  const known = new Set(fields.map((each) => each.name));
  const inside = (name: string) => (where ? `${where}.${name}` : name);
  for (const name of Object.keys(document)) {
    if (!known.has(name)) throw new DeskError("file-terms", { field: printable(inside(name)) });
  }
  return Object.fromEntries(
    fields.map((each) => [each.name, valueFrom(each, document[each.name!], inside(each.name!))]),
  );
}

function valueFrom(field: AbiParameter, value: Json | undefined, where: string): unknown {
  const fail = () => new DeskError("file-terms", { field: where });
  const list = /^(.*)\[(\d*)\]$/.exec(field.type);
  if (list) {
    // empty measures stand in no file
    if (!Array.isArray(value) || (list[2] && value.length > Number(list[2]))) throw fail();
    return value.map((each, i) => valueFrom({ ...field, type: list[1]! }, each, `${where}.${i}`));
  }
  if (field.type === "tuple") {
    if (!isDocument(value)) throw fail();
    return read(fieldsOf(field), value, where);
  }
  if (field.type === "address") return address(value, where);
  if (place(where) === "goal.measures.metric") {
    if (typeof value !== "string") throw fail();
    if (isKey(value)) return metricOf(value);
  }
  const words = WORDS[place(where)];
  if (words) {
    if (typeof value !== "string" || !Object.hasOwn(words, value)) throw fail();
    return BigInt(words[value]!);
  }
  const fits =
    field.type === "bool"
      ? typeof value === "boolean"
      : field.type === "bytes32"
        ? typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value)
        : typeof value === "bigint" && value >= 0n && value < WORD;
  if (!fits) throw fail();
  return value;
}

function spoken(fields: readonly AbiParameter[], struct: object, where: string): Json {
  const values = struct as Record<string, unknown>;
  const value = (field: AbiParameter, found: unknown, at: string): Json => {
    const list = /^(.*)\[\d*\]$/.exec(field.type);
    if (list) {
      const inner = { ...field, type: list[1]! };
      return (found as unknown[]).map((each, i) => value(inner, each, `${at}.${i}`));
    }
    if (field.type === "tuple") return spoken(fieldsOf(field), found as object, at);
    if (place(at) === "goal.measures.metric") return metricWord(found as Hex);
    return WORDS[place(at)] ? wordOf(place(at), found as bigint) : (found as Json);
  };
  return Object.fromEntries(
    fields.map((each) => {
      const at = where ? `${where}.${each.name}` : each.name!;
      return [each.name, value(each, values[each.name!], at)];
    }),
  );
}

/** A place without the numbers of lists. */
const place = (where: string): string => where.replace(/\.\d+/g, "");

function wordOf(place: string, number: bigint): string {
  const found = Object.entries(WORDS[place]!).find(([, each]) => BigInt(each) === number);
  if (!found) throw new DeskError("file-terms", { field: place });
  return found[0];
}

/** A checksummed address, as in a draft: a slip of the pen shows. */
function address(value: Json | undefined, where: string): Address {
  if (typeof value !== "string" || !isAddress(value, { strict: true })) {
    throw new DeskError("file-terms", { field: where });
  }
  if (getAddress(value) !== value) throw new DeskError("file-terms", { field: where });
  return value;
}

function addressOf(number: bigint): Address {
  return getAddress(toHex(number, { size: 20 }));
}

// ---- what differs

/** A difference between two sets of terms, by dotted place: `goal.target`, `rows.3.payee`. */
export interface Difference {
  place: string;
  /** Row id, where it is about a row. */
  row?: number;
  before: string | bigint | boolean | undefined;
  after: string | bigint | boolean | undefined;
}

/**
 * Everything in which terms differ, in the order of the table; rows are told apart by id, and of a
 * row that comes or goes every field is listed.
 */
export function differences(before: Terms, after: Terms): Difference[] {
  const found: Difference[] = [];
  const was = flat(documentOfTerms({ ...before, rows: [] }));
  const becomes = flat(documentOfTerms({ ...after, rows: [] }));
  compare(was, becomes, (place, old, now) => found.push({ place, before: old, after: now }));
  const ids = new Set([...after.rows, ...before.rows].map((row) => row.id));
  for (const row of ids) {
    const [old, now] = [before, after].map((terms) => {
      const known = rowOf(terms, row);
      return known ? flat({ ...known, id: BigInt(known.id) }) : new Map<string, Plain>();
    });
    compare(old!, now!, (place, a, b) =>
      found.push({ place: `rows.${row}.${place}`, row, before: a, after: b }),
    );
  }
  return found;
}

type Plain = string | bigint | boolean | undefined;

function flat(value: Json, where = "", into = new Map<string, Plain>()): Map<string, Plain> {
  if (Array.isArray(value)) value.forEach((each, i) => flat(each, `${where}.${i}`, into));
  else if (isDocument(value)) {
    for (const [key, each] of Object.entries(value)) {
      flat(each, where ? `${where}.${key}` : key, into);
    }
  } else into.set(where, value as Plain);
  return into;
}

function compare(
  before: ReadonlyMap<string, Plain>,
  after: ReadonlyMap<string, Plain>,
  tell: (place: string, before: Plain, after: Plain) => void,
): void {
  for (const place of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(place), after.get(place)];
    if (old !== now) tell(place, old, now);
  }
}
