/** What a change means in money: a row's income from now on, before and after. */

import type { Headroom, Outlook, Row, Terms } from "./types.ts";

/** Where an EMC stands: proceeds, what is still open of the covers, the last final value. */
export interface Now {
  total: bigint;
  covers: ReadonlyMap<number, bigint>;
  value: bigint;
}

/** Of an agreement that is not made yet. */
export declare function nothingYet(terms: Terms): Now;

/** Cumulative proceeds at which a change is worth looking at, as the terminal shows. */
export declare function levels(terms: Terms, total: bigint): bigint[];

/** Five levels that show each band, ascending: for the screen of an agreement. */
export declare function fiveLevels(before: Terms, after: Terms, total: bigint): bigint[];

/** A row's income from now on at levels of cumulative proceeds; nothing under terms it is not in. */
export declare function outlooks(
  before: Terms,
  after: Terms,
  row: number,
  now: Now,
  at?: readonly bigint[],
): Outlook[];

/** Points of the curve, `count` of them from now to `until`, and every corner between. */
export declare function curve(
  before: Terms,
  after: Terms,
  row: number,
  now: Now,
  until: bigint,
  count: number,
): Outlook[];

export declare function headroom(row: Row): Headroom;

/** What the next sale would pay to each row and hold behind the gate, by row id. */
export interface Simulated {
  row: number;
  paid: bigint;
  held: bigint;
}
export declare function simulate(
  standing: import("./types.ts").Standing,
  amount: bigint,
): { rows: Simulated[]; opens_gate: boolean; gathers: boolean };
