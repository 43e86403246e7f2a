/** Logs in parts: never more at once than a node gives, with progress, to be stopped and resumed. */

import type { Address, Happened, Hex, Progress } from "../core/types.ts";
import type { Chain } from "./rpc.ts";

export interface Query {
  /** By address: the contract whose ABI decodes its logs. */
  contracts: Readonly<Record<Address, string>>;
  topics?: readonly (Hex | readonly Hex[] | null)[];
  from?: bigint;
  to?: bigint;
}

export interface Reading {
  onProgress?: (progress: Progress) => void;
  /** Found so far, oldest first in each part. */
  onFound?: (events: readonly Happened[]) => void;
  signal?: AbortSignal;
}

/**
 * Every log in a span of blocks, in the order of the chain. The newest part is read first.
 *
 * @throws DeskError stopped, rpc-…
 */
export declare function logs(chain: Chain, query: Query, reading?: Reading): Promise<Happened[]>;
