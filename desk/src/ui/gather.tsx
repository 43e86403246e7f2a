/** Bringing signatures together, sending the file on, and putting it in force. */

import { useState } from "preact/hooks";
import { canSubmit, submission } from "../chain/deciding.ts";
import { openWindow } from "../chain/calls.ts";
import { fileName, writePaper } from "../core/files.ts";
import { type Decision, DeskError, type Paper } from "../core/types.ts";
import { DAY } from "../core/units.ts";
import { say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { chainTold, Connect } from "./connect.tsx";
import { moment } from "./format.ts";
import { bytesOf, take, type Taken } from "./intake.ts";
import { Button, Facts, Hash, hashFact, LinkTo, nameOf, Notice, Part, Problem, Screen } from "./parts.tsx";
import { checkPaper, ReadTold, Words } from "./paper.tsx";
import { Drop, TakenTold } from "./open.tsx";
import { judge, type Judged, type Read, useJudged } from "./reading.ts";
import { go, paths } from "./route.ts";
import { download, putAway, useDesk } from "./store.ts";
import { titleOf } from "./titles.ts";
import { ownRows, type View, viewOf } from "./view.ts";

export function Gather({ id, paper }: { id: string; paper: Paper }) {
  const { connection } = useDesk();
  const judged = useJudged(paper);
  const [taken, setTaken] = useState<Taken | null>(null);
  const [error, setError] = useState<unknown>(null);
  let view: View;
  try {
    view = viewOf(paper, judged.value);
  } catch (problem) {
    return (
      <Screen title={titleOf(paper)}>
        <Problem error={problem} />
      </Screen>
    );
  }
  const mine = ownRows(paper, judged.value, connection?.accounts[0]);
  const own = judged.value?.decision?.words.find((each) => mine.includes(each.voice.row));
  const bring = async (files: readonly File[]): Promise<void> => {
    setError(null);
    try {
      const read = files.map(async (file) => ({ name: file.name, bytes: await bytesOf(file) }));
      setTaken(await take(await Promise.all(read)));
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Screen title={say("gather.of", { what: titleOf(paper) })}>
      <p>
        <LinkTo to={paths.paper(id)}>{say("sign.read")}</LinkTo>
      </p>
      <ReadTold read={judged} chain_id={paper.chain_id} />
      {own && own.how !== "missing" && <Notice kind="good" title={say(`word.you.${own.how}`)} />}
      <Part title={say("gather.who")}>
        <Words paper={paper} judged={judged.value} view={view} />
      </Part>
      <Part title={say("gather.send")}>
        <p>{say("gather.send.hint")}</p>
        <SendOn id={id} paper={paper} />
      </Part>
      <Part title={say("gather.merge")}>
        <Drop many onFiles={(files) => void bring(files)} />
        {error !== null && <Problem error={error} />}
        {taken && <TakenTold taken={taken} />}
      </Part>
      <Submit paper={paper} judged={judged} view={view} mine={mine} />
      <Sheet paper={paper} view={view} />
      <div class="buttons">
        <Button
          onClick={() => {
            putAway(id);
            go(paths.home);
          }}
        >
          {say("paper.put_away")}
        </Button>
      </div>
    </Screen>
  );
}

/** The file with every signature in it; the server's folder has it already. */
function SendOn({ id, paper }: { id: string; paper: Paper }) {
  const { kept } = useDesk();
  const saved = kept.get(id);
  const name = fileName(paper);
  return (
    <>
      <div class="buttons">
        <Button kind="main" onClick={() => download(name, writePaper(paper))}>
          {say("file.save")}
        </Button>
        <Button onClick={() => print()}>{say("print.sheet")}</Button>
      </div>
      <p role="status">{typeof saved === "string" ? say("file.saved", { name: saved }) : ""}</p>
      {saved instanceof Error && <Problem error={saved} />}
    </>
  );
}

/** Sends what enough have agreed to; until then says what is missing. */
function Submit({
  paper,
  judged,
  view,
  mine,
}: {
  paper: Paper;
  judged: Read<Judged>;
  view: View;
  mine: readonly number[];
}) {
  const { connection } = useDesk();
  const { decision = null, chain = null, standing = null } = judged.value ?? {};
  if (judged.value && !decision) {
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
  if (!decision || !chain) return null;
  const ready = canSubmit(decision, chain.block.timestamp);
  const fresh = async (): Promise<Judged & { decision: Decision }> => {
    const found = await judge(paper);
    if (!found.decision) throw new DeskError("not-active");
    checkPaper(paper, found.decision);
    return { ...found, decision: found.decision };
  };
  const window = decision.window;
  const row = mine[0];
  return (
    <Part title={say(`submit.${decision.kind}`)}>
      <p>{say("submit.hint")}</p>
      {window && !window.opened_at && standing && (
        <>
          <p>{say("window.open.hint")}</p>
          <ActButton
            chain_id={paper.chain_id}
            why={row === undefined && say("why.no_voice")}
            make={async () => {
              const { decision: now, standing: at, chain: here } = await fresh();
              const until = here.block.timestamp + at!.terms.renegotiation.window + 30n * DAY;
              return openWindow(at!, row!, now.after, until);
            }}
            onDone={judged.again}
          >
            {say("window.open")}
          </ActButton>
        </>
      )}
      {!connection && <Connect />}
      <ActButton
        chain_id={paper.chain_id}
        why={!ready.yes && whyNot(ready.why, decision, view)}
        make={async () => {
          return submission((await fresh()).decision);
        }}
        onDone={judged.again}
      >
        {say(`submit.${decision.kind}`)}
      </ActButton>
    </Part>
  );
}

function whyNot(
  why: "missing" | "objections" | "window" | "early" | "late",
  decision: Decision,
  view: View,
): string {
  const rows = decision.words
    .filter((each) => each.how === "missing")
    .map((each) => nameOf(view.labels, each.voice.row))
    .join(", ");
  const at = why === "window" && decision.window ? decision.window.closes_at : decision.from;
  return say(`why.${why}`, { rows, at: at ? moment(at) : "", needed: String(decision.needed) });
}

/** What is printed and kept: what was agreed to, by whom, and the hashes. */
function Sheet({ paper, view }: { paper: Paper; view: View }) {
  return (
    <Part title={say("sheet")} id="sheet">
      <Facts
        of={[
          hashFact(say("emc"), paper.emc),
          hashFact(say("hash.terms"), paper.terms_hash),
          [say("chain"), chainTold(paper.chain_id)],
          ...paper.signatures.map(
            (each) =>
              [
                nameOf(view.labels, each.index),
                <>
                  <Hash of={each.signer} what={say("words.account")} />{" "}
                  {say("sheet.until", { at: moment(each.deadline) })}
                </>,
              ] as const,
          ),
        ]}
      />
    </Part>
  );
}
