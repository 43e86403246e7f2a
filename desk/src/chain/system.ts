/** The contracts that all EMCs share; on every chain at the same addresses. */

import type { Address } from "../core/types.ts";
import type { Chain } from "./rpc.ts";

export type Part =
  | "MicroEnterprises"
  | "Pages"
  | "System"
  | "EMC"
  | "Consent"
  | "Changes"
  | "Conduct"
  | "Goals"
  | "CallForBids"
  | "Reputation";

/** Where the contracts of this version are. */
export declare const SYSTEM: Readonly<Record<Part, Address>>;

/** Whether the system is there: every contract has code. @throws DeskError no-system */
export declare function checkSystem(chain: Chain): Promise<void>;

/** A micro-enterprise of the registry. */
export interface Identity {
  me: bigint;
  account: Address;
  kind: number;
  category: number;
}

/** The ME of an account; null: it is not registered. */
export declare function identityOf(chain: Chain, account: Address): Promise<Identity | null>;

/** The accounts of MEs now, by ME id as decimal text. */
export declare function accountsOf(
  chain: Chain,
  mes: readonly bigint[],
): Promise<ReadonlyMap<string, Address>>;
