/** Ratings: blind, in two steps, and the record that follows from them. */

import { encodeAbiParameters, keccak256, toHex } from "viem/utils";
import { Fields } from "../core/fields.ts";
import { load, sealed } from "../core/json.ts";
import { headOf, packedRows } from "../core/terms.ts";
import {
  DeskError,
  type Address,
  type Call,
  type Hex,
  type ReviewStanding,
  type Standing,
} from "../core/types.ts";
import { callOf } from "./calls.ts";
import type { Chain } from "./rpc.ts";
import { readActivity, readReviewFrom } from "./standing.ts";
import { SYSTEM } from "./system.ts";

export type { Member, Phase, ReviewStanding } from "../core/types.ts";

/** Members of a review that fit in one transaction of counting. */
const PART = 32;
const MAX_STARS = 5;

const of = (act: string, ...args: unknown[]): Call =>
  callOf("Reputation", SYSTEM.Reputation, act, args);

/** Null: no review has begun. */
export async function readReview(chain: Chain, emc: Address): Promise<ReviewStanding | null> {
  return readReviewFrom(chain, emc, await readActivity(chain, emc));
}

/** Stars by member and criterion: delivery, quality, collaboration, user value; 0 no opinion. */
export type Stars = readonly (readonly [number, number, number, number])[];

/** Two bytes for each member. @throws DeskError file-field: more than five stars */
export function packStars(stars: Stars): Hex {
  const digits = stars.flat().map((each) => {
    if (!Number.isInteger(each) || each < 0 || each > MAX_STARS) {
      throw new DeskError("file-field", { field: "stars" });
    }
    return each.toString(16);
  });
  return `0x${digits.join("")}`;
}

/** What a salt file holds; it is downloaded before the commitment is sent. */
export interface Salted {
  chain_id: number;
  reputation: Address;
  emc: Address;
  me: bigint;
  ratings: Hex;
  salt: Hex;
  commitment: Hex;
}

/** A commitment, with a salt that nobody can guess. */
export function salted(
  chain_id: number,
  emc: Address,
  me: bigint,
  ratings: Hex,
  salt: Hex = toHex(crypto.getRandomValues(new Uint8Array(32))),
): Salted {
  const reputation = SYSTEM.Reputation;
  const types = ["uint256", "address", "address", "uint256", "bytes", "bytes32"];
  const commitment = keccak256(
    encodeAbiParameters(
      types.map((type) => ({ type })),
      [BigInt(chain_id), reputation, emc, me, ratings, salt] as never,
    ),
  );
  return { chain_id, reputation, emc, me, ratings, salt, commitment };
}

/** The file that `emc rate reveal` finds too, by its commitment. */
export function writeSalt(found: Salted): string {
  return sealed({
    chain_id: BigInt(found.chain_id),
    contract: found.reputation,
    about: found.emc,
    me: found.me,
    commitment: found.commitment,
    salt: found.salt,
    opens: { ratings: found.ratings },
  });
}

/** @throws DeskError file-…: not a salt, or it does not open its commitment */
export function readSalt(bytes: Uint8Array): Salted {
  const fields = Fields.of(load(bytes));
  const opens = fields.inner("opens");
  const ratings = opens.text("ratings", /^0x([0-9a-f]{4}){0,128}$/) as Hex;
  const found = salted(
    fields.number("chain_id", 1, Number.MAX_SAFE_INTEGER),
    fields.address("about"),
    fields.whole("me", 1n, (1n << 160n) - 1n),
    ratings,
    fields.hash("salt"),
  );
  if (fields.address("contract").toLowerCase() !== found.reputation.toLowerCase()) {
    fields.fail("contract");
  }
  if (fields.hash("commitment") !== found.commitment) fields.fail("commitment");
  return found;
}

export function openReview({ emc, terms }: Standing): Call {
  return of("open", emc, headOf(terms), packedRows(terms));
}

/** @param place The caller's place in the list of members. */
export function commit({ emc, members }: ReviewStanding, place: number, commitment: Hex): Call {
  return of("commit", emc, members, BigInt(place), commitment);
}

export function reveal(
  { emc, members }: ReviewStanding,
  place: number,
  ratings: Hex,
  salt: Hex,
): Call {
  return of("reveal", emc, members, BigInt(place), ratings, salt);
}

/** Count those who are not counted yet, as many as fit. */
export function finaliseReview({ emc, members, finalised }: ReviewStanding): Call {
  const places = members.map((_, place) => place).filter((place) => !finalised.includes(place));
  return of("finalise", emc, members, places.slice(0, PART).map(BigInt));
}

/** What is known of an ME: stars in hundredths by criterion and their mean, 0n unrated; and facts. */
export interface Record_ {
  stars: readonly bigint[];
  overall: bigint;
  completed: bigint;
  goals_met: bigint;
  disbanded: bigint;
  expelled: bigint;
  withheld: bigint;
}

export async function readRecord(chain: Chain, me: bigint): Promise<Record_> {
  const view = (name: string) => chain.read("Reputation", SYSTEM.Reputation, name, me);
  const [[stars, overall], facts] = (await Promise.all([view("stars_of"), view("facts_of")])) as [
    [readonly bigint[], bigint],
    Omit<Record_, "stars" | "overall">,
  ];
  return { ...facts, stars, overall };
}
