/** What each row is entitled to at given proceeds: one non-decreasing function per row. */

import type { Entitlement, Page, Row, Spans, Terms } from "./types.ts";

/** What terms mean from `start` on. */
export declare function page(
  terms: Terms,
  options?: {
    start?: bigint;
    covers?: ReadonlyMap<number, bigint>;
    value?: bigint;
    is_open?: boolean;
  },
): Page;
export declare function spans(page: Page, since: bigint): Spans;
export declare function isOpen(page: Page, since: bigint): boolean;
export declare function openCover(page: Page, row: Row, since: bigint): bigint;
export declare function entitlement(
  page: Page,
  row: Row,
  since: bigint,
  is_open?: boolean,
): Entitlement;
