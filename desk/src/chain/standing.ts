/** How an EMC stands, everything proven: terms by their hash, views as of one block. */

import type {
  Address,
  Happened,
  Label,
  Payout,
  Standing,
  Task,
  Terms,
} from "../core/types.ts";
import type { Reading } from "./logs.ts";
import type { Chain } from "./rpc.ts";

/**
 * An EMC at the chain's block.
 *
 * @param known Terms that a file gives; they count only where their hash fits, and save the scan.
 * @throws DeskError no-emc, terms-unproven, rpc-…
 */
export declare function readStanding(
  chain: Chain,
  emc: Address,
  options?: Reading & { known?: readonly Terms[]; labels?: readonly Label[] },
): Promise<Standing>;

/** Whether Consent made an EMC, by its terms hash; cheap. */
export declare function isEmc(chain: Chain, emc: Address): Promise<boolean>;

/** The payment runs of an EMC, newest part first while it is read; at last oldest first. */
export declare function readPayouts(
  chain: Chain,
  standing: Standing,
  reading?: Reading & { onPayouts?: (payouts: readonly Payout[]) => void },
): Promise<Payout[]>;

/** Everything else that happened to an EMC, in the order of the chain. */
export declare function readActivity(
  chain: Chain,
  emc: Address,
  reading?: Reading,
): Promise<Happened[]>;

/** What waits, for whom, until when; what can be done now first. `me`: only for its row or anyone. */
export declare function tasks(standing: Standing, me?: bigint): Task[];

/** Looks through the chain for EMCs in which an ME has or had a row. */
export declare function scan(
  chain: Chain,
  me: bigint,
  reading: Reading & { onEmc: (emc: Address, terms: Terms) => void; from?: bigint },
): Promise<void>;
