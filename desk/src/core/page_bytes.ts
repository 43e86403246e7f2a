/** The payment page as the EMC keeps it (`contracts/modules/page_layout.vy`). */

import { hexToBigInt } from "viem/utils";
import type { Hex, Life, Terms } from "./types.ts";
import { page } from "./waterfall.ts";

/**
 * Where the money stands by the page in force and what came in.
 *
 * @param books `total`, `pending`, what the gate holds per row, and whether it is open.
 */
export function lifeFrom(
  bytes: Hex,
  terms: Terms,
  epoch: number,
  books: {
    total: bigint;
    pending: bigint;
    values: Map<Hex, bigint>;
    is_open: boolean;
    has_failed: boolean;
  },
): Life {
  const word = (place: number): bigint =>
    hexToBigInt(`0x${bytes.slice(2 + 64 * place, 66 + 64 * place).padEnd(64, "0")}`);
  const start = word(0) >> 128n;
  const dust = (word(3) >> 20n) & 0xfffn;
  const rows = Number((word(0) >> 8n) & 0xffn);
  const covers = new Map<number, bigint>();
  for (let i = 0; i < rows; i++) {
    const id = Number((word(5 + i) >> 8n) & 0xffn);
    const pair = word(5 + rows + (i >> 1));
    covers.set(id, i % 2 ? pair & ((1n << 128n) - 1n) : pair >> 128n);
  }
  const since = books.total - start;
  // what was left over counts with the first proceeds
  const isFresh = since === dust && !books.pending;
  return {
    page: page(terms, { start, covers, values: books.values, is_open: books.is_open }),
    epoch,
    values: books.values,
    since: isFresh ? 0n : since,
    shared: isFresh ? 0n : since - books.pending,
    dust,
    forward: new Map(),
    left: new Map(),
    is_open: books.is_open,
    has_failed: books.has_failed,
    swept: 0n,
    earned: new Map(),
    here: new Map(),
    credits: new Map(),
  };
}
