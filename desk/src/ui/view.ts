/** A paper as a screen sees it: the terms before and after, names, money, and whose eyes it is seen by. */

import { type Now, nothingYet } from "../core/forecast.ts";
import { termsAfter } from "../core/files.ts";
import { nodesOf, PROCEEDS } from "../core/terms.ts";
import type { Address, Currency, Label, Measure, Paper, Standing, Terms } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { isSame } from "./parts.tsx";
import type { Judged } from "./reading.ts";
import { agreementOf } from "./store.ts";

export interface View {
  /** In force; null where nothing is, or where it is not known. */
  before: Terms | null;
  /** What would follow; null where it cannot be told without the chain. */
  after: Terms | null;
  labels: readonly Label[];
  currency: Currency;
  now: Now | null;
}

/** @throws DeskError file-hash: what the file asks for is not what it gives. */
export function viewOf(paper: Paper, judged: Judged | null): View {
  const { decision = null, standing = null } = judged ?? {};
  if (paper.paper === "agreement") {
    return {
      before: null,
      after: paper.terms,
      labels: paper.labels,
      currency: paper.currency,
      now: nothingYet(paper.terms),
    };
  }
  const file = agreementOf(paper.chain_id, paper.emc);
  const known = standing?.epochs.get(paper.epoch);
  const before = known ?? (paper.epoch === 1 ? (file?.terms ?? null) : null);
  return {
    before,
    after: decision?.after ?? (before && termsAfter(paper, before)),
    labels: standing?.labels ?? file?.labels ?? [],
    currency: standing?.currency ?? file?.currency ?? { symbol: say("units"), decimals: 0 },
    now: standing ? nowOf(standing) : before && nothingYet(before),
  };
}

/** How far a measure has come. */
export function actualOf(standing: Standing, { metric }: Measure): bigint {
  return metric === PROCEEDS ? standing.total : (standing.life.values.get(metric) ?? 0n);
}

export function nowOf(standing: Standing): Now {
  return {
    total: standing.total,
    covers: new Map(standing.rows.map((each) => [each.row.id, each.cover])),
    values: standing.life.values,
  };
}

/** The rows for which an account speaks, as far as it is known. */
export function ownRows(paper: Paper, judged: Judged | null, account: Address | undefined): number[] {
  if (!account) return [];
  if (judged?.decision) {
    return judged.decision.words
      .filter((each) => isSame(each.voice.account, account))
      .map((each) => each.voice.row);
  }
  if (judged?.standing) {
    return judged.standing.rows
      .filter((each) => isSame(each.controller, account))
      .map((each) => each.row.id);
  }
  if (paper.paper !== "agreement") return [];
  return nodesOf(paper.terms)
    .filter((_, place) => isSame(paper.accounts[place] ?? "", account))
    .map((row) => row.id);
}
