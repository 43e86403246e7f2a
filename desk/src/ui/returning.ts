/** How orders go back where their merchant says nothing else: the canvas does. Mirrors `emc.client.returning`. */

import { getAddress, isAddress } from "viem/utils";
import { at } from "../core/canvas.ts";
import type { Order } from "../core/checkout.ts";
import type { Address, Agreement, Standing } from "../core/types.ts";
import { count, say } from "../i18n/words.ts";
import { isSame } from "./parts.tsx";
import { agreementOf } from "./store.ts";

export const DAY = 86_400n;

export interface Returning {
  days: bigint;
  /** What people call the cashier. */
  who: string;
  /** Null: it has left the EMC. */
  cashier: Address | null;
}

/** What a canvas says of orders that go back, in words; empty: nothing. */
export function returningTold({ canvas, labels }: Agreement): string {
  const [days, who] = [at(canvas, "returns", "days"), at(canvas, "returns", "cashier")];
  if (typeof days !== "bigint" || typeof who !== "string") return "";
  return count("returning.for", Number(days), { who: labels.find((each) => each.key === who)?.name ?? who });
}

/** What holds in an EMC; null: its file does not lie here, its canvas says nothing or is in force no more. */
export function returningOf({ chain_id, emc, terms, rows }: Standing): Returning | null {
  const paper = agreementOf(chain_id, emc);
  const [days, who] = [at(paper?.canvas, "returns", "days"), at(paper?.canvas, "returns", "cashier")];
  if (!paper || typeof days !== "bigint" || typeof who !== "string" || paper.terms.canvas !== terms.canvas) return null;
  if (isAddress(who)) return { days, who, cashier: getAddress(who) };
  const me = at(paper.parties, "nodes", who, "me");
  const row = rows.find((each) => each.row.party === me);
  const name = paper.labels.find((each) => each.key === who)?.name ?? who;
  return { days, who: name, cashier: row?.controller ?? null };
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
