/** Signatures: one spelling, and who made them. */

import type { Address, DeskError, Hex, Message, Signature } from "./types.ts";

/**
 * The one spelling that the contracts take, of any that wallets give: v 0 and 1, EIP-2098's 64
 * bytes, the upper half of the curve's order. Other lengths are a contract wallet's and stay.
 */
export declare function normalised(signature: Hex): Hex;

/** The address whose key made a signature; null if nothing can be recovered. */
export declare function recovered(message: Message, signature: Hex): Promise<Address | null>;

/** Why a signature is not an account's own key's on a message; null if it is. */
export declare function fault(
  message: Message,
  signature: Hex,
  account: Address,
): Promise<DeskError | null>;

/**
 * What a wallet gave for a message, ready for a file.
 *
 * @throws DeskError signature-too-long.
 */
export declare function signatureOf(message: Message, data: Hex): Signature;
