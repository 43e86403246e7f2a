/** Calls for bids: read, answered, awarded. Mirrors `emc.client.bidding`. */

import { numberToHex, toHex } from "viem/utils";
import { commitmentTo, type Place, type SealedBid } from "../core/bid.ts";
import { headOf, packedRows } from "../core/terms.ts";
import { printable } from "../core/text.ts";
import { type Address, type Bar, type Call, DeskError, type Hex, type Terms } from "../core/types.ts";
import { callOf } from "./calls.ts";
import { logs } from "./logs.ts";
import type { Chain } from "./rpc.ts";
import { SYSTEM } from "./system.ts";

const act = (name: string, ...args: unknown[]): Call =>
  callOf("CallForBids", SYSTEM.CallForBids, name, args);
const ask = (chain: Chain, name: string, ...args: unknown[]): Promise<unknown> =>
  chain.read("CallForBids", SYSTEM.CallForBids, name, ...args);

const PHASES: Record<string, "OPEN" | "REVEAL" | "AWARD" | "CLOSED"> = { 1: "OPEN", 2: "REVEAL", 4: "AWARD", 8: "CLOSED" };
const STATES: Record<string, BidState> = { 1: "SEALED", 2: "OPEN", 4: "WITHDRAWN", 8: "AWARDED", 16: "DECLINED" };
export type BidState = "NONE" | "SEALED" | "OPEN" | "WITHDRAWN" | "AWARDED" | "DECLINED";

/** What a leader looks for. */
export interface Posting {
  number: bigint;
  leader: bigint;
  phase: "OPEN" | "REVEAL" | "AWARD" | "CLOSED";
  /** Zero: an EMC that is yet to be formed. */
  emc: Address;
  role: string;
  document: Hex;
  lower: bigint;
  upper: bigint;
  places: bigint;
  awarded: bigint;
  closes_at: bigint;
  /** Seconds after it to open sealed bids; 0n: bids are open. */
  reveal: bigint;
  bar: Bar;
}

/** An ME's bid; of a sealed one only its commitment is known. */
export interface Offer {
  me: bigint;
  state: BidState;
  hash: Hex;
  share?: bigint;
  document?: Hex;
  uri?: string;
}

/** How many calls there are; they are counted from 1. */
export const countCalls = (chain: Chain): Promise<bigint> => ask(chain, "count") as Promise<bigint>;

/** @throws DeskError no-call */
export async function readCall(chain: Chain, number: bigint): Promise<Posting> {
  const [leader, phase, call, [, awarded]] = (await Promise.all([
    ask(chain, "leader_of", number),
    ask(chain, "phase_of", number),
    ask(chain, "call_of", number),
    ask(chain, "tally_of", number),
  ])) as [bigint, bigint, Omit<Posting, "number" | "leader" | "phase" | "awarded">, [bigint, bigint]];
  const word = PHASES[String(phase)];
  if (!leader || !word) throw new DeskError("no-call", { call: String(number) });
  return { ...call, role: printable(call.role, 80), number, leader, phase: word, awarded };
}

/** The bids of a call, in the order in which MEs first bid, and where its document can be read. */
export async function readOffers(chain: Chain, number: bigint): Promise<{ uri: string; offers: Offer[] }> {
  const contracts = { [SYSTEM.CallForBids]: "CallForBids" };
  const isLast = ({ name }: { name: string }): boolean => name === "Called";
  const topics = [null, numberToHex(number, { size: 32 })];
  let uri = "";
  const told = new Map<bigint, Record<string, unknown> | null>();
  for (const { name, args } of await logs(chain, { contracts, topics, isLast })) {
    if (name === "Called" || name === "CallAmended") uri = printable(String(args.uri), 260);
    if (name === "Bid" || name === "Sealed") told.set(args.me as bigint, name === "Bid" ? args : null);
  }
  const offers = [...told].map(async ([me, args]): Promise<Offer> => {
    const [state, hash] = (await ask(chain, "bid_of", number, me)) as [bigint, Hex];
    const offer = { me, state: STATES[String(state)] ?? "NONE", hash };
    if (!args || args.bid !== hash) return offer;
    const { share, document } = args as { share: bigint; document: Hex };
    return { ...offer, share, document, uri: printable(String(args.uri), 260) };
  });
  return { uri, offers: await Promise.all(offers) };
}

/** @throws DeskError meanwhile: its leader amended it, or its phase is another now */
export async function unchanged(chain: Chain, seen: Posting, why: string): Promise<void> {
  const plain = (of: Posting): string =>
    JSON.stringify({ ...of, awarded: 0n }, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  if (plain(await readCall(await chain.latest(), seen.number)) !== plain(seen)) throw new DeskError("meanwhile", { why });
}

/** A bid under a seal whose salt nobody can guess; the contract must compute commitments as the page does. */
export async function sealBid(chain: Chain, place: Place, share: bigint, document: Hex): Promise<SealedBid> {
  const fresh = (): Hex => toHex(crypto.getRandomValues(new Uint8Array(32)));
  // asked with values that mean nothing: whoever runs the node reads every question
  const [probe, other] = [fresh(), fresh()];
  const told = await ask(chain, "commitment_to", place.call, place.me, 0n, probe, other);
  if (told !== commitmentTo(place, 0n, probe, other)) throw new DeskError("digest-differs", {});
  const salt = fresh();
  return { ...place, share, document, salt, commitment: commitmentTo(place, share, document, salt) };
}

/** Only who leads a running EMC calls for who is to join it, and proves its terms. */
export function openCall(call: Omit<Posting, "number" | "leader" | "phase" | "awarded">, uri: string, terms?: Terms): Call {
  return terms ? act("open_late", call, uri, headOf(terms), packedRows(terms)) : act("open", call, uri);
}

export const placeBid = (call: bigint, share: bigint, document: Hex, uri: string): Call =>
  act("bid", call, share, document, uri);
export const seal = ({ call, commitment }: SealedBid): Call => act("seal", call, commitment);
export const unseal = ({ call, share, document, salt }: SealedBid, uri: string): Call =>
  act("unseal", call, share, document, uri, salt);
export const withdrawBid = (call: bigint): Call => act("withdraw", call);
export const award = (call: bigint, { me, hash }: Offer): Call => act("award", call, me, hash);
export const decline = (call: bigint, { me }: Offer): Call => act("decline", call, me);
export const closeBidding = (call: bigint): Call => act("close_bidding", call);
export const closeCall = (call: bigint): Call => act("close", call);
