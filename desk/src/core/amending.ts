/**
 * Terms as somebody edits them, field by field: what is typed, by its place in the file. A field that
 * nobody touched stays as it is. Mirrors `emc amend draft` and `emc amend propose`.
 */

import { getAddress, isAddress } from "viem/utils";
import generated from "./generated.json";
import { documentOfTerms, isNode, NATIVE, nodesOf, termsFromDocument } from "./terms.ts";
import { isKey } from "./text.ts";
import { type Address, type Currency, DeskError, type Json, type Row, type Terms } from "./types.ts";
import { DAY, decimal, PERCENT_DECIMALS, percent, typedNumber } from "./units.ts";

/** How a field is typed and read. */
export type Sort =
  | "part"
  | "amount"
  | "number"
  | "stars"
  | "span"
  | "time"
  | "address"
  | "nobody"
  | "hash"
  | "metric"
  | "party"
  | "flag"
  | "row"
  | "word";

type Plan = readonly (readonly [string, Sort])[];

/** What can be changed of the terms; the currency and the windows of the review are for life. */
export const HEAD: Plan = [
  ["kind", "word"],
  ["canvas", "hash"],
  ["starts_at", "time"],
  ["ends_at", "time"],
  ["disburse_at", "amount"],
  ["backstop", "address"],
  ["sink", "row"],
  ["goal.deadline", "time"],
  ["goal.gate", "word"],
  ["goal.ends_emc", "flag"],
  ["renegotiation.quorum", "part"],
  ["renegotiation.interval", "span"],
  ["renegotiation.window", "span"],
  ["renegotiation.objections", "part"],
  ["leaving.notice", "span"],
  ["leaving.cure", "span"],
  ["leaving.expulsion", "part"],
  ["leaving.margin", "part"],
  ["assessment.assessor", "nobody"],
  ["assessment.window", "span"],
  ["assessment.objections", "part"],
  ["assessment.grace", "span"],
  ["bar.registry", "nobody"],
  ["bar.stars", "stars"],
  ["bar.emcs", "number"],
  ["bar.proceeds", "number"],
  ["bar.currency", "nobody"],
  ["bar.admits_unrated", "flag"],
];

/** Of each row; its party only while it joins. */
export const ROW: Plan = [
  ["base", "part"],
  ["leading", "part"],
  ["upside", "part"],
  ["lower", "part"],
  ["upper", "part"],
  ["running", "part"],
  ["cost", "amount"],
  ["payee", "address"],
];

export const MEASURES = generated.limits.measures;

/** Terms in work. */
export interface Draft {
  /** What was typed, by place: `goal.deadline`, `goal.measures.0.metric`, `rows.3.base` with the row's id. */
  given: Readonly<Record<string, string>>;
  /** Ids of rows that leave, and of rows that join. */
  leaves: readonly number[];
  joins: readonly number[];
}

export interface Edited {
  /** Null: something typed is not what its field takes. */
  after: Terms | null;
  /** Places of what is not, and what each would take. */
  faults: ReadonlyMap<string, Sort>;
}

/** The least id that no row ever had; null: none is left. */
export function freshId(epochs: Iterable<Terms>, joins: readonly number[]): number | null {
  const used = [...epochs].flatMap((terms) => terms.rows.map((row) => row.id));
  const id = Math.max(...used, ...joins) + 1;
  return id < generated.limits.ids ? id : null;
}

/** A value as it stands in its field. */
export function written(sort: Sort, value: Json | undefined, currency: Currency): string {
  if (value === undefined || (sort === "nobody" && value === NATIVE)) return "";
  if (typeof value !== "bigint") return String(value);
  if (sort === "part") return percent(value);
  if (sort === "amount") return decimal(value, currency.decimals).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  if (sort === "stars") return decimal(value, 2);
  if (sort === "span") return spanText(value);
  if (sort === "time") return timeText(value);
  return String(value);
}

/** What is typed; undefined: it is not what the field takes. */
function valueOf(sort: Sort, typed: string, currency: Currency): Json | undefined {
  const text = typed.trim();
  const number = (decimals: number): bigint | undefined => typedNumber(text, decimals) ?? undefined;
  const address = (): Address | undefined => (isAddress(text) && getAddress(text) === text ? text : undefined);
  switch (sort) {
    case "part":
      return number(PERCENT_DECIMALS);
    case "amount":
      return number(currency.decimals);
    case "stars":
      return number(2);
    case "number":
    case "row":
      return number(0);
    case "span":
      return spanOf(text);
    case "time":
      return timeOf(text);
    case "nobody":
      return text ? address() : NATIVE;
    case "address":
      return address();
    case "party":
      return /^[0-9]+$/.test(text) ? BigInt(text) : address();
    case "metric":
      return isKey(text) || /^0x[0-9a-f]{64}$/.test(text) ? text : undefined;
    case "hash":
      return /^0x[0-9a-f]{64}$/.test(text) ? text : undefined;
    case "flag":
      return text === "true";
    case "word":
      return text;
  }
}

const UNITS = [
  ["d", DAY],
  ["h", 3_600n],
  ["min", 60n],
  ["s", 1n],
] as const;

/** `14d`, `1d 12h`, as canvases have it. */
function spanText(seconds: bigint): string {
  let rest = seconds;
  const parts = UNITS.map(([unit, size]) => {
    const count = rest / size;
    rest %= size;
    return count ? `${count}${unit}` : "";
  });
  return parts.filter(Boolean).join(" ") || "0";
}

function spanOf(text: string): bigint | undefined {
  const found = /^(?:(\d{1,9}) ?d)? ?(?:(\d{1,9}) ?h)? ?(?:(\d{1,9}) ?min)? ?(?:(\d{1,9}) ?s)?$/.exec(text);
  if (text === "0") return 0n;
  if (!found || !text) return undefined;
  return UNITS.reduce((sum, [, size], i) => sum + BigInt(found[i + 1] ?? 0) * size, 0n);
}

/** In the time of the one who types, as the browser's field takes it; empty: none. */
function timeText(seconds: bigint): string {
  const time = new Date(Number(seconds) * 1000);
  // a year of more digits fits in no such field
  if (!seconds || !(time.getFullYear() < 10_000)) return "";
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, seconds % 60n ? 19 : 16);
}

function timeOf(text: string): bigint | undefined {
  if (!text) return 0n;
  const time = new Date(text).getTime();
  return Number.isNaN(time) || time < 0 ? undefined : BigInt(Math.floor(time / 1000));
}

type Document = { [key: string]: Json };

/** What becomes of terms; rows stand where the contracts want them. */
export function edited(terms: Terms, { given, leaves, joins }: Draft, currency: Currency): Edited {
  const faults = new Map<string, Sort>();
  const typed = (place: string, sort: Sort, known: Json | undefined): Json => {
    const text = given[place];
    if (text === undefined && known !== undefined) return known;
    const value = valueOf(sort, text ?? "", currency);
    if (value === undefined) faults.set(place, sort);
    return value ?? null;
  };
  const document = documentOfTerms(terms);
  for (const [place, sort] of HEAD) {
    const [first, second] = place.split(".") as [string, string?];
    const holder = second ? (document[first] as Document) : document;
    const name = second ?? first;
    holder[name] = typed(place, sort, holder[name]);
  }
  const goal = document["goal"] as Document;
  const measures = goal["measures"] as Document[];
  goal["measures"] = Array.from({ length: MEASURES }, (_, i) => {
    const known = measures[i];
    const place = `goal.measures.${i}`;
    if (!(given[`${place}.metric`] ?? known?.["metric"])) return null;
    const metric = typed(`${place}.metric`, "metric", known?.["metric"]);
    const sort = metric === "proceeds" ? "amount" : "number";
    const [benchmark, target] = ["benchmark", "target"].map((name) => typed(`${place}.${name}`, sort, known?.[name]));
    return { metric, benchmark: benchmark!, target: target! };
  }).filter((each) => each !== null);
  const stay = (document["rows"] as Document[]).filter((row) => !leaves.includes(Number(row["id"])));
  const rows = [...stay, ...joins.map((id): Document => ({ id: BigInt(id) }))].map((row): Document => {
    const place = `rows.${String(row["id"])}`;
    const fields = ROW.map(([name, sort]) => {
      const known = row[name] ?? (sort === "address" ? undefined : 0n);
      return [name, typed(`${place}.${name}`, sort, known)] as const;
    });
    return { ...row, party: typed(`${place}.party`, "party", row["party"]), ...Object.fromEntries(fields) };
  });
  if (faults.size) return { after: null, faults };
  try {
    const after = termsFromDocument({ ...document, rows });
    return { after: { ...after, rows: inOrder(after.rows) }, faults };
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    // the fields are as they must be: it is about several of them
    return { after: null, faults: new Map([[error.details["field"] ?? "", "metric"]]) };
  }
}

/** The leader, other nodes by ME, then beneficiaries. */
function inOrder(rows: readonly Row[]): Row[] {
  const [leader, ...others] = nodesOf({ rows } as Terms);
  others.sort((one, other) => (one.party < other.party ? -1 : 1));
  return [...(leader ? [leader] : []), ...others, ...rows.filter((row) => !isNode(row))];
}
