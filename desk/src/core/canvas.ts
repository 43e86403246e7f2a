/**
 * Names and words of an agreement, from its canvas. They are what people wrote: numbers are the
 * table's, and where the canvas says something else, that is told.
 */

import { keccak256, stringToHex } from "viem/utils";
import generated from "./generated.json";
import { canonical, isDocument } from "./json.ts";
import { gateOf, isNode, metricOf, NATIVE, PROCEEDS } from "./terms.ts";
import { printable, SYMBOL } from "./text.ts";
import type { Currency, Hex, Json, Label, Row, Terms } from "./types.ts";
import { decimal, percent } from "./units.ts";

type Document = { [key: string]: Json };

/** Keccak-256 of the document as RFC 8785 JSON. */
export function canvasHash(canvas: Document): Hex {
  return keccak256(stringToHex(canonical(canvas)));
}

/** The canvas's currency; null: it names none that could be. */
export function currencyOf(canvas: Document): Currency | null {
  const found = at(canvas, "currency");
  if (!isDocument(found)) return null;
  const { symbol, decimals } = found;
  if (typeof symbol !== "string" || !SYMBOL.test(symbol)) return null;
  if (typeof decimals !== "bigint" || decimals < 0n || decimals > generated.limits.decimals) return null;
  return { symbol, decimals: Number(decimals) };
}

/** The part of the canvas that a row is written down in; null: none. */
export function partOf(canvas: Document, parties: Document, terms: Terms, row: Row): Document | null {
  const list = at(canvas, isNode(row) ? "nodes" : "beneficiaries");
  const parts = Array.isArray(list) ? list.filter(isDocument) : [];
  if (!isNode(row)) {
    const others = terms.rows.filter((each) => !isNode(each));
    return parts[others.indexOf(row)] ?? null;
  }
  return parts.find((part) => at(parties, "nodes", String(part.key), "me") === row.party) ?? null;
}

/** Who sits in each row, as far as the canvas names it. */
export function labelsOf(canvas: Document, parties: Document, terms: Terms): Label[] {
  const text = (value: Json | undefined): string =>
    typeof value === "string" ? printable(value) : "";
  return terms.rows.map((row) => {
    const part = partOf(canvas, parties, terms, row) ?? {};
    const role = isNode(row) ? text(part.role) : "beneficiary";
    return { row: row.id, key: text(part.key), name: text(part.name), role };
  });
}

/** Places where canvas and parties say something else than the table; empty: none. */
export function misfitsOf(
  canvas: Document,
  parties: Document,
  terms: Terms,
  currency: Currency,
): string[] {
  const found: string[] = [];
  const compare = (where: string, said: Json | undefined, fact: Json): void => {
    const same =
      typeof said === "string" && typeof fact === "string"
        ? plain(said) === plain(fact)
        : said === fact;
    if (!same) found.push(where);
  };
  const misfit = (where: string): void => void found.push(where);
  const amount = (units: bigint): string => decimal(units, currency.decimals);
  compare("kind", at(canvas, "kind"), terms.kind === 1n ? "experience" : "solution");
  const written = at(canvas, "leading_goal", "measures");
  const measures = Array.isArray(written) ? written.filter(isDocument) : [];
  compare("leading_goal.measures", `${measures.length}`, `${terms.goal.measures.length}`);
  measures.forEach((each, i) => {
    const where = `leading_goal.measures.${i}`;
    const metric = metricOf(String(each.metric));
    const found = terms.goal.measures.find((other) => other.metric === metric);
    if (!found) misfit(`${where}.metric`);
    else {
      const counted = (units: bigint): string => (metric === PROCEEDS ? amount(units) : `${units}`);
      compare(`${where}.benchmark`, each.benchmark, counted(found.benchmark));
      compare(`${where}.target`, each.target, counted(found.target));
    }
  });
  compare("leading_goal.gate", at(canvas, "leading_goal", "gate"), gateOf(terms));
  compare("leading_goal.ends_emc", at(canvas, "leading_goal", "ends_emc"), terms.goal.ends_emc);
  compare("disburse_at", at(canvas, "disburse_at"), amount(terms.disburse_at));
  compare("backstop", at(parties, "backstop"), terms.backstop);
  const token = terms.currency === NATIVE ? "native" : terms.currency;
  compare("currency", at(parties, "currency"), token);
  const rules = terms.renegotiation;
  compare("rules.renegotiation.quorum", at(canvas, "rules", "renegotiation", "quorum"), percent(rules.quorum));
  compare(
    "rules.renegotiation.objections",
    at(canvas, "rules", "renegotiation", "objections"),
    percent(rules.objections),
  );
  compare("rules.leaving.expulsion", at(canvas, "rules", "leaving", "expulsion"), percent(terms.leaving.expulsion));
  compare("rules.leaving.margin", at(canvas, "rules", "leaving", "margin"), percent(terms.leaving.margin));
  for (const row of terms.rows) {
    const part = partOf(canvas, parties, terms, row);
    if (part === null) {
      found.push(`rows.${row.id}`);
      continue;
    }
    const where = `${isNode(row) ? "nodes" : "beneficiaries"}.${printable(String(part.key))}`;
    for (const name of ["base", "leading", "upside", "lower", "upper"] as const) {
      compare(`${where}.share.${name}`, at(part, "share", name), percent(row[name]));
    }
    compare(`${where}.running_cost`, part.running_cost, percent(row.running));
    compare(`${where}.cost_cover`, part.cost_cover, amount(row.cost));
    const bound = isNode(row) ? "nodes" : "beneficiaries";
    compare(`${where}.payee`, at(parties, bound, String(part.key), "payee"), row.payee);
    if (!isNode(row)) {
      compare(`${where}.controller`, at(parties, bound, String(part.key), "controller"), row.party);
    }
  }
  return found;
}

/** What lies at a place; undefined: nothing. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  for (const name of path) {
    if (!isDocument(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** A decimal without spare zeros, an address in one case. */
function plain(text: string): string {
  if (/^[0-9]+\.[0-9]+$/.test(text)) return text.replace(/\.?0+$/, "");
  return text.toLowerCase();
}
