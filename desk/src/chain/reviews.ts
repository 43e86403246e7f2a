/** Ratings: blind, in two steps, and the record that follows from them. */

import type { Address, Call, Hex } from "../core/types.ts";
import type { Chain } from "./rpc.ts";

export interface Member {
  me: bigint;
  row: bigint;
  joined_at: bigint;
  left_at: bigint;
  is_expelled: boolean;
}

export type Phase = "UNOPENED" | "COMMIT" | "REVEAL" | "CLOSED";

export interface ReviewStanding {
  emc: Address;
  phase: Phase;
  commit_until: bigint;
  reveal_until: bigint;
  members: readonly Member[];
  committed: readonly number[];
  revealed: readonly number[];
  finalised: readonly number[];
}

/** Null: no review has begun. */
export declare function readReview(chain: Chain, emc: Address): Promise<ReviewStanding | null>;

/** Stars by member and criterion: delivery, quality, collaboration, user value; 0 no opinion. */
export type Stars = readonly (readonly [number, number, number, number])[];

/** Two bytes for each member. */
export declare function packStars(stars: Stars): Hex;

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
export declare function salted(
  chain_id: number,
  emc: Address,
  me: bigint,
  ratings: Hex,
  salt?: Hex,
): Salted;
export declare function writeSalt(salted: Salted): string;
/** @throws DeskError file-… */
export declare function readSalt(bytes: Uint8Array): Salted;

export declare function openReview(standing: import("../core/types.ts").Standing): Call;
export declare function commit(review: ReviewStanding, place: number, commitment: Hex): Call;
export declare function reveal(review: ReviewStanding, place: number, ratings: Hex, salt: Hex): Call;
export declare function finaliseReview(review: ReviewStanding): Call;

export interface Record_ {
  /** Hundredths of stars by criterion, and their mean; 0n unrated. */
  stars: readonly bigint[];
  overall: bigint;
  completed: bigint;
  goals_met: bigint;
  disbanded: bigint;
  expelled: bigint;
  withheld: bigint;
}
export declare function readRecord(chain: Chain, me: bigint): Promise<Record_>;
