/**
 * What a change means in money: a row's income from now on, before and after. Mirrors
 * `emc.core.forecast`. The gate plays no part: held money is earned money.
 */

import { behindGate, shareOut } from "./life.ts";
import { proceedsOf } from "./terms.ts";
import type { Headroom, Hex, Outlook, Row, Standing, Terms } from "./types.ts";
import { PPM } from "./units.ts";
import { entitlement, max, page, runningOf } from "./waterfall.ts";

/** Where an EMC stands: proceeds, what is still open of the covers, the last final values. */
export interface Now {
  total: bigint;
  covers: ReadonlyMap<number, bigint>;
  values: ReadonlyMap<Hex, bigint>;
}

/** Of an agreement that is not made yet. */
export function nothingYet(terms: Terms): Now {
  return { total: 0n, covers: new Map(terms.rows.map((row) => [row.id, row.cost])), values: new Map() };
}

/**
 * Cumulative proceeds at which a change is worth looking at: benchmark, target and half again, as
 * far as they lie ahead; else more of what is there.
 */
export function levels(terms: Terms, total: bigint): bigint[] {
  const proceeds = proceedsOf(terms);
  if (!proceeds) {
    const step = max(total, 10n ** 6n);
    return [total + step / 10n, total + step / 2n, total + step];
  }
  const { benchmark, target } = proceeds;
  const ahead = [benchmark, target].filter((each) => each > total);
  return [...ahead, (max(total, target) * 3n) / 2n];
}

/** Five levels, ascending, of which those of `levels` are the corners. */
export function fiveLevels(before: Terms, after: Terms, total: bigint): bigint[] {
  const corners = [...levels(before, total), ...levels(after, total)];
  const found = ascending(corners).filter((each) => each > total);
  // the widest step is halved until there are five
  while (found.length < 5) {
    const steps = found.map((each, i) => each - (i ? found[i - 1]! : total));
    const widest = steps.indexOf(steps.reduce(max, 0n));
    const middle = found[widest]! - steps[widest]! / 2n;
    if (steps[widest]! < 2n) found.push(found.at(-1)! * 2n);
    else found.splice(widest, 0, middle);
  }
  while (found.length > 5) {
    const steps = found.slice(0, -1).map((each, i) => each - (i ? found[i - 1]! : total));
    found.splice(steps.indexOf(steps.reduce((a, b) => (b < a ? b : a))), 1);
  }
  return found;
}

/** A row's income from now on at levels of cumulative proceeds; nothing under terms it is not in. */
export function outlooks(
  before: Terms,
  after: Terms,
  row: number,
  now: Now,
  at: readonly bigint[] = levels(before, now.total),
): Outlook[] {
  const [was, becomes] = [before, after].map((terms) => earned(before, terms, row, now, at));
  return at.map((level, i) => ({ level, before: was![i]!, after: becomes![i]! }));
}

/** `count` points from now to `until`, and every corner between them, ascending. */
export function curve(
  before: Terms,
  after: Terms,
  row: number,
  now: Now,
  until: bigint,
  count: number,
): Outlook[] {
  const span = until - now.total;
  const even = Array.from(
    { length: count },
    (_, i) => now.total + (span * BigInt(i)) / BigInt(Math.max(count - 1, 1)),
  );
  const corners = [before, after].flatMap((terms) => {
    const ahead = page(terms, {
      start: now.total,
      covers: coversUnder(before, terms, now.covers),
      values: now.values,
    });
    const rest = PPM - runningOf(terms);
    return ahead.ends
      .filter((end): end is bigint => end !== null && rest > 0n)
      .map((end) => now.total + end / rest);
  });
  const between = corners.filter((each) => each > now.total && each < until);
  return outlooks(before, after, row, now, ascending([...even, ...between]));
}

/** How far a row's shares may still move inside its bounds, ppm: the least room of its tranches. */
export function headroom(row: Row): Headroom {
  const shares = [row.base, row.leading, row.upside];
  return {
    down: shares.reduce((a, b) => (b < a ? b : a)) - row.lower,
    up: row.upper - shares.reduce(max),
  };
}

/** What the next sale would do to a row. */
export interface Simulated {
  row: number;
  paid: bigint;
  /** More behind the gate than now; less, where the gate opens. */
  held: bigint;
}

/** What the next sale would pay to each row and hold behind the gate; nothing is moved. */
export function simulate(
  { life, is_gate_open }: Standing,
  amount: bigint,
): { rows: Simulated[]; opens_gate: boolean; gathers: boolean } {
  const next = {
    ...life,
    forward: new Map(life.forward),
    left: new Map(life.left),
    earned: new Map(life.earned),
    here: new Map(life.here),
    credits: new Map(life.credits),
  };
  const before = behindGate(next);
  const dues = shareOut(next, amount);
  const after = behindGate(next);
  return {
    rows: [...dues].map(([row, paid]) => ({
      row,
      paid,
      held: (after.get(row) ?? 0n) - (before.get(row) ?? 0n),
    })),
    opens_gate: next.is_open && !is_gate_open,
    gathers: next.shared === life.shared && amount > 0n,
  };
}

function ascending(levels: readonly bigint[]): bigint[] {
  return [...new Set(levels)].sort((a, b) => (a < b ? -1 : 1));
}

/** What would be open under other terms: more or less by as much as they cover more or less. */
function coversUnder(
  before: Terms,
  terms: Terms,
  covers: ReadonlyMap<number, bigint>,
): Map<number, bigint> {
  const was = new Map(before.rows.map((row) => [row.id, row.cost]));
  return new Map(
    terms.rows.map((row) => [
      row.id,
      max((covers.get(row.id) ?? 0n) + row.cost - (was.get(row.id) ?? 0n), 0n),
    ]),
  );
}

function earned(
  before: Terms,
  terms: Terms,
  id: number,
  now: Now,
  at: readonly bigint[],
): bigint[] {
  const row = terms.rows.find((each) => each.id === id);
  if (!row) return at.map(() => 0n);
  const ahead = page(terms, {
    start: now.total,
    covers: coversUnder(before, terms, now.covers),
    values: now.values,
  });
  return at.map((level) => entitlement(ahead, row, level - now.total).total);
}
