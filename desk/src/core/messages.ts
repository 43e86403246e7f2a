/**
 * What a node signs, as EIP-712 typed data: its own numbers in flat fields. Mirrors
 * `emc.core.typed_data`; the types are those that it and the contracts have.
 */

import { concat, hashStruct, keccak256 } from "viem/utils";
import generated from "./generated.json";
import { gateOf, termsHash } from "./terms.ts";
import type {
  Act,
  Address,
  Field,
  Hashes,
  Hex,
  Message,
  MessageName,
  Room,
  Row,
  Terms,
} from "./types.ts";

/** The contract that counts a signature. */
export interface Domain {
  chain_id: number;
  room: Room;
  at: Address;
}

interface Common {
  emc: Address;
  epoch: number;
  signer: Address;
  deadline: bigint;
  nonce: bigint;
}

/** A node that is in no row of the terms, or that says nothing about them. */
interface Own {
  row: number;
  me: bigint;
}

/** A node's word on terms that it is in (Consent, Changes). */
export function agreement(
  domain: Domain,
  { act, terms, row, ...common }: Common & { act: Act; terms: Terms; row: Row },
): Message {
  return message(domain, "Agreement", {
    ...spelt(common),
    act,
    terms: termsHash(terms),
    row: BigInt(row.id),
    me: row.party,
    payee: row.payee,
    currency: terms.currency,
    base: row.base,
    leading: row.leading,
    upside: row.upside,
    lower: row.lower,
    upper: row.upper,
    running: row.running,
    cost: row.cost,
    gate: gateOf(terms),
    ends: terms.ends_at,
    backstop: terms.backstop,
  });
}

/** The word on new terms of a node that is not in them (Changes). */
export function departure(
  domain: Domain,
  { terms, ...own }: Common & Own & { terms: Terms },
): Message {
  return message(domain, "Departure", {
    ...spelt(own),
    terms: termsHash(terms),
    currency: terms.currency,
    gate: gateOf(terms),
    ends: terms.ends_at,
    backstop: terms.backstop,
  });
}

/** A vote to expel another (Conduct). `charged`: when it was first charged with the clause. */
export function expulsion(
  domain: Domain,
  { accused, ...rest }: Common & Own & { accused: number; charged: bigint; clause: string },
): Message {
  return message(domain, "Expulsion", { ...spelt(rest), accused: BigInt(accused) });
}

/** The word of a node that the EMC ends now (Conduct). */
export function disbanding(
  domain: Domain,
  { terms, ...own }: Common & Own & { terms: Terms },
): Message {
  return message(domain, "Disbanding", {
    ...spelt(own),
    currency: terms.currency,
    backstop: terms.backstop,
  });
}

/** The word of a node that a value of the goal is final at once (Goals). */
export function assessment(
  domain: Domain,
  values: Common &
    Own & { metric: string; value: bigint; measured: bigint; evidence: Hex },
): Message {
  return message(domain, "Assessment", spelt(values));
}

/** Domain hash, message hash and digest, in the order in which devices show them. */
export function hashes({ types, primaryType, domain, message }: Message): Hashes {
  const hash = (data: object, primaryType: string): Hex =>
    hashStruct({ data, primaryType, types } as never);
  const [own, struct] = [hash(domain, "EIP712Domain"), hash(message, primaryType)];
  return { domain: own, message: struct, digest: keccak256(concat(["0x1901", own, struct])) };
}

/**
 * The message as `eth_signTypedData_v4` takes it. Numbers of the message as decimal text, since
 * wallets read JSON numbers with 53 bits; the chain id as a number, since they compare it so.
 */
export function forWallet(found: Message): string {
  return JSON.stringify(found, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/** The fields of a message type in their order, for showing what the wallet must show. */
export function fieldsOf(name: MessageName): readonly Field[] {
  return fieldsFrom(generated.messages.types[name]);
}

/** Fields as EIP-712 writes them: `address emc,uint256 epoch`. */
export function fieldsFrom(text: string): Field[] {
  return text.split(",").map((each) => {
    const [type = "", name = ""] = each.split(" ");
    return { name, type };
  });
}

/** What every domain of ours, and of tokens, is made of. */
export const DOMAIN = fieldsFrom(
  "string name,string version,uint256 chainId,address verifyingContract",
);

function spelt<T extends { epoch: number; row?: number }>(
  values: T,
): Record<string, bigint | string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? BigInt(value) : (value as bigint | string),
    ]),
  );
}

function message(
  domain: Domain,
  kind: MessageName,
  values: Record<string, bigint | string>,
): Message {
  const fields = fieldsOf(kind);
  const ordered = fields.map(({ name }) => [name, values[name]!] as const);
  return {
    types: { EIP712Domain: DOMAIN, [kind]: fields },
    primaryType: kind,
    domain: {
      name: `EMC ${domain.room}`,
      version: generated.messages.version,
      chainId: domain.chain_id,
      verifyingContract: domain.at,
    },
    message: Object.fromEntries(ordered),
  };
}
