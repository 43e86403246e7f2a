/** What the chain cannot see: a value for a measure of the goal, and reports on what a node has done. */

import { useState } from "preact/hooks";
import { assess, countersign, report, takeBackValue } from "../chain/calls.ts";
import { finalOf, readReports, type Report } from "../chain/goals.ts";
import generated from "../core/generated.json";
import { ASSESSOR, assessedOf, closesAt, MAX_AMOUNT, metricWord, NATIVE } from "../core/terms.ts";
import type { Address, Hex, Measure, OpenValue, Standing } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { left, moment, span, whole } from "./format.ts";
import { Button, Facts, Field, hashFact, isSame, nameOf, Notice, Part, Problem, Table } from "./parts.tsx";
import { useRead } from "./reading.ts";
import { counted, metricTold } from "./rules.ts";
import { ActNow, bytesIn, drawUp, emcScreen, HashOfFile, type Here, NOTHING } from "./screen.tsx";
import { useDesk } from "./store.ts";

const MAX_ITEM = generated.limits.item;

export const Assess = emcScreen("assess.of", "assess.lead", Assessing);

function Assessing(here: Here) {
  const { standing } = here;
  const measures = assessedOf(standing.terms);
  if (!measures.length) return <Notice kind="plain" title={say("assess.nothing")} />;
  return (
    <>
      <p>{say("assess.means", { window: span(standing.terms.assessment.window) })}</p>
      {measures.map((each) => (
        <One key={each.metric} {...here} measure={each} />
      ))}
    </>
  );
}

/** A whole number; null: it is not one, or too large. */
function numberOf(text: string): bigint | null {
  const found = /^[0-9]{1,29}$/.test(text.trim()) ? BigInt(text.trim()) : null;
  return found !== null && found <= MAX_AMOUNT ? found : null;
}

/** As whom the account submits: its row, the assessor that the terms name, or nobody. */
function submitterOf({ terms }: Standing, own: Here["own"], account: Address | undefined): number | null {
  const { assessor } = terms.assessment;
  if (assessor === NATIVE) return own?.row.id ?? null;
  return account && isSame(assessor, account) ? ASSESSOR : null;
}

function One({ seen, standing, own, again, measure }: Here & { measure: Measure }) {
  const { connection } = useDesk();
  const [text, setText] = useState("");
  const [when, setWhen] = useState("");
  const [evidence, setEvidence] = useState<Hex>(NOTHING);
  const { chain } = seen;
  const { metric } = measure;
  const last = useRead(`final ${standing.emc} ${metric} ${chain.block.number}`, () => finalOf(chain, standing.emc, metric));
  const submitter = submitterOf(standing, own, connection?.accounts[0]);
  const amount = numberOf(text);
  const told = when ? BigInt(Math.floor(new Date(when).getTime() / 1000)) : null;
  const name = metricTold(measure);
  const why = (now: Standing): string => {
    const { terms, block } = now;
    if (now.stage !== "ACTIVE") return say("error.not-active");
    if (submitter === null) return say(terms.assessment.assessor === NATIVE ? "leave.none" : "assess.assessor");
    if (now.values.some((each) => each.submitter === submitter && each.metric === metric)) return say("assess.one");
    if (amount === null) return say("assess.number");
    const at = told ?? block.timestamp;
    if (at > block.timestamp || at > terms.goal.deadline) return say("assess.later");
    if (last.value && last.value.measured_at >= at) return say("assess.older", { at: moment(last.value.measured_at) });
    return "";
  };
  return (
    <Part title={name}>
      <Facts
        of={[
          [say("benchmark"), counted(measure, measure.benchmark, standing.currency)],
          [say("target"), counted(measure, measure.target, standing.currency)],
          last.value && last.value.measured_at > 0n && [
            say("assess.last"),
            `${counted(measure, last.value.amount, standing.currency)}, ${moment(last.value.measured_at)}`,
          ],
          [
            say("assess.until"),
            say("until.left", {
              at: moment(closesAt(standing.terms)),
              left: left(closesAt(standing.terms), standing.block.timestamp),
            }),
          ],
        ]}
      />
      <Field
        name={say("assess.amount", { what: name })}
        value={text}
        onInput={setText}
        inputMode="numeric"
        wrong={text !== "" && amount === null && say("assess.number")}
      />
      <Field name={say("assess.when")} value={when} onInput={setWhen} type="datetime-local" hint={say("assess.when.hint")} />
      <HashOfFile name={say("evidence")} hint={say("evidence.hint")} onHash={setEvidence} />
      <ActNow
        standing={standing}
        again={again}
        why={why}
        make={(now) => assess(now, submitter!, metric, amount!, told ?? now.block.timestamp, evidence)}
      >
        {say("assess.do")}
      </ActNow>
      {standing.values
        .filter((each) => each.metric === metric)
        .map((each) => (
          <Open key={each.submitter} {...{ standing, again, measure }} of={each} is_own={each.submitter === submitter} />
        ))}
    </Part>
  );
}

/** A value that waits to be final; everybody may let it be final at once. */
function Open({
  standing,
  again,
  of,
  measure,
  is_own,
}: {
  standing: Standing;
  again: () => void;
  of: OpenValue;
  measure: Measure;
  is_own: boolean;
}) {
  const { labels, block, terms } = standing;
  const who = of.submitter === ASSESSOR ? say("address.assessor") : nameOf(labels, of.submitter);
  const late = (now: Standing): string =>
    now.block.timestamp >= of.final_at || now.block.timestamp >= terms.goal.deadline ? say("assess.back.late") : "";
  const atOnce = (): void => {
    const { submitter, amount, measured_at, evidence } = of;
    drawUp(standing, { kind: "assessment", metric: metricWord(of.metric), submitter, amount, measured_at, evidence });
  };
  return (
    <>
      <h3>{say("assess.open", { amount: counted(measure, of.amount, standing.currency), who })}</h3>
      <Facts
        of={[
          [say("assessment.at"), moment(of.measured_at)],
          [
            say("assess.final"),
            say("until.left", { at: moment(of.final_at), left: left(of.final_at, block.timestamp) }),
          ],
          of.evidence !== NOTHING && hashFact(say("evidence"), of.evidence),
        ]}
      />
      <div class="buttons">
        <Button onClick={atOnce}>{say("assess.at_once")}</Button>
        {is_own && (
          <ActNow
            standing={standing}
            again={again}
            kind="danger"
            why={late}
            make={(now) => takeBackValue(now, of.metric, of.submitter)}
          >
            {say("assess.back")}
          </ActNow>
        )}
      </div>
    </>
  );
}

export const Reports = emcScreen("report.of", "report.lead", Reporting);

function Reporting({ seen, standing, own, again }: Here) {
  const [item, setItem] = useState("");
  const [text, setText] = useState("");
  const [evidence, setEvidence] = useState<Hex>(NOTHING);
  const named = item.trim();
  const amount = numberOf(text);
  const read = useRead(`reports ${standing.emc} ${standing.block.number}`, () => readReports(seen.chain, standing.emc));
  const why = (now: Standing): string => {
    if (now.stage !== "ACTIVE") return say("error.not-active");
    if (!own) return say("leave.none");
    if (!named) return say("report.no_item");
    if (bytesIn(named) > MAX_ITEM) return say("text.long", { most: String(MAX_ITEM) });
    return amount === null ? say("assess.number") : "";
  };
  const labels = standing.labels;
  return (
    <>
      <Field
        name={say("report.item")}
        value={item}
        onInput={setItem}
        hint={say("report.item.hint")}
        wrong={bytesIn(named) > MAX_ITEM && say("text.long", { most: String(MAX_ITEM) })}
      />
      <Field
        name={say("report.amount")}
        value={text}
        onInput={setText}
        inputMode="numeric"
        wrong={text !== "" && amount === null && say("assess.number")}
      />
      <HashOfFile name={say("evidence")} hint={say("evidence.hint")} onHash={setEvidence} />
      <ActNow
        standing={standing}
        again={again}
        why={why}
        make={(now) => report(now, own!.row.id, named, amount!, evidence)}
      >
        {say("report.do")}
      </ActNow>
      <Part title={say("reports")}>
        {read.error !== null && <Problem error={read.error} />}
        {read.value && !read.value.length && <p>{say("report.none")}</p>}
        {read.value && read.value.length > 0 && (
          <Table
            caption={say("reports.caption")}
            columns={[
              say("rows.row"),
              say("report.item"),
              { right: say("report.amount") },
              say("report.signed"),
              say("report.confirm"),
            ]}
            lines={read.value.map((each) => [
              <bdi>{nameOf(labels, each.row)}</bdi>,
              <bdi>{each.item}</bdi>,
              whole(each.amount),
              <bdi>{each.by.map((row) => nameOf(labels, row)).join(", ") || "–"}</bdi>,
              <Countersign of={each} {...{ standing, own, again }} />,
            ])}
          />
        )}
      </Part>
    </>
  );
}

function Countersign({ of, standing, own, again }: { of: Report } & Omit<Here, "seen">) {
  if (!own || standing.stage !== "ACTIVE" || own.row.id === of.row || of.by.includes(own.row.id)) return "–";
  return (
    <ActNow standing={standing} again={again} kind="plain" make={(now) => countersign(now, own.row.id, of.number)}>
      {say("report.confirm.do", { n: whole(of.number) })}
    </ActNow>
  );
}
