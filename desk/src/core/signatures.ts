/** Signatures: one spelling, and who made them. */

import { recoverPublicKey } from "@noble/secp256k1";
import { getAddress, hexToBigInt, hexToBytes, keccak256, numberToHex } from "viem/utils";
import generated from "./generated.json";
import { hashes } from "./messages.ts";
import { DeskError, type Address, type Hex, type Message, type Signature } from "./types.ts";

/** The order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** Of a key's own signature. */
const BYTES = 65;

const size = (hex: Hex): number => (hex.length - 2) / 2;
const word = (number: bigint): string => numberToHex(number, { size: 32 }).slice(2);

/**
 * The one spelling that the contracts take, of any that wallets give: v 0 and 1, EIP-2098's 64
 * bytes, the upper half of the curve's order. Other lengths are a contract wallet's and stay.
 */
export function normalised(signature: Hex): Hex {
  const found = signature.toLowerCase() as Hex;
  if (!/^0x([0-9a-f]{2})*$/.test(found)) return found;
  const bytes = size(found);
  if (bytes !== BYTES && bytes !== BYTES - 1) return found;
  const r = found.slice(2, 66);
  let s = hexToBigInt(`0x${found.slice(66, 130)}`);
  let v: number;
  if (bytes === BYTES) {
    v = parseInt(found.slice(130), 16);
    if (v < 2) v += 27;
  } else {
    v = 27 + Number(s >> 255n);
    s &= (1n << 255n) - 1n;
  }
  // 31 and 32 are a Safe's own, anything else is nobody's: they stay as they are
  if (v !== 27 && v !== 28) return found;
  if (s > ORDER / 2n && s < ORDER) {
    s = ORDER - s;
    v = 55 - v;
  }
  return `0x${r}${word(s)}${v.toString(16)}`;
}

/** The address whose key made a signature, spelt as the contracts take it; null if none did. */
export function recovered(message: Message, signature: Hex): Address | null {
  const v = parseInt(signature.slice(130), 16);
  if (size(signature) !== BYTES || (v !== 27 && v !== 28)) return null;
  try {
    const told = new Uint8Array([v - 27, ...hexToBytes(signature).slice(0, 64)]);
    const digest = hexToBytes(hashes(message).digest);
    const key = recoverPublicKey(told, digest, { prehash: false, isCompressed: false });
    return getAddress(`0x${keccak256(key.slice(1)).slice(-40)}`);
  } catch {
    return null;
  }
}

/**
 * Why a signature, spelt as the contracts take it, is not an account's own key's on a message; null
 * if it is. Of an account with code only the account itself can say (ERC-1271).
 */
export function fault(message: Message, signature: Hex, account: Address): DeskError | null {
  if (size(signature) !== BYTES || normalised(signature) !== signature) {
    return new DeskError("not-a-signature");
  }
  const signer = recovered(message, signature);
  if (signer === null) return new DeskError("not-a-signature");
  if (signer.toLowerCase() === account.toLowerCase()) return null;
  return new DeskError("signed-other", { signer, account });
}

/**
 * What a wallet gave for a message, ready for a file.
 *
 * @throws DeskError signature-too-long: a contract wallet of many owners approves on chain.
 */
export function signatureOf({ message }: Message, data: Hex): Signature {
  const most = generated.limits.signature;
  if (size(data) > most) {
    throw new DeskError("signature-too-long", { bytes: String(size(data)), most: String(most) });
  }
  return {
    index: Number(message.row),
    signer: message.signer as Address,
    nonce: message.nonce as bigint,
    deadline: message.deadline as bigint,
    data: normalised(data),
  };
}
