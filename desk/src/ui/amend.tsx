/** Drawing up an amendment: the terms in force, field by field, and beside them what would change. */

import { useState } from "preact/hooks";
import { checkAhead } from "../chain/deciding.ts";
import { type Draft, edited, freshId, HEAD, MEASURES, ROW, type Sort, written } from "../core/amending.ts";
import { documentOfTerms, termsHash, TRANCHES } from "../core/terms.ts";
import { DeskError, type Json } from "../core/types.ts";
import { type Key, say } from "../i18n/words.ts";
import { whole } from "./format.ts";
import { Button, Choice, Field, More, nameOf, Notice, Part, Problem, worded } from "./parts.tsx";
import { see } from "./reading.ts";
import { drawUp, emcScreen, type Here } from "./screen.tsx";
import { Fields, NewAddresses } from "./terms.tsx";
import { nowOf } from "./view.ts";

export const Amend = emcScreen("amend.of", "amend.lead", Amending);

/** They are seen whole on a phone too. */
const WIDE: readonly Sort[] = ["address", "nobody", "hash", "party"];
const WORDS: Readonly<Record<string, readonly (readonly [string, Key])[]>> = {
  kind: [
    ["experience", "rule.kind.experience"],
    ["solution", "rule.kind.solution"],
  ],
  "goal.gate": [
    ["none", "none"],
    ["benchmark", "benchmark"],
    ["target", "target"],
  ],
};

const GROUPS: readonly (readonly [string, Key])[] = [
  ["renegotiation", "amend.renegotiation"],
  ["leaving", "amend.leaving"],
  ["assessment", "amend.assessment"],
  ["bar", "amend.bar"],
];

/** What a field that is not as it must be would take. */
function faultTold(sort: Sort): string {
  if (sort === "part") return say("shares.percent");
  if (sort === "number" || sort === "row") return say("assess.number");
  if (sort === "address" || sort === "nobody") return say("amend.address");
  return worded("amend.wrong", sort);
}

function Amending({ standing, again }: Here) {
  const { terms, currency, labels, epochs } = standing;
  const [draft, setDraft] = useState<Draft>({ given: {}, leaves: [], joins: [] });
  const [error, setError] = useState<unknown>(null);
  const { given, leaves, joins } = draft;
  const { after, faults } = edited(terms, draft, currency);
  const document = documentOfTerms(terms) as { [key: string]: { [key: string]: Json } };
  const set = (place: string, text: string): void => {
    setError(null);
    setDraft({ ...draft, given: { ...given, [place]: text } });
  };
  const ids = [...terms.rows.map((row) => row.id), ...joins];
  const field = (place: string, sort: Sort, name: string, value: Json | undefined) => {
    const text = given[place] ?? written(sort, value, currency);
    const options =
      sort === "flag"
        ? ([["true", say("yes")], ["false", say("no")]] as const)
        : sort === "row"
          ? ids.map((id) => [String(id), nameOf(labels, id)] as const)
          : WORDS[place]?.map(([word, key]) => [word, say(key)] as const);
    const change = (typed: string): void => set(place, typed);
    if (options) return <Choice key={place} name={name} value={text} of={options} onChange={change} />;
    return (
      <Field
        key={place}
        name={name}
        value={text}
        {...(sort === "time" && { type: "datetime-local" as const })}
        spellcheck={false}
        rows={WIDE.includes(sort) ? 2 : undefined}
        onInput={change}
        wrong={faults.has(place) && faultTold(sort)}
      />
    );
  };
  const head = (group: string) =>
    HEAD.filter(([place]) => (place.includes(".") ? place.startsWith(`${group}.`) : group === "")).map(([place, sort]) => {
      const [first, second] = place.split(".") as [string, string?];
      const value = second ? document[first]![second] : (document[first] as Json);
      return field(place, sort, worded("place", place), value);
    });
  const measures = document["goal"]!["measures"] as { [key: string]: Json }[];
  const view = { before: terms, after, labels, currency, now: nowOf(standing) };
  const isSame = after !== null && termsHash(after) === standing.terms_hash;
  const why =
    standing.stage !== "ACTIVE"
      ? say("error.not-active")
      : !after
        ? say("amend.faults", { n: whole(faults.size) })
        : isSame && say("change.nothing");
  const draw = async (): Promise<void> => {
    setError(null);
    try {
      const now = await see(standing.chain_id, standing.emc);
      if (now.standing.epoch !== standing.epoch) {
        again();
        throw new DeskError("other-epoch", {});
      }
      // what the contracts would refuse once all have signed
      await checkAhead(now.chain, { kind: "amendment", emc: standing.emc, before: terms, after: after! });
      drawUp(now.standing, { kind: "amendment", terms: after! });
    } catch (problem) {
      setError(problem);
    }
  };
  const fresh = freshId(epochs.values(), joins);
  return (
    <>
      <p>{say("kind.amendment.lead")}</p>
      <Part title={say("terms.rows")}>
        {ids.map((id) => {
          const row = (document["rows"] as unknown as { [key: string]: Json }[]).find((each) => Number(each["id"]) === id);
          const goes = leaves.includes(id);
          const toggle = (): void =>
            setDraft(
              row
                ? { ...draft, leaves: goes ? leaves.filter((each) => each !== id) : [...leaves, id] }
                : { ...draft, joins: joins.filter((each) => each !== id) },
            );
          return (
            <fieldset key={id}>
              <legend>{nameOf(labels, id)}</legend>
              {!goes && !row && field(`rows.${id}.party`, "party", say("amend.party"), undefined)}
              {!goes && (
                <div class="three">
                  {ROW.map(([name, sort]) => {
                    const title = TRANCHES.some((each) => each === name)
                      ? say("shares.field", { tranche: worded("tranche", `${name}.short`) })
                      : worded("place.row", name);
                    return field(`rows.${id}.${name}`, sort, title, row ? row[name] : sort === "address" ? undefined : 0n);
                  })}
                </div>
              )}
              <Button onClick={toggle}>{say(goes ? "amend.stays" : "amend.leaves", { row: nameOf(labels, id) })}</Button>
            </fieldset>
          );
        })}
        <Button
          why={fresh === null && say("amend.full")}
          onClick={() => setDraft({ ...draft, joins: [...joins, fresh!] })}
        >
          {say("amend.join")}
        </Button>
      </Part>
      <Part title={say("terms.rules")}>
        {head("")}
        <More title={say("goal")}>
          {Array.from({ length: MEASURES }, (_, i) => {
            const place = `goal.measures.${i}`;
            const known = measures[i];
            const metric = given[`${place}.metric`] ?? known?.["metric"];
            const sort = metric === "proceeds" ? "amount" : "number";
            return (
              <div class="three" key={place}>
                {field(`${place}.metric`, "metric", say("amend.measure", { n: whole(i + 1) }), known?.["metric"])}
                {metric && field(`${place}.benchmark`, sort, say("benchmark"), known?.["benchmark"])}
                {metric && field(`${place}.target`, sort, say("target"), known?.["target"])}
              </div>
            );
          })}
          {head("goal")}
        </More>
        {GROUPS.map(([group, title]) => (
          <More key={group} title={say(title)}>
            {head(group)}
          </More>
        ))}
      </Part>
      <NewAddresses view={view} />
      <Fields view={view} />
      {faults.has("goal.measures") && <Notice kind="stop" title={say("amend.twice")} />}
      {error !== null && <Problem error={error} />}
      <Button kind="main" why={why} onClick={() => void draw()}>
        {say("amend.do")}
      </Button>
      <Notice kind="plain" title={say("paper.drawn")} />
    </>
  );
}
