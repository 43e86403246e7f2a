/**
 * What each row is entitled to at given proceeds: one non-decreasing function per row. Mirrors
 * `emc.core.waterfall`; all arithmetic is exact, rounded down once per band.
 */

import { assessedOf, gateOf, opensAt, proceedsOf } from "./terms.ts";
import type { Entitlement, Hex, Page, Row, Spans, Terms } from "./types.ts";
import { PPM } from "./units.ts";

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Running cost of all rows, ppm of every sale. */
export function runningOf(terms: Terms): bigint {
  return terms.rows.reduce((sum, row) => sum + row.running, 0n);
}

/**
 * What terms mean from `start` on.
 *
 * @param options.start Cumulative proceeds.
 * @param options.covers What is still open of the cost covers, by row id; by default all of them.
 * @param options.values The last final assessments, by metric.
 * @param options.is_open Whether the gate is open already.
 */
export function page(
  terms: Terms,
  options: {
    start?: bigint;
    covers?: ReadonlyMap<number, bigint>;
    values?: ReadonlyMap<Hex, bigint>;
    is_open?: boolean;
  } = {},
): Page {
  const { start = 0n, values = new Map<Hex, bigint>(), is_open = false } = options;
  const covers = options.covers ?? new Map(terms.rows.map((row) => [row.id, row.cost]));
  const assessed = assessedOf(terms).map((each) => ({ ...each, value: values.get(each.metric) ?? 0n }));
  // without a measure of proceeds, no amount of them ends a tranche
  const proceeds = proceedsOf(terms);
  const { benchmark, target } = proceeds ?? { benchmark: 0n, target: 0n };
  const rest = PPM - runningOf(terms);
  const cost_end = [...covers.values()].reduce((sum, cover) => sum + cover, 0n) * PPM;
  const waits = assessed.some((each) => each.value < opensAt(terms, each));
  const level = { none: 0n, benchmark, target }[gateOf(terms)];
  const gate_at = waits ? null : max(level - start, 0n);
  const base_end = max(cost_end, max(benchmark - start, 0n) * rest);
  const ends: Page["ends"] = [
    cost_end,
    assessed.every((each) => each.value >= each.benchmark) ? base_end : null,
    assessed.every((each) => each.value >= each.target)
      ? max(base_end, max(target - start, 0n) * rest)
      : null,
  ];
  return { terms, start, covers, ends, gate_at: is_open ? 0n : gate_at };
}

/** How much lies in each band when the gate plays no part. */
export function spans(page: Page, since: bigint): Spans {
  const net = since * (PPM - runningOf(page.terms));
  const [cost, base, leading] = page.ends.map((end) => (end === null ? net : min(net, end))) as [
    bigint,
    bigint,
    bigint,
  ];
  return {
    running: since * PPM,
    cost,
    base: base - cost,
    leading: leading - base,
    upside: net - leading,
  };
}

/** Whether income flows. */
export function isOpen(page: Page, since: bigint): boolean {
  return page.gate_at !== null && since >= page.gate_at;
}

/** What is still open of a row's cost cover. */
export function openCover(page: Page, row: Row, since: bigint): bigint {
  const cover = page.covers.get(row.id) ?? 0n;
  return cover ? cover - (cover * spans(page, since).cost) / page.ends[0] : 0n;
}

/**
 * What the row is paid, and what is held for it, of the proceeds since the page's start.
 *
 * @param is_open Whether the gate is open; told by the proceeds unless something else decided.
 */
export function entitlement(
  page: Page,
  row: Row,
  since: bigint,
  is_open: boolean = isOpen(page, since),
): Entitlement {
  const part = spans(page, since);
  const cover = page.covers.get(row.id) ?? 0n;
  const cost = cover ? (cover * part.cost) / page.ends[0] : 0n;
  const running = row.running * part.running;
  const [base, leading, upside] = [
    row.base * part.base,
    row.leading * part.leading,
    row.upside * part.upside,
  ];
  const unit = PPM * PPM;
  const total = cost + (running + base + leading + upside) / unit;
  const flows = is_open ? total : cost + running / unit;
  return {
    flows,
    held: total - flows,
    total,
    running: running / unit,
    cost,
    base: base / unit,
    leading: leading / unit,
    upside: upside / unit,
  };
}
