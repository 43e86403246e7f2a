/** Tokens as they are: what some can do by a signature, proven by what they say of themselves. */

import { encodeAbiParameters, keccak256, stringToHex } from "viem/utils";
import { PERMIT_TYPE, permitOf, type TokenDomain } from "../core/checkout.ts";
import { type Address, DeskError, type Hex, type Message } from "../core/types.ts";
import type { Chain } from "./rpc.ts";

const DOMAIN_TYPE = keccak256(
  stringToHex("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
);

/** A view that a token may not have; null: it has none. @throws DeskError rpc-… */
async function view(chain: Chain, token: Address, name: string, ...args: unknown[]): Promise<unknown> {
  try {
    return await chain.read("Token", token, name, ...args);
  } catch (error) {
    if (error instanceof DeskError && ["refused", "rpc-answer"].includes(error.code)) return null;
    throw error;
  }
}

function separator({ name, version }: TokenDomain, chain_id: number, token: Address): Hex {
  const types = ["bytes32", "bytes32", "bytes32", "uint256", "address"].map((type) => ({ type }));
  const values = [DOMAIN_TYPE, keccak256(stringToHex(name)), keccak256(stringToHex(version)), BigInt(chain_id), token];
  return keccak256(encodeAbiParameters(types, values as never));
}

/** What signatures for a token are bound to, proven by its DOMAIN_SEPARATOR; null: none that is known. */
export async function domainOf(chain: Chain, token: Address): Promise<TokenDomain | null> {
  const [proof, said, name] = await Promise.all([
    view(chain, token, "DOMAIN_SEPARATOR"),
    view(chain, token, "eip712Domain") as Promise<readonly unknown[] | null>,
    view(chain, token, "name") as Promise<string | null>,
  ]);
  const told = said ? [{ name: String(said[1]), version: String(said[2]) }] : [];
  const usual = name === null ? [] : ["1", "2"].map((version) => ({ name, version }));
  return [...told, ...usual].find((each) => separator(each, chain.id, token) === proof) ?? null;
}

/** Whether an authorization was used or cancelled; null: the token takes none (EIP-3009). */
export async function isUsed(chain: Chain, token: Address, owner: Address, nonce: Hex): Promise<boolean | null> {
  return (await view(chain, token, "authorizationState", owner, nonce)) as boolean | null;
}

/** The message by which a spender may pull exactly an amount; null: no permits, or others (DAI). */
export async function permitFor(
  chain: Chain,
  token: Address,
  owner: Address,
  spender: Address,
  value: bigint,
): Promise<{ message: Message; deadline: bigint } | null> {
  // a contract wallet has no key that a permit is recovered from
  if ((await chain.code(owner)) !== "0x") return null;
  const [type, domain, nonce] = await Promise.all([
    view(chain, token, "PERMIT_TYPEHASH"),
    domainOf(chain, token),
    view(chain, token, "nonces", owner) as Promise<bigint | null>,
  ]);
  if ((type !== null && type !== keccak256(stringToHex(PERMIT_TYPE))) || !domain || nonce === null) return null;
  const deadline = chain.block.timestamp + 3_600n;
  const values = { owner, spender, value, nonce, deadline };
  return { message: permitOf({ ...domain, chain_id: chain.id, token }, values), deadline };
}
