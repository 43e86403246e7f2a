/** Files that strangers mail: agreements and proposals, rebuilt and never believed. */

import type {
  Act,
  Agreement,
  Change,
  Json,
  Merged,
  Message,
  Paper,
  Proposal,
  Signature,
  Terms,
  Address,
  Hex,
} from "./types.ts";

export const MAX_BYTES = 2 ** 20;

/**
 * The agreement or the proposal in a file; every hash in it is computed anew.
 *
 * @param bytes At most MAX_BYTES count.
 * @throws DeskError file-…: `field` names what is wrong.
 */
export declare function readPaper(bytes: Uint8Array): Paper;

/** The file's text, with its checks; Python's tools read it. */
export declare function writePaper(paper: Paper): string;

/** A file name for it: `breakfast-box.agreement.json`. */
export declare function fileName(paper: Paper): string;

/** With one more signature, in place of the row's earlier one. */
export declare function withSignature<P extends Paper>(paper: P, signature: Signature): P;

/**
 * Merge files that ask for the same, in any order; what does not fit is left out, with its reason.
 *
 * @throws DeskError none can be used: that of the first.
 */
export declare function merge(
  files: readonly { name: string; bytes: Uint8Array }[],
): Promise<Merged>;

/** Node rows of an agreement without a signature in it. */
export declare function missing(agreement: Agreement): number[];

/** The message that the signer of an agreement's row signs. */
export declare function agreementMessage(
  agreement: Agreement,
  row: number,
  signer: Address,
  deadline: bigint,
  nonce: bigint,
): Message;

/**
 * What a change makes of the terms in force.
 *
 * @throws DeskError file-hash: they are not those that the file names.
 */
export declare function termsAfter(proposal: Proposal, terms: Terms): Terms;

/** A proposal from a change, for a file that has no signatures yet. */
export declare function propose(
  chain_id: number,
  emc: Address,
  epoch: number,
  terms: Terms,
  change: Change,
): Proposal;

export type { Act, Hex, Json };
