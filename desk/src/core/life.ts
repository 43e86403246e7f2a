/**
 * One EMC's money recomputed: what each payment run had to pay under the terms in force. Mirrors
 * `emc.core.replay`.
 */

import type { Life, Terms } from "./types.ts";
import { PPM } from "./units.ts";
import { entitlement, isOpen, max, openCover, page, spans } from "./waterfall.ts";

type Amounts = Map<number, bigint>;

/** A life that begins under its first terms. */
export function begun(terms: Terms, epoch = 1): Life {
  const first = page(terms);
  return {
    page: first,
    epoch,
    values: new Map(),
    since: 0n,
    shared: 0n,
    dust: 0n,
    forward: new Map(),
    left: new Map(),
    is_open: isOpen(first, 0n),
    has_failed: false,
    swept: 0n,
    earned: new Map(),
    here: new Map(),
    credits: new Map(),
  };
}

/** Cumulative proceeds. */
export function totalOf(life: Life): bigint {
  return life.page.start + (life.since || life.dust);
}

/** What the gate holds, as one amount rounded up, less what a failure gave away. */
export function heldOf(life: Life): bigint {
  if (life.is_open) return 0n;
  const { base, leading, upside } = spans(life.page, life.shared);
  const here = (base + leading + upside + PPM - 1n) / PPM;
  return here + sum(life.forward) + sum(life.left) - life.swept;
}

/** What the gate holds for each live row. */
export function behindGate(life: Life): Amounts {
  return new Map(
    life.page.terms.rows.map((row) => [
      row.id,
      life.is_open
        ? 0n
        : entitlement(life.page, row, life.shared, false).held + (life.forward.get(row.id) ?? 0n),
    ]),
  );
}

/** What is still open of the cost covers, once all that came in is shared out. */
export function coversOf(life: Life): Amounts {
  return new Map(
    life.page.terms.rows.map((row) => [row.id, openCover(life.page, row, life.since)]),
  );
}

/**
 * Let money come in, and share out what is due: what each live row gets. The life moves on.
 *
 * @param gathers Whether it may wait until enough has come together, as a sale does.
 * @param opens Whether the gate opens for another reason than the proceeds.
 */
export function shareOut(life: Life, received: bigint, gathers = true, opens = false): Amounts {
  const { rows } = life.page.terms;
  const flows = () => rows.map((row) => entitlement(life.page, row, life.shared, life.is_open).flows);
  const before = flows();
  const wasOpen = life.is_open;
  life.since += received + (life.since ? 0n : life.dust);
  if (!gathers || isDue(life)) life.shared = life.since;
  life.is_open = wasOpen || opens || (!life.has_failed && isOpen(life.page, life.shared));
  const after = flows();
  const opened = life.is_open && !wasOpen;
  const dues = new Map(
    rows.map((row, i) => [
      row.id,
      after[i]! - before[i]! + (opened ? (life.forward.get(row.id) ?? 0n) : 0n),
    ]),
  );
  if (opened) {
    life.forward = new Map();
    for (const [row, amount] of life.left) {
      add(life.earned, row, amount);
      add(life.credits, row, amount);
    }
    life.left = new Map();
  }
  for (const [row, amount] of dues) {
    add(life.earned, row, amount);
    add(life.here, row, amount);
  }
  return dues;
}

/** A row is not in the terms any more: what is held for it stays behind the gate. */
export function leave(life: Life, row: number): bigint {
  const held = behindGate(life).get(row) ?? 0n;
  life.left.set(row, held);
  life.forward.delete(row);
  return held;
}

/** Begin a page under the terms of an epoch: proceeds shared out before, and what they left over. */
export function adopt(life: Life, terms: Terms, epoch: number): { start: bigint; dust: bigint } {
  const held = behindGate(life);
  const covers = new Map(terms.rows.map((row) => [row.id, row.cost]));
  let dust = life.since || life.dust;
  for (const row of life.page.terms.rows) {
    dust -= entitlement(life.page, row, life.shared).total;
    const cover = covers.get(row.id);
    // what is still open, and by how much the new terms cover more or less
    if (cover === undefined) continue;
    const still = openCover(life.page, row, life.shared);
    covers.set(row.id, max(still + cover - row.cost, 0n));
  }
  const start = totalOf(life) - dust;
  life.forward = new Map([...held].filter(([row, amount]) => covers.has(row) && amount));
  life.page = page(terms, { start, covers, values: life.values, is_open: life.is_open });
  life.epoch = epoch;
  life.dust = dust;
  life.since = life.shared = 0n;
  life.here.clear();
  life.is_open = isOpen(life.page, 0n);
  return { start, dust };
}

/** Sales gather up to the amount in the terms, and never across the gate. */
function isDue(life: Life): boolean {
  const crosses = !life.is_open && isOpen(life.page, life.since);
  return life.since - life.shared >= life.page.terms.disburse_at || crosses;
}

const sum = (amounts: Amounts): bigint => [...amounts.values()].reduce((a, b) => a + b, 0n);

function add(amounts: Amounts, row: number, amount: bigint): void {
  amounts.set(row, (amounts.get(row) ?? 0n) + amount);
}
