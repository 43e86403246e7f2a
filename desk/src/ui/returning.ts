/** How orders go back where their merchant says nothing else: the canvas does. Mirrors `emc.client.returning`. */

import { getAddress, isAddress } from "viem/utils";
import { at } from "../core/canvas.ts";
import type { Order } from "../core/checkout.ts";
import type { Address, Agreement, Standing } from "../core/types.ts";
import { DAY } from "../core/units.ts";
import { count, say } from "../i18n/words.ts";
import { isSame } from "./parts.tsx";
import { agreementOf } from "./store.ts";

export interface Returning {
  days: bigint;
  /** What people call the cashier. */
  who: string;
  /** Null: it has left the EMC. */
  cashier: Address | null;
}

/** What a canvas says of orders that go back: for how many days, the cashier, and what people call it; null: nothing. */
function saidIn({ canvas, labels }: Agreement): { days: bigint; key: string; who: string } | null {
  const [days, key] = [at(canvas, "returns", "days"), at(canvas, "returns", "cashier")];
  if (typeof days !== "bigint" || typeof key !== "string") return null;
  return { days, key, who: labels.find((each) => each.key === key)?.name ?? key };
}

/** The same in words; empty: nothing. */
export function returningTold(paper: Agreement): string {
  const said = saidIn(paper);
  return said ? count("returning.for", Number(said.days), { who: said.who }) : "";
}

/** What holds in an EMC; null: its file does not lie here, its canvas says nothing or is in force no more. */
export function returningOf({ chain_id, emc, terms, rows }: Standing): Returning | null {
  const paper = agreementOf(chain_id, emc);
  const said = paper && saidIn(paper);
  if (!said || paper.terms.canvas !== terms.canvas) return null;
  const { days, key, who } = said;
  if (isAddress(key)) return { days, who, cashier: getAddress(key) };
  const me = at(paper.parties, "nodes", key, "me");
  const row = rows.find((each) => each.row.party === me);
  return { days, who, cashier: row?.controller ?? null };
}

/** In what an order is not as the canvas says. */
export function departures({ cashier, due_at }: Order, standing: Standing): string[] {
  const said = returningOf(standing);
  const now = standing.block.timestamp;
  if (!said) return [];
  if (due_at <= now) return [say("returning.none")];
  const isOther = said.cashier && !isSame(cashier, said.cashier);
  const isLonger = due_at > now + said.days * DAY;
  return [
    isOther && say("returning.cashier", { who: said.who }),
    isLonger && count("returning.longer", Number(said.days)),
  ].filter((each) => each !== false && each !== null);
}
