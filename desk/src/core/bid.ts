/** Bids as files, hashed as Python hashes them, and what is committed to under seal. Mirrors `emc.files.calls`. */

import { encodeAbiParameters, keccak256, stringToHex } from "viem/utils";
import { at } from "./canvas.ts";
import { Fields } from "./fields.ts";
import { canonical, load, sealed } from "./json.ts";
import type { Address, Hex, Json } from "./types.ts";
import { PPM } from "./units.ts";

/** What a bidder writes; parts and amounts as decimal text. */
export interface Bid {
  key: string;
  name: string;
  solution: string;
  obligations: readonly string[];
  expected_performance: readonly string[];
  resources: readonly string[];
  share: { lower: string; upper: string; asked: string };
  cost_cover: string;
  running_cost: string;
  payee: Address;
}

/** What a leader looks for. */
export interface CallPaper {
  title: string;
  role: string;
  scenario: string;
  proposition: string;
  needs: readonly string[];
  share: { lower: string; upper: string };
  places: number;
  deadline: string;
  sealed: boolean;
  reveal: string;
  currency: { symbol: string; decimals: number };
}

/** Text on one line in the one spelling that is hashed. */
export const plainText = (text: string): string => text.replace(/[\p{C}\s]+/gu, " ").trim().normalize("NFC");

/** An amount without spare zeros. */
export function plainNumber(text: string): string {
  const [whole = "", part = ""] = text.trim().replace(",", ".").split(".");
  const rest = part.replace(/0+$/, "");
  return (whole.replace(/^0+(?=.)/, "") || "0") + (rest && `.${rest}`);
}

const documentOf = (paper: Bid | CallPaper): Json => paper as unknown as Json;

export const documentHash = (paper: Bid | CallPaper): Hex => keccak256(stringToHex(canonical(documentOf(paper))));

/** The file, which `emc bid place` and `emc call show` read too. */
export const writeDocument = (paper: Bid | CallPaper): string => `${JSON.stringify(paper, null, 2)}\n`;

/** What a document says in some of its fields, if its hash is the one that is on chain. */
export function opened(bytes: Uint8Array, hash: Hex): { [key: string]: Json } | null {
  const found = load(bytes);
  return at(found, "share") && keccak256(stringToHex(canonical(found))) === hash
    ? (found as { [key: string]: Json })
    : null;
}

/** What a bid is bound to. */
export interface Place {
  chain_id: number;
  contract: Address;
  call: bigint;
  me: bigint;
}

export function commitmentTo({ chain_id, contract, call, me }: Place, share: bigint, document: Hex, salt: Hex): Hex {
  const types = ["uint256", "address", "uint256", "uint256", "uint256", "bytes32", "bytes32"];
  const values = [BigInt(chain_id), contract, call, me, share, document, salt];
  return keccak256(encodeAbiParameters(types.map((type) => ({ type })), values as never));
}

/** A sealed bid and what opens it; its file is saved before anything is sent. */
export interface SealedBid extends Place {
  share: bigint;
  document: Hex;
  salt: Hex;
  commitment: Hex;
}

/** The file that `emc bid reveal` finds too, by its commitment. */
export function writeSeal(of: SealedBid, bid: Bid): string {
  return sealed({
    chain_id: BigInt(of.chain_id),
    contract: of.contract,
    about: `call-${of.call}`,
    me: of.me,
    commitment: of.commitment,
    salt: of.salt,
    opens: { share: of.share, document: of.document, bid: documentOf(bid) },
  });
}

/** @throws DeskError file-…: not a salt, or it does not open its commitment */
export function readSeal(bytes: Uint8Array): SealedBid {
  const fields = Fields.of(load(bytes));
  const opens = fields.inner("opens");
  const place = {
    chain_id: fields.number("chain_id", 1, Number.MAX_SAFE_INTEGER),
    contract: fields.address("contract"),
    call: BigInt(fields.text("about", /^call-[0-9]{1,77}$/).slice(5)),
    me: fields.whole("me", 1n, (1n << 160n) - 1n),
  };
  const share = opens.whole("share", 0n, PPM);
  const document = opens.hash("document");
  const salt = fields.hash("salt");
  const commitment = commitmentTo(place, share, document, salt);
  if (fields.hash("commitment") !== commitment) fields.fail("commitment");
  return { ...place, share, document, salt, commitment };
}
