/** An agreement or a change beside the chain: who must agree, what each signs, who has. */

import type {
  Agreement,
  Call,
  Decision,
  Hashes,
  Hex,
  Message,
  Proposal,
  Standing,
  Voice,
  Address,
} from "../core/types.ts";
import type { Chain } from "./rpc.ts";

/** @throws DeskError other-chain, no-system, refused (the contract's reason), file-address */
export declare function decideFormation(chain: Chain, agreement: Agreement): Promise<Decision>;

/** @throws DeskError other-chain, other-epoch, not-active, file-hash, no-charge, no-value */
export declare function decideChange(
  chain: Chain,
  standing: Standing,
  proposal: Proposal,
): Promise<Decision>;

/** The voice of an account. @throws DeskError no-voice */
export declare function voiceOf(decision: Decision, account: Address): Voice;

/** What a voice signs. */
export declare function messageOf(decision: Decision, voice: Voice, deadline: bigint): Message;

/**
 * The hashes of a message, computed here and asked of the contract's digest view.
 *
 * @throws DeskError digest-differs: nothing may be signed.
 */
export declare function checkedHashes(
  chain: Chain,
  decision: Decision,
  voice: Voice,
  message: Message,
): Promise<Hashes & { contract: Hex }>;

/** Whether enough have agreed, nothing objects and the time has come; else why not. */
export declare function canSubmit(
  decision: Decision,
  now: bigint,
): { yes: true } | { yes: false; why: "missing" | "objections" | "window" | "early" | "late" };

/** The transaction that puts it in force, with every signature that counts. */
export declare function submission(decision: Decision, standing: Standing | null): Call;

/** Approve on chain instead of signing: what a contract wallet does. */
export declare function approval(decision: Decision, until: bigint): Call;

/** Void what the caller signed or approved for this EMC in this room. */
export declare function revocation(decision: Decision): Call;
