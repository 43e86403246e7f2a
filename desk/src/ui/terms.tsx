/** Terms on a screen: what changes for one row, the rules in words, every row in full. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { curve, fiveLevels, headroom, type Now, outlooks } from "../core/forecast.ts";
import { assessedOf, differences, isAssessed, isNode, proceedsOf, rowOf, TRANCHES } from "../core/terms.ts";
import type { Address, Currency, Hex, Label, Measure, Row, Terms } from "../core/types.ts";
import { entitlement, page } from "../core/waterfall.ts";
import { say, tell } from "../i18n/words.ts";
import { Curve } from "./curve.tsx";
import { change, money, part, partChange, whole } from "./format.ts";
import { Choice, Facts, Hash, hashFact, More, nameOf, Notice, Part, Row as RowName, Table } from "./parts.tsx";
import { counted, isSameRule, type Rule, rulesOf } from "./rules.ts";
import type { View } from "./view.ts";

/** A value that may change: what is now is struck out, and both are said in words. */
export function Move({ now, after, more }: { now: string; after: string; more?: string | undefined }) {
  if (now === after) return <>{after}</>;
  return (
    <span class="move">
      <del>
        <span class="unseen">{say("change.now")}: </span>
        {now || "–"}
      </del>
      <span aria-hidden="true"> → </span>
      <ins>
        <span class="unseen">{say("change.after")}: </span>
        {after || "–"}
      </ins>
      {more && <small> ({more})</small>}
    </span>
  );
}

/** What one row gets, now and after. */
export function ForRow({ view, row }: { view: View; row: number }) {
  const { before, after, currency } = view;
  if (!after) return null;
  const old = before && rowOf(before, row);
  const next = rowOf(after, row);
  const shown = next ?? old;
  if (!shown) return null;
  return (
    <>
      {before && !old && <Notice kind="plain" title={say("change.joins")} />}
      {before && !next && <Notice kind="care" title={say("change.leaves")} />}
      <Table
        caption={say("shares.caption")}
        columns={[
          say("shares.tranche"),
          { right: say("shares.yours") },
          { right: say("shares.room") },
        ]}
        lines={TRANCHES.map((tranche) => [
          say(`tranche.${tranche}`),
          <MoveShare old={before ? (old?.[tranche] ?? 0n) : null} next={next?.[tranche] ?? 0n} />,
          next ? room(next, tranche) : "",
        ])}
      />
      <Facts
        of={[
          [say("bounds"), <Move now={old ? bounds(old) : bounds(shown)} after={next ? bounds(next) : ""} />],
          next && [say("bounds.room"), roomTold(next)],
          [
            say("running"),
            <Move now={running(before ? old : next)} after={running(next)} />,
          ],
          [
            say("cost"),
            <Move
              now={money((before ? old : next)?.cost ?? 0n, currency)}
              after={money(next?.cost ?? 0n, currency)}
            />,
          ],
          next && hashFact(say("payee"), next.payee),
        ]}
      />
      <Money view={view} row={row} />
    </>
  );
}

function MoveShare({ old, next }: { old: bigint | null; next: bigint }) {
  if (old === null) return <>{part(next)}</>;
  return <Move now={part(old)} after={part(next)} more={partChange(next - old)} />;
}

function bounds(row: Row): string {
  return say("bounds.from_to", { lower: part(row.lower), upper: part(row.upper) });
}

function running(row: Row | null | undefined): string {
  return row ? say("running.of", { part: part(row.running) }) : "";
}

function room(row: Row, tranche: (typeof TRANCHES)[number]): string {
  return say("room", { down: part(row[tranche] - row.lower), up: part(row.upper - row[tranche]) });
}

function roomTold(row: Row): string {
  const { down, up } = headroom(row);
  if (up < 0n) return say("bounds.over", { over: part(-up) });
  return say("bounds.least", { down: part(down), up: part(up) });
}

/** What a row earns at five levels of proceeds, in figures and as a curve. */
function Money({ view, row }: { view: View; row: number }) {
  const { before, after, currency } = view;
  const assessed = after !== null && isAssessed(after);
  const [value, setValue] = useState("now");
  if (!after || !view.now) return null;
  const measures = assessedOf(after);
  const all = (of: (measure: Measure) => bigint): ReadonlyMap<Hex, bigint> =>
    new Map(measures.map((each) => [each.metric, of(each)]));
  const known = view.now.values;
  const values: Record<string, ReadonlyMap<Hex, bigint>> = {
    now: all((each) => known.get(each.metric) ?? 0n),
    benchmark: all((each) => each.benchmark),
    target: all((each) => each.target),
  };
  const now: Now = { ...view.now, values: values[value] ?? known };
  const old = before ?? after;
  const levels = fiveLevels(old, after, now.total);
  const until = levels[levels.length - 1] ?? now.total;
  const goal = proceedsOf(after);
  const marks = goal
    ? [
        { at: goal.benchmark, name: say("benchmark") },
        { at: goal.target, name: say("target") },
      ]
    : [];
  return (
    <>
      {assessed && (
        <Choice
          name={say("value.if")}
          value={value}
          of={Object.entries(values).map(([each, of]) => [
            each,
            measures.map((one) => counted(one, of.get(one.metric) ?? 0n, currency)).join(" + "),
          ] as const)}
          onChange={setValue}
        />
      )}
      {before ? (
        <Table
          caption={say("outlook.caption", { row: nameOf(view.labels, row) })}
          columns={[
            { right: say("proceeds.reach") },
            { right: say("change.now") },
            { right: say("change.after") },
            { right: say("change.difference") },
          ]}
          lines={outlooks(before, after, row, now, levels).map((each) => [
            money(each.level, currency),
            money(each.before, currency),
            money(each.after, currency),
            change(each.after - each.before, currency),
          ])}
        />
      ) : (
        <Levels terms={after} row={row} now={now} levels={levels} currency={currency} labels={view.labels} />
      )}
      <Curve
        points={curve(old, after, row, now, until, 48)}
        marks={marks}
        currency={currency}
        hasBefore={before !== null}
      />
    </>
  );
}

/** Of an agreement: what is paid, and what waits behind the gate. */
function Levels({
  terms,
  row,
  now,
  levels,
  currency,
  labels,
}: {
  terms: Terms;
  row: number;
  now: Now;
  levels: readonly bigint[];
  currency: Currency;
  labels: readonly Label[];
}) {
  const own = rowOf(terms, row);
  if (!own) return null;
  const whole_page = page(terms, { values: now.values });
  return (
    <Table
      caption={say("levels.caption", { row: nameOf(labels, row) })}
      columns={[
        { right: say("proceeds.reach") },
        { right: say("levels.paid") },
        { right: say("levels.held") },
      ]}
      lines={levels.map((level) => {
        const { flows, held } = entitlement(whole_page, own, level);
        return [money(level, currency), money(flows, currency), money(held, currency)];
      })}
    />
  );
}

/** Addresses that change, in full and before everything else: this is where money is stolen. */
export function NewAddresses({ view }: { view: View }) {
  const { before, after } = view;
  if (!before || !after) return null;
  const changed: { name: string; now: Address | null; next: Address | null }[] = [];
  const compare = (name: string, now: Address | null, next: Address | null): void => {
    if ((now ?? "").toLowerCase() !== (next ?? "").toLowerCase()) changed.push({ name, now, next });
  };
  const ids = new Set([...before.rows, ...after.rows].map((each) => each.id));
  for (const id of ids) {
    const old = rowOf(before, id);
    const next = rowOf(after, id);
    const row = nameOf(view.labels, id);
    compare(say("address.payee", { row }), old?.payee ?? null, next?.payee ?? null);
    compare(say("address.controller", { row }), controller(old), controller(next));
  }
  compare(say("address.backstop"), before.backstop, after.backstop);
  compare(say("address.assessor"), before.assessment.assessor, after.assessment.assessor);
  compare(say("address.registry"), before.bar.registry, after.bar.registry);
  if (!changed.length) return null;
  return (
    <Notice kind="care" title={say("address.change")}>
      <p>{say("address.change.hint")}</p>
      {changed.map(({ name, now, next }) => (
        <Facts
          key={name}
          of={[
            [say("address.now", { name }), now ? <Hash of={now} what={name} /> : say("none")],
            [say("address.after", { name }), next ? <Hash of={next} what={name} /> : say("none")],
          ]}
        />
      ))}
    </Notice>
  );
}

function controller(row: Row | undefined): Address | null {
  return row && !isNode(row) ? (row.party as Address) : null;
}

/** The rules in words; those that change first, with what is now. */
export function Rules({ view, risks }: { view: View; risks: boolean }) {
  const { before, after, currency, labels } = view;
  if (!after) return null;
  const old = new Map(before ? rulesOf(before, currency, labels).map((each) => [each.id, each]) : []);
  const rules = rulesOf(after, currency, labels).filter((each) => Boolean(each.risk) === risks);
  const changes = (rule: Rule): boolean => before !== null && !isSameRule(old.get(rule.id), rule);
  const sorted = [...rules.filter(changes), ...rules.filter((rule) => !changes(rule))];
  const gone = [...old.values()].filter(
    (each) => Boolean(each.risk) === risks && !rules.some((rule) => rule.id === each.id),
  );
  return (
    <ul class="rules">
      {sorted.map((rule) => (
        <li key={rule.id}>
          {changes(rule) ? (
            <>
              <strong>{say("rule.changes")}</strong>
              <del>
                <span class="unseen">{say("change.now")}: </span>
                {old.has(rule.id) ? told(old.get(rule.id)!) : say("rule.none")}
              </del>
              <ins>
                <span class="unseen">{say("change.after")}: </span>
                {told(rule)}
              </ins>
            </>
          ) : (
            told(rule)
          )}
        </li>
      ))}
      {gone.map((rule) => (
        <li key={rule.id}>
          <strong>{say("rule.ends")}</strong>
          <del>{told(rule)}</del>
        </li>
      ))}
    </ul>
  );
}

function told(rule: Rule): ComponentChildren {
  const addresses = Object.entries(rule.addresses ?? {}).map(
    ([name, of]) => [name, <Hash of={of} what={name} />] as const,
  );
  return tell(rule.key, { ...rule.values, ...Object.fromEntries(addresses) });
}

/** Every row in full. */
export function Rows({ view, own }: { view: View; own: number | null }) {
  const { before, after, currency, labels } = view;
  if (!after) return null;
  const ids = [...new Set([...(before?.rows ?? []), ...after.rows].map((each) => each.id))];
  return (
    <Table
      caption={say("rows.caption")}
      columns={[
        say("rows.row"),
        ...TRANCHES.map((each) => ({ right: say(`tranche.${each}.short`) })),
        { right: say("bounds") },
        { right: say("running") },
        { right: say("cost") },
        say("rows.who"),
        say("payee"),
      ]}
      lines={ids.map((id) => {
        const next = rowOf(after, id);
        const old = before ? rowOf(before, id) : next;
        const shown = (next ?? old)!;
        return [
          <>
            <RowName labels={labels} row={id} />
            {id === own && <em> ({say("rows.own")})</em>}
            {!old && <em> ({say("rows.joins")})</em>}
            {!next && <em> ({say("rows.leaves")})</em>}
          </>,
          ...TRANCHES.map((each) => (
            <Move
              now={old ? part(old[each]) : ""}
              after={next ? part(next[each]) : ""}
              more={old && next ? partChange(next[each] - old[each]) : undefined}
            />
          )),
          <Move now={old ? bounds(old) : ""} after={next ? bounds(next) : ""} />,
          <Move now={old ? part(old.running) : ""} after={next ? part(next.running) : ""} />,
          <Move now={old ? money(old.cost, currency) : ""} after={next ? money(next.cost, currency) : ""} />,
          isNode(shown) ? (
            say("me", { me: whole(shown.party as bigint) })
          ) : (
            <>
              {say("rows.controller")} <Hash of={shown.party as Address} what={say("rows.controller")} />
            </>
          ),
          <Hash of={shown.payee} what={say("address.payee", { row: nameOf(labels, id) })} />,
        ];
      })}
    />
  );
}

/** Every field that differs, as the files name it: for who wants to compare. */
export function Fields({ view }: { view: View }) {
  if (!view.before || !view.after) return null;
  const found = differences(view.before, view.after);
  if (!found.length) return <p>{say("change.nothing")}</p>;
  const plain = (value: unknown): string => (value === undefined ? "" : String(value));
  return (
    <More title={say("fields.title", { n: String(found.length) })}>
      <Table
        caption={say("fields.caption")}
        columns={[
          say("fields.field"),
          say("change.now"),
          say("change.after"),
        ]}
        lines={found.map((each) => [
          <code>{each.place}</code>,
          <code>{plain(each.before)}</code>,
          <code>{plain(each.after)}</code>,
        ])}
      />
    </More>
  );
}

/** A part of a screen that shows terms as a whole. */
export function WholeTerms({ view, own }: { view: View; own: number | null }) {
  return (
    <>
      <Part title={say("terms.risks")}>
        <Rules view={view} risks />
      </Part>
      <Part title={say("terms.rules")}>
        <Rules view={view} risks={false} />
      </Part>
      <Part title={say("terms.rows")}>
        <Rows view={view} own={own} />
        <Fields view={view} />
      </Part>
    </>
  );
}
