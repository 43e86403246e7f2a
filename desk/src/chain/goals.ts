/** What nodes told of the goal and of themselves: final values, and reports. */

import { printable } from "../core/text.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Chain } from "./rpc.ts";
import { readActivity } from "./standing.ts";
import { SYSTEM } from "./system.ts";

/** The last final value of a measure; `measured_at` 0n: there is none. */
export async function finalOf(chain: Chain, emc: Address, metric: Hex): Promise<{ amount: bigint; measured_at: bigint }> {
  const [amount, measured_at] = (await chain.read("Goals", SYSTEM.Goals, "value_of", emc, metric)) as [bigint, bigint];
  return { amount, measured_at };
}

/** What a node said it has done, and the rows that confirm it. */
export interface Report {
  number: bigint;
  row: number;
  item: string;
  amount: bigint;
  evidence: Hex;
  by: readonly number[];
}

/** Every report, newest first. */
export async function readReports(chain: Chain, emc: Address): Promise<Report[]> {
  const found = new Map<bigint, Report>();
  for (const { room, name, args } of await readActivity(chain, emc)) {
    if (room !== "Goals") continue;
    const number = args.report as bigint;
    const row = Number(args.row);
    if (name === "Reported") {
      const { amount, evidence } = args as { amount: bigint; evidence: Hex };
      found.set(number, { number, row, item: printable(String(args.item)), amount, evidence, by: [] });
    }
    const known = found.get(number);
    if (name === "Countersigned" && known && !known.by.includes(row)) {
      found.set(number, { ...known, by: [...known.by, row] });
    }
  }
  return [...found.values()].reverse();
}
