/** An agreement or a change: what it is, what it does to whom, who has agreed. */

import { useState } from "preact/hooks";
import { canSubmit } from "../chain/deciding.ts";
import { object } from "../chain/calls.ts";
import { fileName, writePaper } from "../core/files.ts";
import { metricOf, NATIVE, termsHash } from "../core/terms.ts";
import { prose } from "../core/text.ts";
import { type Agreement, type Decision, DeskError, type Paper, type Progress } from "../core/types.ts";
import { count, say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { calendar } from "./calendar.ts";
import { NeedsChain, chainTold } from "./connect.tsx";
import { left, moment, whole } from "./format.ts";
import {
  Busy,
  Button,
  Choice,
  Facts,
  Far,
  Hash,
  hashFact,
  LinkTo,
  More,
  nameOf,
  Notice,
  Part,
  Problem,
  Row as RowName,
  Screen,
  Table,
  worded,
} from "./parts.tsx";
import { type Judged, type Read, providerFor, useJudged } from "./reading.ts";
import { returningTold } from "./returning.ts";
import { paths } from "./route.ts";
import { counted } from "./rules.ts";
import { download, useDesk } from "./store.ts";
import { ForRow, NewAddresses, WholeTerms } from "./terms.tsx";
import { kindOf, titleOf, wordsOf } from "./titles.ts";
import { ownRows, type View, viewOf } from "./view.ts";

export function PaperScreen({ id, paper }: { id: string; paper: Paper }) {
  const { connection } = useDesk();
  const judged = useJudged(paper);
  const account = connection?.accounts[0];
  const mine = ownRows(paper, judged.value, account);
  const [chosen, setChosen] = useState("");
  let view: View;
  try {
    view = viewOf(paper, judged.value);
  } catch (error) {
    return (
      <Screen title={titleOf(paper)}>
        <Problem error={error} />
      </Screen>
    );
  }
  const { after, before } = view;
  const ids = [...new Set([...(before?.rows ?? []), ...(after?.rows ?? [])].map((each) => each.id))];
  const row = chosen ? Number(chosen) : (mine[0] ?? ids[0] ?? null);
  const kind = kindOf(paper);
  const changes = kind !== "disbanding" && kind !== "assessment";
  return (
    <Screen title={titleOf(paper)} lead={say(`kind.${kind}.lead`)}>
      <ReadTold read={judged} chain_id={paper.chain_id} />
      {judged.value?.decision === null && <InForce paper={paper} />}
      <Asked paper={paper} judged={judged.value} view={view} />
      {paper.paper === "agreement" && <Misfits agreement={paper} />}
      <NewAddresses view={view} />
      {changes && after && row !== null && (
        <Part title={mine.includes(row) ? say("paper.for_you") : say("paper.for", { row: nameOf(view.labels, row) })}>
          <Choice
            name={say("paper.see_as")}
            value={String(row)}
            of={ids.map((each) => [String(each), nameOf(view.labels, each)] as const)}
            onChange={setChosen}
          />
          {paper.paper === "agreement" && <Promise_ agreement={paper} row={row} />}
          <ForRow view={view} row={row} />
        </Part>
      )}
      {changes && !after && <Notice kind="care" title={say("paper.needs_chain")} />}
      {changes && <WholeTerms view={view} own={mine[0] ?? null} />}
      <Part title={say("paper.others")}>
        <Words paper={paper} judged={judged.value} view={view} />
      </Part>
      <NextStep id={id} paper={paper} judged={judged} mine={mine} view={view} />
      <Experts paper={paper} judged={judged.value} />
    </Screen>
  );
}

/** What stands between the screen and the chain, if anything does. */
export function ReadTold({ read, chain_id }: { read: Read<unknown>; chain_id: number }) {
  if (!providerFor(chain_id)) return <NeedsChain chain_id={chain_id} />;
  return (
    <>
      {read.error !== null && (
        <Problem error={read.error}>
          <Button onClick={read.again}>{say("again")}</Button>
        </Problem>
      )}
      {read.busy && !read.value && !read.progress && <Busy>{say("busy.chain")}</Busy>}
      <HistoryTold of={read.progress} />
    </>
  );
}

/** How far the history is, where reading it takes more than one question. */
export function HistoryTold({ of }: { of: Progress | null }) {
  if (!of || of.done >= of.of) return null;
  return <Far done={of.done} of={of.of} what={say("busy.history")} />;
}

function InForce({ paper }: { paper: Paper }) {
  return (
    <Notice kind="good" title={say("paper.in_force")}>
      <p>
        <LinkTo to={paths.emc(paper.chain_id, paper.emc)} kind="button">
          {say("emc.open")}
        </LinkTo>
      </p>
    </Notice>
  );
}

/** What it is, who asks, until when. */
function Asked({ paper, judged, view }: { paper: Paper; judged: Judged | null; view: View }) {
  const { decision, standing, chain } = judged ?? { decision: null, standing: null, chain: null };
  const now = chain?.block.timestamp ?? BigInt(Math.floor(Date.now() / 1000));
  const open = standing?.proposals.find((each) => each.terms_hash === paper.terms_hash);
  const asks =
    paper.paper === "agreement"
      ? nameOf(paper.labels, paper.terms.rows[0]!.id)
      : open?.by.length
        ? open.by.map((each) => nameOf(view.labels, each)).join(", ")
        : say("asks.file");
  const until = decision?.until || (paper.paper === "agreement" ? paper.terms.goal.deadline : 0n);
  const change = paper.paper === "proposal" ? paper.change : null;
  const returning = paper.paper === "agreement" ? returningTold(paper) : "";
  return (
    <Facts
      of={[
        paper.paper === "agreement" && [say("canvas.scenario"), <bdi>{wordsOf(paper.canvas, "scenario")}</bdi>],
        paper.paper === "agreement" && [
          say("canvas.proposition"),
          <bdi>{wordsOf(paper.canvas, "proposition")}</bdi>,
        ],
        returning !== "" && [say("returning"), <bdi>{returning}</bdi>],
        [say("asks"), <bdi>{asks}</bdi>],
        until > 0n && [say("until"), say("until.left", { at: moment(until), left: left(until, now) })],
        change?.kind === "expulsion" && [
          say("expulsion.of"),
          <RowName labels={view.labels} row={change.accused} />,
        ],
        change?.kind === "expulsion" && [say("expulsion.clause"), <bdi>{change.clause}</bdi>],
        change?.kind === "assessment" && [
          say("assessment.value"),
          counted({ metric: metricOf(change.metric) }, change.amount, view.currency),
        ],
        change?.kind === "assessment" && [say("assessment.at"), moment(change.measured_at)],
        change?.kind === "disbanding" &&
          view.before && [
            say("disbanding.held"),
            standing?.is_gate_open ? (
              say("disbanding.open")
            ) : (
              <Hash of={view.before.backstop} what={say("address.backstop")} />
            ),
          ],
        hashFact(say("emc"), paper.emc),
        [say("chain"), chainTold(paper.chain_id)],
        decision && [
          say("agreed"),
          count("agreed.of", decision.words.filter((each) => each.how !== "missing").length, {
            needed: whole(decision.needed),
          }),
        ],
        chain && [say("as_of"), say("as_of.block", { at: moment(chain.block.timestamp), n: whole(chain.block.number) })],
      ]}
    />
  );
}

function Misfits({ agreement }: { agreement: Agreement }) {
  if (!agreement.misfits.length) return null;
  return (
    <Notice kind="stop" title={say("paper.misfits")}>
      <p>{say("paper.misfits.hint")}</p>
      <ul>
        {agreement.misfits.map((each) => (
          <li key={each}>
            <code>{each}</code>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** What a node promises, in the words of the canvas. */
function Promise_({ agreement, row }: { agreement: Agreement; row: number }) {
  const label = agreement.labels.find((each) => each.row === row);
  const nodes = agreement.canvas["nodes"];
  const node = (Array.isArray(nodes) ? nodes : []).find(
    (each) => each !== null && typeof each === "object" && "key" in each && each.key === label?.key,
  ) as { [key: string]: unknown } | undefined;
  const list = (name: string): string[] => {
    const found = node?.[name];
    return Array.isArray(found) ? found.filter((each) => typeof each === "string").map((each) => prose(each)) : [];
  };
  return (
    <>
      {label && <p class="lead">{<bdi>{label.role}</bdi>}</p>}
      {(["obligations", "expected_performance", "other_value_flows"] as const).map(
        (name) =>
          list(name).length > 0 && (
            <div key={name}>
              <h3>{say(`canvas.${name}`)}</h3>
              <ul>
                {list(name).map((each) => (
                  <li key={each}>
                    <bdi>{each}</bdi>
                  </li>
                ))}
              </ul>
            </div>
          ),
      )}
    </>
  );
}

/** Everybody whose word counts, and what they said. */
export function Words({ paper, judged, view }: { paper: Paper; judged: Judged | null; view: View }) {
  const decision = judged?.decision;
  if (!decision) {
    const signed = paper.signatures.map((each) => nameOf(view.labels, each.index));
    return (
      <p>
        {signed.length
          ? say("words.unchecked", { rows: signed.join(", ") })
          : say("words.nobody")}
      </p>
    );
  }
  return (
    <>
      <p>
        <strong>
          {count("agreed.of", decision.words.filter((each) => each.how !== "missing").length, {
            needed: whole(decision.needed),
          })}
        </strong>
      </p>
      <Table
        caption={say("words.caption")}
        columns={[say("rows.row"), say("words.said"), say("words.account")]}
        lines={decision.words.map((each) => [
          <>
            <RowName labels={view.labels} row={each.voice.row} /> ({say("me", { me: whole(each.voice.me) })})
          </>,
          <>
            {say(`word.${each.how}`)}
            {each.why && <small class="wrong"> {worded("error", each.why.code)}</small>}
          </>,
          <Hash of={each.voice.account} what={say("words.account")} />,
        ])}
      />
      <Window decision={decision} view={view} />
    </>
  );
}

/** The window to object, where the terms set one. */
function Window({ decision, view }: { decision: Decision; view: View }) {
  const { window } = decision;
  if (!window) return null;
  return (
    <>
      <h3>{say("window")}</h3>
      <Facts
        of={[
          [say("window.opened"), window.opened_at ? moment(window.opened_at) : say("window.not_yet")],
          window.opened_at > 0n && [say("window.closes"), moment(window.closes_at)],
          window.until > 0n && [say("window.expires"), moment(window.until)],
          [
            say("window.objectors"),
            window.objectors.length
              ? window.objectors.map((each) => nameOf(view.labels, each)).join(", ")
              : say("none"),
          ],
          [say("window.allowed"), whole(window.allowed)],
        ]}
      />
    </>
  );
}

/** The one thing to do next, named after what it does. */
function NextStep({
  id,
  paper,
  judged,
  mine,
  view,
}: {
  id: string;
  paper: Paper;
  judged: Read<Judged>;
  mine: readonly number[];
  view: View;
}) {
  const { connection } = useDesk();
  const account = connection?.accounts[0];
  const decision = judged.value?.decision;
  const word = decision?.words.find((each) => mine.includes(each.voice.row));
  const now = judged.value?.chain.block.timestamp ?? 0n;
  const ready = decision ? canSubmit(decision, now) : null;
  const over = judged.value !== null && !decision;
  const why = over
    ? say("paper.in_force")
    : judged.error
      ? say("why.problem")
      : !connection
        ? false
        : decision && !word
          ? say("why.no_voice")
          : word && word.how !== "missing"
            ? say("why.agreed")
            : false;
  const reminders = remindersOf(paper, decision ?? null);
  return (
    <Part title={say("paper.next")}>
      <div class="buttons">
        <Button kind={ready?.yes ? "plain" : "main"} why={why} onClick={() => (location.hash = paths.paper(id, "sign"))}>
          {say("paper.sign")}
        </Button>
        <Button
          kind={ready?.yes ? "main" : "plain"}
          onClick={() => (location.hash = paths.paper(id, "gather"))}
        >
          {ready?.yes ? say(`submit.${decision!.kind}`) : say("gather.title")}
        </Button>
        <Button onClick={() => print()}>{say("print")}</Button>
        <Button onClick={() => download(fileName(paper), writePaper(paper))}>{say("file.save")}</Button>
        {reminders.length > 0 && (
          <Button
            onClick={() =>
              download("emc.ics", calendar(reminders, BigInt(Math.floor(Date.now() / 1000))), "text/calendar")
            }
          >
            {say("remind")}
          </Button>
        )}
      </div>
      {decision?.window && decision.window.opened_at > 0n && word && account && (
        <Objecting decision={decision} paper={paper} view={view} mine={mine} now={now} again={judged.again} />
      )}
    </Part>
  );
}

function Objecting({
  decision,
  paper,
  mine,
  now,
  again,
}: {
  decision: Decision;
  paper: Paper;
  view: View;
  mine: readonly number[];
  now: bigint;
  again: () => void;
}) {
  const window = decision.window!;
  const objects = window.objectors.some((each) => mine.includes(each));
  return (
    <>
      <h3>{say(objects ? "object.back" : "object")}</h3>
      <p>{say("object.hint", { until: moment(window.closes_at), left: left(window.closes_at, now) })}</p>
      <ActButton
        chain_id={paper.chain_id}
        kind="danger"
        why={!objects && now >= window.closes_at && say("object.late")}
        make={() => object(paper.emc, decision.matter, !objects)}
        onDone={again}
      >
        {say(objects ? "object.back" : "object")}
      </ActButton>
    </>
  );
}

function remindersOf(paper: Paper, decision: Decision | null) {
  const title = titleOf(paper);
  const each = (name: string, at: bigint, text: string) => ({
    id: `${paper.chain_id}-${paper.emc}-${paper.terms_hash.slice(2, 10)}-${name}`,
    at,
    title: `${text}: ${title}`,
    text: paper.emc,
  });
  const window = decision?.window;
  return [
    ...(paper.paper === "agreement" ? [each("make", paper.terms.goal.deadline, say("remind.make"))] : []),
    ...(window?.opened_at ? [each("object", window.closes_at, say("remind.object"))] : []),
    ...(window?.until ? [each("expires", window.until, say("remind.submit"))] : []),
  ];
}

/** For who wants to compare with other tools: hashes, and what was checked. */
function Experts({ paper, judged }: { paper: Paper; judged: Judged | null }) {
  const terms = paper.paper === "agreement" ? paper.terms : (judged?.decision?.after ?? null);
  return (
    <More title={say("experts")}>
      <ul class="checks">
        <li>✓ {say("check.file")}</li>
        {judged?.decision && <li>✓ {say("check.chain")}</li>}
        {judged?.standing && <li>✓ {say("check.terms")}</li>}
        {!judged && <li>– {say("check.nothing")}</li>}
      </ul>
      <Facts
        of={[
          hashFact(say("hash.terms"), paper.terms_hash),
          terms && hashFact(say("hash.terms.here"), termsHash(terms)),
          terms && hashFact(say("hash.canvas"), terms.canvas),
          terms && [say("terms.nonce"), whole(terms.nonce)],
          terms && [say("terms.version"), whole(terms.version)],
          judged?.decision && hashFact(say("hash.matter"), judged.decision.matter),
          judged?.decision && [
            say("counted_by"),
            <>
              {judged.decision.room} <Hash of={judged.decision.at} what={judged.decision.room} />
            </>,
          ],
          terms && terms.currency !== NATIVE && hashFact(say("token"), terms.currency),
        ]}
      />
    </More>
  );
}

/** Nothing may be signed whose hash is another here than in the file. */
export function checkPaper(paper: Paper, decision: Decision): void {
  if (termsHash(decision.after) !== paper.terms_hash) {
    throw new DeskError("file-hash", { said: paper.terms_hash, found: termsHash(decision.after) });
  }
}
