/** Logs in parts: never more at once than a node gives, with progress, to be stopped and resumed. */

import { getAddress, isHex, numberToHex } from "viem/utils";
import { decodeLog } from "../core/abi.ts";
import { DeskError, type Address, type Happened, type Hex, type Progress } from "../core/types.ts";
import { quantity, type Chain } from "./rpc.ts";

export interface Query {
  /** By address: the contract whose ABI decodes its logs. */
  contracts: Readonly<Record<Address, string>>;
  topics?: readonly (Hex | readonly Hex[] | null)[];
  from?: bigint;
  to?: bigint;
  /** The oldest that is looked for: nothing before it is read. */
  isLast?: (event: Happened) => boolean;
}

export interface Reading {
  onProgress?: (progress: Progress) => void;
  /** Each part as it is found: in itself in the order of the chain, the newest part first. */
  onFound?: (events: readonly Happened[]) => void;
  signal?: AbortSignal;
}

/** The most blocks that a provider took in one question, once it has refused more. */
const reach = new WeakMap<object, bigint>();
/** Blocks of the first part, so that something is there soon. */
const FIRST = 1_024n;
/** Logs in a part from which on the next is no longer. */
const MANY = 500;

/**
 * Every log in a span of blocks, in the order of the chain. The newest part is read first, and
 * parts grow as long as there is little in them. Nodes bound the blocks or the logs of an answer, so
 * what is refused is asked again by halves.
 *
 * @throws DeskError stopped, rpc-…
 */
export async function logs(chain: Chain, query: Query, reading: Reading = {}): Promise<Happened[]> {
  const [from, to] = [query.from ?? 0n, query.to ?? chain.block.number];
  const most = () => reach.get(chain.provider) ?? to + 1n;
  let span = most() < FIRST ? most() : FIRST;
  const parts: Happened[][] = [];
  let found = 0;
  for (let high = to; high >= from; ) {
    if (reading.signal?.aborted) throw new DeskError("stopped", { block: String(high) });
    const low = high - span + 1n > from ? high - span + 1n : from;
    let part;
    try {
      part = await ask(chain, query, low, high);
    } catch (error) {
      const isRefusal = error instanceof DeskError && /^(rpc-refused|rpc-answer)$/.test(error.code);
      if (!isRefusal || low === high) throw error;
      span = (high - low + 1n) / 2n;
      reach.set(chain.provider, span);
      continue;
    }
    parts.unshift(part);
    found += part.length;
    reading.onFound?.(part);
    high = low - 1n;
    const isDone = query.isLast !== undefined && part.some(query.isLast);
    reading.onProgress?.({ done: isDone ? to - from + 1n : to - high, of: to - from + 1n, found });
    if (isDone) break;
    if (part.length > 4 * MANY && span > 1n) span /= 2n;
    else if (part.length < MANY && 2n * span <= most()) span *= 2n;
  }
  return parts.flat();
}

async function ask(chain: Chain, query: Query, from: bigint, to: bigint): Promise<Happened[]> {
  const method = "eth_getLogs";
  const asked = {
    address: Object.keys(query.contracts),
    topics: query.topics ?? [],
    fromBlock: numberToHex(from),
    toBlock: numberToHex(to),
  };
  const said = await chain.ask(method, [asked]);
  if (!Array.isArray(said)) throw new DeskError("rpc-answer", { method });
  const names = new Map(
    Object.entries(query.contracts).map(([at, name]) => [at.toLowerCase(), name]),
  );
  const found: Happened[] = [];
  for (const log of said as Record<string, unknown>[]) {
    const { address, topics, data, transactionHash } = log;
    const wellFormed =
      typeof address === "string" &&
      Array.isArray(topics) &&
      topics.every((each) => isHex(each)) &&
      isHex(data) &&
      isHex(transactionHash);
    if (!wellFormed) throw new DeskError("rpc-answer", { method });
    const block = quantity(log.blockNumber, method);
    // a log of another contract or block was not asked for
    const contract = names.get(address.toLowerCase());
    if (!contract || block < from || block > to) throw new DeskError("rpc-answer", { method });
    const decoded = decodeLog(contract, topics as Hex[], data);
    if (!decoded) continue;
    found.push({
      room: contract,
      at: getAddress(address),
      ...decoded,
      block,
      index: Number(quantity(log.logIndex, method)),
      transaction: transactionHash,
    });
  }
  return found.sort((a, b) => Number(a.block - b.block) || a.index - b.index);
}
