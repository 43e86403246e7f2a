/** An EMC's page for anybody: no wallet, no account, only what the chain says. */

import { useEffect, useState } from "preact/hooks";
import { getAddress } from "viem/utils";
import { readRecord, type Record_ } from "../chain/reviews.ts";
import type { Chain } from "../chain/rpc.ts";
import { readActivity, tasks } from "../chain/standing.ts";
import { nothingYet } from "../core/forecast.ts";
import { assessedOf, isNode, nodesOf, opensAt, proceedsOf, TRANCHES } from "../core/terms.ts";
import type { Address, Happened, Measure, Standing } from "../core/types.ts";
import { PPM } from "../core/units.ts";
import { say } from "../i18n/words.ts";
import { calendar } from "./calendar.ts";
import { chainTold } from "./connect.tsx";
import { left, money, moment, part, stars, whole } from "./format.ts";
import {
  Busy,
  Button,
  Facts,
  Field,
  Hash,
  hashFact,
  LinkTo,
  More,
  Notice,
  Part,
  Problem,
  Row as RowName,
  Screen,
  Table,
  worded,
} from "./parts.tsx";
import { HistoryTold, ReadTold } from "./paper.tsx";
import { ownChain, useRead, useStanding } from "./reading.ts";
import { go, paths } from "./route.ts";
import { counted, countedAll } from "./rules.ts";
import { download, remember, useDesk } from "./store.ts";
import { WholeTerms } from "./terms.tsx";
import { Tasks } from "./till.tsx";
import { emcTitle } from "./titles.ts";
import { actualOf, nowOf } from "./view.ts";

/** Where one says which EMC. */
export function Look() {
  const { known } = useDesk();
  const chain_id = ownChain();
  const [emc, setEmc] = useState("");
  const [typed, setTyped] = useState("");
  const good = /^0x[0-9a-fA-F]{40}$/.test(emc.trim());
  const chain = chain_id ?? (/^[1-9][0-9]{0,14}$/.test(typed) ? Number(typed) : null);
  return (
    <Screen title={say("look.title")} lead={say("look.lead")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (good && chain) go(paths.emc(chain, getAddress(emc.trim().toLowerCase())));
        }}
      >
        <Field name={say("look.address")} value={emc} onInput={setEmc} spellcheck={false} maxLength={60} />
        {chain_id === null && (
          <Field
            name={say("look.chain")}
            value={typed}
            onInput={setTyped}
            inputMode="numeric"
            hint={say("look.chain.hint")}
          />
        )}
        <Button type="submit" kind="main" why={!good ? say("look.address.wrong") : !chain && say("look.chain.hint")}>
          {say("look.go")}
        </Button>
      </form>
      {known.length > 0 && (
        <Part title={say("look.known")}>
          <ul>
            {known.map((each) => (
              <li key={`${each.chain_id}${each.emc}`}>
                <LinkTo to={paths.emc(each.chain_id, each.emc)}>
                  <bdi>{emcTitle(each.chain_id, each.emc)}</bdi>
                </LinkTo>
              </li>
            ))}
          </ul>
        </Part>
      )}
    </Screen>
  );
}

export function LookIn({ chain_id, emc }: { chain_id: number; emc: Address }) {
  const seen = useStanding(chain_id, emc);
  const { chain = null, standing = null } = seen.value ?? {};
  useEffect(() => {
    if (standing) remember(chain_id, standing.emc);
  }, [standing?.emc]);
  return (
    <Screen title={emcTitle(chain_id, emc)}>
      <ReadTold read={seen} chain_id={chain_id} />
      {standing && chain && <Whole standing={standing} chain={chain} again={seen.again} />}
    </Screen>
  );
}

function Whole({ standing, chain, again }: { standing: Standing; chain: Chain; again: () => void }) {
  const { terms, currency, labels, accounts } = standing;
  const view = { before: null, after: terms, labels, currency, now: nothingYet(terms) };
  const waiting = tasks(standing).filter((each) => each.since <= standing.block.timestamp);
  return (
    <>
      <Facts
        of={[
          [say("stage"), say(`stage.${standing.stage}`)],
          hashFact(say("emc"), standing.emc),
          [say("chain"), chainTold(standing.chain_id)],
          [say("epoch"), say("epoch.n", { n: whole(standing.epoch) })],
          [
            say("as_of"),
            say("as_of.block", {
              at: moment(standing.block.timestamp),
              n: whole(standing.block.number),
            }),
          ],
        ]}
      />
      <nav class="buttons" aria-label={say("emc.nav")}>
        <LinkTo to={paths.emc(standing.chain_id, standing.emc, "money")} kind="button">
          {say("money.title")}
        </LinkTo>
        {standing.stage === "ACTIVE" ? (
          <LinkTo to={paths.emc(standing.chain_id, standing.emc, "leave")} kind="button">
            {say("leave.title")}
          </LinkTo>
        ) : (
          <LinkTo to={paths.emc(standing.chain_id, standing.emc, "rate")} kind="button">
            {say("rate.title")}
          </LinkTo>
        )}
        <Button onClick={() => print()}>{say("print")}</Button>
        <Remind standing={standing} />
      </nav>
      {standing.stage === "ACTIVE" && (
        <More title={say("acts")}>
          <ul class="plain">
            {(["ask", "returns", "shares", "amend", "call", "assess", "report", "charge", "disband"] as const)
              .filter((each) => each !== "assess" || assessedOf(terms).length > 0)
              .map((each) => (
                <li key={each}>
                  <LinkTo to={paths.emc(standing.chain_id, standing.emc, each)}>{say(`acts.${each}`)}</LinkTo>
                </li>
              ))}
          </ul>
        </More>
      )}
      <Part title={say("goal")}>
        <Goal standing={standing} />
      </Part>
      {waiting.length > 0 && (
        <Part title={say("emc.waits")}>
          <Tasks standing={standing} tasks={waiting} again={again} />
        </Part>
      )}
      <Part title={say("accounts")}>
        <Facts
          of={(["received", "paid", "credited", "held", "pending", "dust"] as const).map(
            (each) => [say(`accounts.${each}`), money(accounts[each], currency)] as const,
          )}
        />
      </Part>
      <Part title={say("members")}>
        <Members standing={standing} chain={chain} />
      </Part>
      <WholeTerms view={{ ...view, now: nowOf(standing) }} own={null} />
      <Part title={say("epochs")}>
        <Epochs standing={standing} />
      </Part>
      <Part title={say("history")}>
        <History standing={standing} chain={chain} />
      </Part>
    </>
  );
}

/** Proceeds against benchmark and target, and what the gate does. */
export function Goal({ standing }: { standing: Standing }) {
  const { terms, total, currency, block } = standing;
  const { goal } = terms;
  const short = (each: Measure): bigint => {
    const rest = opensAt(terms, each) - actualOf(standing, each);
    return rest > 0n ? rest : 0n;
  };
  return (
    <>
      {goal.measures.map((each) => (
        <Reached key={each.metric} standing={standing} measure={each} />
      ))}
      <Facts
        of={[
          [
            say("goal.deadline"),
            say("until.left", { at: moment(goal.deadline), left: left(goal.deadline, block.timestamp) }),
          ],
          !proceedsOf(terms) && [say("proceeds"), money(total, currency)],
          [
            say("gate"),
            standing.is_gate_open
              ? say("gate.open")
              : say("gate.closed", {
                  held: money(standing.accounts.held, currency),
                  at: countedAll(terms, (each) => opensAt(terms, each), currency),
                  rest: goal.measures
                    .filter(short)
                    .map((each) => counted(each, short(each), currency))
                    .join(" + "),
                }),
          ],
        ]}
      />
      {standing.is_missed && <Notice kind="care" title={say("goal.missed")} />}
    </>
  );
}

function Reached({ standing, measure }: { standing: Standing; measure: Measure }) {
  const actual = actualOf(standing, measure);
  const { benchmark, target } = measure;
  const top = target > actual ? target : actual;
  const percent = (value: bigint): number => (top > 0n ? Number((value * 1000n) / top) / 10 : 0);
  const say_in = (value: bigint): string => counted(measure, value, standing.currency);
  return (
    <>
      <svg class="goal" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
        <rect class="ground" x="0" y="4" width="100" height="6" />
        <rect class="reached" x="0" y="4" width={percent(actual)} height="6" />
        <line x1={percent(benchmark)} x2={percent(benchmark)} y1="1" y2="13" />
        <line x1={percent(target)} x2={percent(target)} y1="1" y2="13" />
      </svg>
      <Facts
        of={[
          [say("goal.actual"), say_in(actual)],
          [say("benchmark"), say("goal.level", { at: say_in(benchmark), part: partOf(actual, benchmark) })],
          [say("target"), say("goal.level", { at: say_in(target), part: partOf(actual, target) })],
        ]}
      />
    </>
  );
}

function partOf(value: bigint, of: bigint): string {
  const ppm = of > 0n ? (value * PPM) / of : 0n;
  // no more digits than such a figure is read by
  return part((ppm / 1_000n) * 1_000n);
}

function Members({ standing, chain }: { standing: Standing; chain: Chain }) {
  const nodes = nodesOf(standing.terms);
  const records = useRead(`records ${standing.emc} ${standing.block.number}`, async () => {
    const every = nodes.map(async (row) => [row.id, await readRecord(chain, row.party as bigint)] as const);
    return new Map<number, Record_>(await Promise.all(every));
  });
  return (
    <>
      {records.busy && !records.value && <Busy>{say("busy.chain")}</Busy>}
      {records.error !== null && <Problem error={records.error} />}
      <Table
        caption={say("members.caption")}
        columns={[
          say("rows.row"),
          { right: say("members.me") },
          { right: say("members.stars") },
          { right: say("members.completed") },
          { right: say("members.met") },
          { right: say("members.withheld") },
          { right: say("members.expelled") },
        ]}
        lines={nodes.map((row) => {
          const record = records.value?.get(row.id);
          const number = (of: bigint | undefined): string => (of === undefined ? "…" : whole(of));
          return [
            <RowName labels={standing.labels} row={row.id} />,
            whole(row.party as bigint),
            record ? (record.overall ? stars(record.overall) : say("members.unrated")) : "…",
            number(record?.completed),
            number(record?.goals_met),
            number(record?.withheld),
            number(record?.expelled),
          ];
        })}
      />
    </>
  );
}

/** The shares of every epoch: who got what, when. */
function Epochs({ standing }: { standing: Standing }) {
  const epochs = [...standing.epochs].sort(([one], [other]) => other - one);
  return (
    <>
      {epochs.map(([number, terms]) => (
        <More
          key={number}
          title={say(number === standing.epoch ? "epoch.now" : "epoch.n", { n: whole(number) })}
          open={number === standing.epoch}
        >
          <Table
            caption={say("epoch.caption", { n: whole(number) })}
            columns={[
              say("rows.row"),
              ...TRANCHES.map((each) => ({ right: say(`tranche.${each}.short`) })),
            ]}
            lines={terms.rows.map((row) => [
              <>
                <RowName labels={standing.labels} row={row.id} />
                {!isNode(row) && <em> ({say("rows.beneficiary")})</em>}
              </>,
              part(row.base),
              part(row.leading),
              part(row.upside),
            ])}
          />
        </More>
      ))}
    </>
  );
}

const SHOWN = 100;

/** What happened, newest first; read after the rest of the page is there. */
function History({ standing, chain }: { standing: Standing; chain: Chain }) {
  const [wanted, setWanted] = useState(false);
  const [found, setFound] = useState<readonly Happened[]>([]);
  const read = useRead(wanted ? `history ${standing.emc} ${standing.block.number}` : null, async (signal, far) => {
    const every = await readActivity(chain, standing.emc, {
      signal,
      onProgress: far,
      onFound: (events) => setFound(events),
    });
    setFound(every);
    return every;
  });
  const newest = [...found].sort((one, other) => Number(other.block - one.block) || other.index - one.index);
  return (
    <>
      {!wanted && <Button onClick={() => setWanted(true)}>{say("history.read")}</Button>}
      <HistoryTold of={read.progress} />
      {read.error !== null && <Problem error={read.error} />}
      {found.length > 0 && (
        <Table
          caption={say("history.caption", { n: whole(Math.min(SHOWN, found.length)), of: whole(found.length) })}
          columns={[
            { right: say("history.block") },
            say("history.what"),
            say("act.transaction"),
          ]}
          lines={newest
            .slice(0, SHOWN)
            .map((each) => [
              whole(each.block),
              worded("event", each.name),
              <Hash of={each.transaction} what={say("act.transaction")} />,
            ])}
        />
      )}
      {read.value && !found.length && <p>{say("history.none")}</p>}
    </>
  );
}

/** Dates that lie ahead, for a calendar. */
function Remind({ standing }: { standing: Standing }) {
  const { terms, block, emc, chain_id } = standing;
  const now = block.timestamp;
  const title = emcTitle(chain_id, emc);
  const dates = [
    ["starts", terms.starts_at],
    ["deadline", terms.goal.deadline],
    ["ends", terms.ends_at],
    ["renegotiable", standing.renegotiable_from],
    ...standing.proposals.map((each) => ["submit", each.until] as const),
  ] as const;
  const ahead = dates.filter(([, at]) => at > now);
  if (!ahead.length) return null;
  return (
    <Button
      onClick={() =>
        download(
          "emc.ics",
          calendar(
            ahead.map(([name, at]) => ({
              id: `${chain_id}-${emc}-${name}`,
              at,
              title: `${say(`remind.${name}`)}: ${title}`,
              text: emc,
            })),
            now,
          ),
          "text/calendar",
        )
      }
    >
      {say("remind")}
    </Button>
  );
}

