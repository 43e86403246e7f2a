/** The rules of terms as sentences. Two sets of terms are compared sentence by sentence. */

import { isAssessed, metricWord, NATIVE, opensAt, PROCEEDS } from "../core/terms.ts";
import type { Address, Currency, Label, Measure, Terms } from "../core/types.ts";
import { nodesOf } from "../core/terms.ts";
import { PPM } from "../core/units.ts";
import { type Key, say } from "../i18n/words.ts";
import { money, moment, part, span, stars, whole } from "./format.ts";
import { nameOf, worded } from "./parts.tsx";

export interface Rule {
  /** What it is about; the same before and after. */
  id: string;
  /** Whether it decides when a node loses what it has earned. */
  risk?: boolean;
  key: Key;
  values: Readonly<Record<string, string>>;
  /** Places that hold an address, which is shown in full. */
  addresses?: Readonly<Record<string, Address>>;
}

const GATES = ["none", "benchmark", "target"] as const;

/** What a measure counts, in words. */
export function metricTold({ metric }: Pick<Measure, "metric">): string {
  return worded("metric", metricWord(metric));
}

/** A value of a measure in its unit. */
export function counted(measure: Pick<Measure, "metric">, value: bigint, currency: Currency): string {
  if (measure.metric === PROCEEDS) return money(value, currency);
  return `${whole(value)} ${metricTold(measure)}`;
}

/** An amount of every measure, one behind the other. */
export function countedAll(terms: Terms, of: (measure: Measure) => bigint, currency: Currency): string {
  return terms.goal.measures.map((each) => counted(each, of(each), currency)).join(" + ");
}

export function rulesOf(terms: Terms, currency: Currency, labels: readonly Label[]): Rule[] {
  const { goal, renegotiation, leaving, assessment, review, bar } = terms;
  const gate = GATES[Number(goal.gate)] ?? "none";
  const nodes = BigInt(nodesOf(terms).length);
  const in_goal = (of: (measure: Measure) => bigint): string => countedAll(terms, of, currency);
  const many = (of: bigint, all: bigint): string => whole((of * all + PPM - 1n) / PPM);
  const rules: (Rule | false)[] = [
    {
      id: "gate",
      risk: true,
      key: `rule.gate.${gate}`,
      values: { at: in_goal((each) => opensAt(terms, each)) },
    },
    {
      id: "backstop",
      risk: true,
      key: "rule.backstop",
      values: {},
      addresses: { backstop: terms.backstop },
    },
    {
      id: "runs",
      risk: true,
      key: terms.starts_at ? "rule.runs" : "rule.runs.now",
      values: { from: moment(terms.starts_at), to: moment(terms.ends_at) },
    },
    {
      id: "margin",
      risk: true,
      key: "rule.margin",
      values: { margin: part(leaving.margin), by: moment(goal.deadline) },
    },
    {
      id: "goal",
      key: "rule.goal",
      values: {
        what: goal.measures.map(metricTold).join(" + "),
        benchmark: in_goal((each) => each.benchmark),
        target: in_goal((each) => each.target),
        by: moment(goal.deadline),
      },
    },
    { id: "ends", key: goal.ends_emc ? "rule.ends_emc" : "rule.ends_emc.no", values: {} },
    { id: "kind", key: terms.kind === 1n ? "rule.kind.experience" : "rule.kind.solution", values: {} },
    terms.currency === NATIVE
      ? { id: "currency", key: "rule.currency.coin", values: { symbol: currency.symbol } }
      : {
          id: "currency",
          key: "rule.currency",
          values: { symbol: currency.symbol },
          addresses: { token: terms.currency },
        },
    {
      id: "disburse",
      key: terms.disburse_at ? "rule.disburse" : "rule.disburse.no",
      values: { amount: money(terms.disburse_at, currency) },
    },
    {
      id: "quorum",
      key: "rule.quorum",
      values: {
        part: part(renegotiation.quorum),
        n: many(renegotiation.quorum, nodes),
        of: whole(nodes),
      },
    },
    {
      id: "interval",
      key: renegotiation.interval ? "rule.interval" : "rule.interval.no",
      values: { span: span(renegotiation.interval) },
    },
    {
      id: "window",
      key: renegotiation.window ? "rule.window" : "rule.window.no",
      values: { span: span(renegotiation.window), part: part(renegotiation.objections) },
    },
    { id: "all", key: "rule.all", values: {} },
    {
      id: "leaving",
      key: "rule.leaving",
      values: { span: span(leaving.notice), sink: nameOf(labels, Number(terms.sink)) },
    },
    {
      id: "expulsion",
      key: "rule.expulsion",
      values: {
        part: part(leaving.expulsion),
        span: span(leaving.cure),
      },
    },
    isAssessed(terms) && {
      id: "assessor",
      ...(assessment.assessor === NATIVE
        ? { key: "rule.assessor.any" as const, values: {} }
        : {
            key: "rule.assessor" as const,
            values: {},
            addresses: { assessor: assessment.assessor },
          }),
    },
    isAssessed(terms) && {
      id: "assessment",
      key: "rule.assessment",
      values: {
        span: span(assessment.window),
        part: part(assessment.objections),
        grace: span(assessment.grace),
      },
    },
    {
      id: "review",
      key: review.commit ? "rule.review" : "rule.review.no",
      values: { commit: span(review.commit), reveal: span(review.reveal) },
    },
    bar.registry === NATIVE
      ? { id: "bar", key: "rule.bar.no", values: {} }
      : {
          id: "bar",
          key: bar.admits_unrated ? "rule.bar.unrated" : "rule.bar",
          values: {
            stars: stars(bar.stars),
            emcs: whole(bar.emcs),
            // of another currency nobody here knows the decimals
            proceeds:
              bar.currency === terms.currency
                ? money(bar.proceeds, currency)
                : `${whole(bar.proceeds)} ${say("units")}`,
          },
          addresses: { registry: bar.registry, currency: bar.currency },
        },
  ];
  return rules.filter((each) => each !== false);
}

export function isSameRule(one: Rule | undefined, other: Rule): boolean {
  const plain = (rule: Rule): string => JSON.stringify([rule.key, rule.values, rule.addresses]);
  return one !== undefined && plain(one) === plain(other);
}
