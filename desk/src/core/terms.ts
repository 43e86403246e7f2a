/** The table: packing, encoding, hash, and where an EMC will be. */

import type { Address, Head, Hex, Json, PackedRow, Row, Terms } from "./types.ts";

export const NATIVE: Address = "0x0000000000000000000000000000000000000000";
export const BACKSTOP = 128;
export const ASSESSOR = 128;

/** The row's three words. */
export declare function pack(row: Row): PackedRow;

/**
 * The row behind three words.
 *
 * @throws DeskError file-terms: spare bits are set.
 */
export declare function unpack(words: PackedRow): Row;

/** The first argument of the contracts' functions. */
export declare function headOf(terms: Terms): Head;

/** The second argument. */
export declare function packedRows(terms: Terms): PackedRow[];

/** keccak-256 of the encoded table. */
export declare function termsHash(terms: Terms): Hex;

/** Where Consent makes the EMC; accounts of the nodes in the order of the rows. */
export declare function emcAddress(
  consent: Address,
  implementation: Address,
  accounts: readonly Address[],
  hash: Hex,
): Address;

export declare function isNode(row: Row): boolean;
export declare function nodesOf(terms: Terms): Row[];
export declare function rowOf(terms: Terms, id: number): Row | undefined;

/** The terms after a renegotiation: shares by row id; others stay. */
export declare function withShares(
  terms: Terms,
  shares: readonly { row: number; base: bigint; leading: bigint; upside: bigint }[],
): Terms;

/** The terms after a node has left: its shares are the sink's. */
export declare function without(terms: Terms, row: number): Terms;

/** The shares as Changes takes them, a word per row. */
export declare function shareWords(terms: Terms): bigint[];

/**
 * The terms behind the plain values of a file.
 *
 * @throws DeskError file-terms: not terms; `field` names the place.
 */
export declare function termsFromDocument(document: Json, where?: string): Terms;

/** Terms as plain values, for a file. */
export declare function documentOfTerms(terms: Terms): { [key: string]: Json };

/** A difference between two sets of terms, by dotted place: `goal.target`, `rows.3.payee`. */
export interface Difference {
  place: string;
  /** Row id, where it is about a row. */
  row?: number;
  before: string | bigint | boolean | undefined;
  after: string | bigint | boolean | undefined;
}

/** Everything in which terms differ; rows are told apart by id, and a row that comes or goes is
 * listed by all of its fields. */
export declare function differences(before: Terms, after: Terms): Difference[];

/** The metric and the gate of the goal in words of the files. */
export declare function metricOf(terms: Terms): import("./types.ts").Metric;
export declare function gateOf(terms: Terms): import("./types.ts").Gate;
