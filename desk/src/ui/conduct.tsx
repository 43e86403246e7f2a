/** Charging a node with breaking a clause, and ending an EMC early. */

import { useState } from "preact/hooks";
import { charge, dropCharge } from "../chain/calls.ts";
import generated from "../core/generated.json";
import { isNode, nodesOf } from "../core/terms.ts";
import type { RowStanding, Charge as Charged, Hex, Standing } from "../core/types.ts";
import { PPM } from "../core/units.ts";
import { say } from "../i18n/words.ts";
import { left, moment, money, span, whole } from "./format.ts";
import { Button, Choice, Facts, Field, Hash, nameOf, Notice, Part } from "./parts.tsx";
import { ActNow, bytesIn, drawUp, emcScreen, HashOfFile, type Here, nodeScreen, NOTHING } from "./screen.tsx";

const MAX_CLAUSE = generated.limits.clause;

export const Charge = nodeScreen("charge.of", "charge.lead", Charging);

function Charging({ standing, own, again }: Here & { own: RowStanding }) {
  const { terms, labels } = standing;
  const row = own.row.id;
  const others = nodesOf(terms).filter((each) => each.id !== row);
  const [accused, setAccused] = useState(String(others[0]?.id ?? ""));
  const [clause, setClause] = useState("");
  const [evidence, setEvidence] = useState<Hex>(NOTHING);
  const cited = clause.trim();
  const why = (now: Standing): string => {
    if (now.stage !== "ACTIVE") return say("error.not-active");
    if (!cited) return say("charge.no_clause");
    if (bytesIn(cited) > MAX_CLAUSE) return say("text.long", { most: String(MAX_CLAUSE) });
    if (!now.rows.some((each) => each.row.id === Number(accused))) return say("charge.gone");
    const stands = now.charges.find((each) => each.row === Number(accused) && each.clause === cited);
    return stands?.accusers.includes(row) ? say("charge.yours") : "";
  };
  return (
    <>
      <Notice kind="care" title={say("charge.means")}>
        <p>{say("charge.means.hint", { cure: span(terms.leaving.cure) })}</p>
      </Notice>
      <Choice
        name={say("charge.whom")}
        value={accused}
        of={others.map((each) => [String(each.id), nameOf(labels, each.id)] as const)}
        onChange={setAccused}
      />
      <Field
        name={say("charge.clause")}
        value={clause}
        onInput={setClause}
        hint={say("charge.clause.hint")}
        wrong={bytesIn(cited) > MAX_CLAUSE && say("text.long", { most: String(MAX_CLAUSE) })}
      />
      <HashOfFile name={say("evidence")} hint={say("evidence.hint")} onHash={setEvidence} />
      <ActNow
        standing={standing}
        again={again}
        kind="danger"
        of={own.controller}
        why={why}
        make={(now) => charge(now, row, Number(accused), cited, evidence)}
      >
        {say("charge.do")}
      </ActNow>
      {standing.charges.length > 0 && (
        <Part title={say("charges")}>
          {standing.charges.map((each) => (
            <Raised key={`${each.row} ${each.charged_at} ${each.clause}`} standing={standing} of={each} row={row} again={again} />
          ))}
        </Part>
      )}
    </>
  );
}

function Raised({
  standing,
  of,
  row,
  again,
}: {
  standing: Standing;
  of: Charged;
  row: number;
  again: () => void;
}) {
  const { labels, block } = standing;
  const named = (rows: readonly number[]): string => rows.map((each) => nameOf(labels, each)).join(", ");
  const over = block.timestamp >= of.cured_by;
  return (
    <>
      <Facts
        of={[
          [say("charge.whom"), <bdi>{nameOf(labels, of.row)}</bdi>],
          [say("expulsion.clause"), <bdi>{of.clause}</bdi>],
          [say("charge.by"), <bdi>{named(of.accusers)}</bdi>],
          [
            say("charge.cure"),
            say("until.left", { at: moment(of.cured_by), left: left(of.cured_by, block.timestamp) }),
          ],
        ]}
      />
      <div class="buttons">
        {of.is_text && of.row !== row && (
          <Button
            why={!over && say("charge.early", { at: moment(of.cured_by) })}
            onClick={() => drawUp(standing, { kind: "expulsion", accused: of.row, clause: of.clause })}
          >
            {say("charge.expel")}
          </Button>
        )}
        {of.is_text && of.accusers.includes(row) && (
          <ActNow
            standing={standing}
            again={again}
            kind="plain"
            make={(now) => dropCharge(now, row, of.row, of.clause)}
          >
            {say("charge.drop")}
          </ActNow>
        )}
      </div>
    </>
  );
}

export const Disband = emcScreen("disband.of", "kind.disbanding.lead", Disbanding);

function Disbanding({ standing }: Here) {
  const { terms, currency, accounts, is_missed, is_gate_open } = standing;
  const nodes = BigInt(terms.rows.filter(isNode).length);
  const waits = standing.formers.filter((each) => each.held > 0n);
  const needed = !is_missed
    ? say("disband.all", { n: whole(nodes) })
    : is_gate_open
      ? say("disband.quorum", { n: whole((terms.renegotiation.quorum * nodes + PPM - 1n) / PPM) })
      : say("disband.one");
  return (
    <>
      <Notice kind="care" title={say("disband.means")}>
        <p>{say(is_gate_open ? "disbanding.open" : "disband.held", { amount: money(accounts.held, currency) })}</p>
        {!is_gate_open && <Hash of={terms.backstop} what={say("address.backstop")} />}
      </Notice>
      <Facts
        of={[
          [say("disband.who"), needed],
          !is_missed &&
            waits.length > 0 && [
              say("disband.formers"),
              waits.map((each) => nameOf(standing.labels, each.row)).join(", "),
            ],
          [say("accounts.credited"), money(accounts.credited, currency)],
        ]}
      />
      <Button
        kind="danger"
        why={standing.stage !== "ACTIVE" && say("error.not-active")}
        onClick={() => drawUp(standing, { kind: "disbanding" })}
      >
        {say("disband.do")}
      </Button>
      <Notice kind="plain" title={say("paper.drawn")} />
    </>
  );
}
