/** What a node signs: its own numbers in flat fields, as EIP-712 typed data. */

import type {
  Act,
  Address,
  Field,
  Hashes,
  Hex,
  Message,
  MessageName,
  Metric,
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
  signer: Address;
  deadline: bigint;
  nonce: bigint;
}

export declare function agreement(
  domain: Domain,
  values: Common & { act: Act; epoch: number; terms: Terms; row: Row },
): Message;
export declare function departure(
  domain: Domain,
  values: Common & { epoch: number; terms: Terms; row: number; me: bigint },
): Message;
export declare function expulsion(
  domain: Domain,
  values: Common & {
    epoch: number;
    accused: number;
    charged: bigint;
    clause: string;
    row: number;
    me: bigint;
  },
): Message;
export declare function disbanding(
  domain: Domain,
  values: Common & { epoch: number; terms: Terms; row: number; me: bigint },
): Message;
export declare function assessment(
  domain: Domain,
  values: Common & {
    epoch: number;
    metric: Metric;
    value: bigint;
    measured: bigint;
    evidence: Hex;
    row: number;
    me: bigint;
  },
): Message;

/** Domain hash, message hash and digest, in the order in which devices show them. */
export declare function hashes(message: Message): Hashes;

/** The message as `eth_signTypedData_v4` takes it: numbers as decimal text, the chain id as number. */
export declare function forWallet(message: Message): string;

/** The fields of a message type in their order, for showing what the wallet must show. */
export declare function fieldsOf(name: MessageName): readonly Field[];
