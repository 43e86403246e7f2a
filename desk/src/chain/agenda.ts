/** Everything that waits for somebody, of an EMC. Mirrors `emc.client.agenda`. */

import { ASSESSOR, assessedOf, BACKSTOP, closesAt, isNode, NATIVE, nodesOf, proceedsOf } from "../core/terms.ts";
import type { Standing, Task } from "../core/types.ts";
import { DAY, PPM } from "../core/units.ts";
import { runningOf } from "../core/waterfall.ts";

/** A final value that nobody counts for so long may be dropped. */
const VALUE_LIFE = 30n * DAY;
/** How long after its cure period a charge can still expel. */
const CHARGE_LIFE = 90n * DAY;

type Partial_ = Omit<Task, "emc" | "rows" | "since" | "until"> &
  Partial<Pick<Task, "rows" | "since" | "until">>;

/**
 * What waits, for whom, until when; what can be done now first.
 *
 * @param me Only what is for its row or for anyone.
 */
export function tasks(standing: Standing, me?: bigint): Task[] {
  const { emc, block } = standing;
  const now = block.timestamp;
  const every: Task[] = [...parts(standing)].map((task) => ({
    emc,
    rows: [],
    since: 0n,
    until: 0n,
    ...task,
  }));
  const own = new Set(
    me === undefined
      ? []
      : [
          ...standing.rows.filter((each) => each.row.party === me).map((each) => each.row.id),
          ...standing.formers.filter((each) => each.party === me).map((each) => each.row),
          // in a review members go by the row in which they were last
          ...(standing.review?.members ?? [])
            .filter((each) => each.me === me)
            .map((each) => Number(each.row)),
        ],
  );
  const rank = (task: Task): [boolean, bigint, bigint] => [
    task.since > now,
    task.since,
    task.until || 1n << 64n,
  ];
  return every
    .filter((task) => me === undefined || !task.rows.length || task.rows.some((row) => own.has(row)))
    .sort((a, b) => {
      const [one, other] = [rank(a), rank(b)];
      return (
        Number(one[0]) - Number(other[0]) || Number(one[1] - other[1]) || Number(one[2] - other[2])
      );
    });
}

function* parts(standing: Standing): Generator<Partial_> {
  yield* money(standing);
  if (standing.stage === "ACTIVE") {
    yield* ending(standing);
    yield* values(standing);
    yield* leaving(standing);
    yield* proposals(standing);
  } else yield* reviewing(standing);
}

function* money(standing: Standing): Generator<Partial_> {
  for (const each of [...standing.rows.map(({ row, credit }) => ({ row: row.id, credit })), ...standing.formers]) {
    if (each.credit) yield { what: "withdraw", row: each.row, amount: each.credit, rows: [each.row] };
  }
  if (standing.backstop_credit) {
    yield { what: "withdraw", row: BACKSTOP, amount: standing.backstop_credit };
  }
  if (standing.accounts.pending) yield { what: "disburse", amount: standing.accounts.pending };
  if (standing.unbooked) yield { what: "absorb", amount: standing.unbooked };
}

function* ending(standing: Standing): Generator<Partial_> {
  const { terms, is_missed } = standing;
  if (terms.goal.ends_emc && isTargetReached(standing)) yield { what: "end" };
  else yield { what: "end", since: terms.ends_at };
  if (!is_missed) return;
  yield { what: "disband", rows: ids(standing) };
  yield { what: "record_miss" };
}

/** Whether every target is; of proceeds, whether LEADING is full: costs come before it. */
function isTargetReached({ terms, life }: Standing): boolean {
  const end = life.page.ends[2];
  if (end === null) return false;
  return !proceedsOf(terms) || life.since * (PPM - runningOf(terms)) >= end;
}

function* values(standing: Standing): Generator<Partial_> {
  const { terms, block, values, life } = standing;
  const now = block.timestamp;
  const assessed = assessedOf(terms);
  for (const { submitter, metric, amount, final_at } of values) {
    const about = { submitter, metric, amount };
    if (now < final_at && assessed.some((each) => each.metric === metric)) {
      const rows = ids(standing).filter((row) => row !== submitter);
      yield { what: "object_value", ...about, rows, until: final_at - 1n };
    }
    yield { what: "finalise", ...about, since: final_at };
    if (now >= final_at + VALUE_LIFE) yield { what: "drop", ...about };
  }
  const last = closesAt(terms);
  const hasAssessor = terms.assessment.assessor !== NATIVE;
  for (const { metric, target } of assessed) {
    const open = values.filter((each) => each.metric === metric);
    if (now <= last && (life.values.get(metric) ?? 0n) < target && !(hasAssessor && open.length)) {
      const busy = new Set(open.map((each) => each.submitter));
      const rows = hasAssessor ? [ASSESSOR] : ids(standing).filter((row) => !busy.has(row));
      yield { what: "assess", metric, rows, until: last };
    }
  }
}

function* leaving(standing: Standing): Generator<Partial_> {
  const now = standing.block.timestamp;
  for (const { row, clause, is_text, cured_by, accusers } of standing.charges) {
    if (now >= cured_by + CHARGE_LIFE) continue;
    const others = ids(standing).filter((each) => each !== row);
    yield { what: "answer_charge", row, clause, rows: [row], until: cured_by };
    if (!is_text) continue;
    const joining = others.filter((each) => !accusers.includes(each));
    const until = cured_by + CHARGE_LIFE - 1n;
    yield { what: "expel", row, clause, rows: joining.length ? others : accusers, since: cured_by, until };
  }
  for (const { row, notice_at } of standing.rows) {
    if (!notice_at) continue;
    const since = notice_at + standing.terms.leaving.notice;
    yield { what: "leave", row: row.id, since };
  }
}

/** Renegotiations that are open on chain; others travel as files. */
function* proposals(standing: Standing): Generator<Partial_> {
  const { terms, block } = standing;
  for (const { matter, opened_at, until, by } of standing.proposals) {
    const closes_at = opened_at + terms.renegotiation.window;
    const rows = ids(standing);
    yield { what: "sign", matter, rows: rows.filter((row) => !by.includes(row)), until };
    if (terms.renegotiation.window && block.timestamp < closes_at) {
      yield { what: "object", matter, rows, until: closes_at - 1n };
    }
    yield { what: "submit", matter, since: closes_at, until };
  }
}

/** How the nodes of an EMC that has ended rate each other; only if it moved money. */
function* reviewing(standing: Standing): Generator<Partial_> {
  const { review, total, terms, block } = standing;
  if (!total || !terms.review.commit) return;
  if (!review) {
    yield { what: "open_review" };
    return;
  }
  const now = block.timestamp;
  const rowsOf = (places: readonly number[]) =>
    review.members.filter((_, place) => !places.includes(place)).map((each) => Number(each.row));
  const silent = rowsOf(review.committed);
  if (now < review.commit_until && silent.length) {
    yield { what: "commit", rows: silent, until: review.commit_until - 1n };
  }
  const waiting = review.members.flatMap((each, place) =>
    review.committed.includes(place) && !review.revealed.includes(place) ? [Number(each.row)] : [],
  );
  if (now < review.reveal_until && waiting.length) {
    const isEverybody = !silent.length;
    const since = isEverybody ? 0n : review.commit_until;
    yield { what: "reveal", rows: waiting, since, until: review.reveal_until - 1n };
  }
  if (review.finalised.length < review.members.length) {
    yield { what: "finalise_review", since: review.reveal_until };
  }
}

const ids = ({ terms }: Standing): number[] => nodesOf(terms).filter(isNode).map((row) => row.id);
