/** What waits for me, and nothing above it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { openChain } from "../chain/rpc.ts";
import { scan, tasks } from "../chain/standing.ts";
import { type Address, DeskError, type Paper, type Progress } from "../core/types.ts";
import { count, say } from "../i18n/words.ts";
import { AccountTold, Connect } from "./connect.tsx";
import { moment, whole } from "./format.ts";
import { HistoryTold } from "./paper.tsx";
import { Busy, Button, Far, LinkTo, Notice, Part, Problem, Screen } from "./parts.tsx";
import { ownChain, providerFor, useIdentity, useJudged, useStanding } from "./reading.ts";
import { paths } from "./route.ts";
import { type Known, paperKey, remember, useDesk } from "./store.ts";
import { Tasks } from "./till.tsx";
import { emcTitle, titleOf } from "./titles.ts";
import { ownRows } from "./view.ts";

export function HomeScreen() {
  const { connection, papers, known } = useDesk();
  const chain_id = ownChain();
  const identity = useIdentity(chain_id);
  const [waits, setWaits] = useState<ReadonlyMap<string, number>>(new Map());
  const tell = (key: string, number: number): void =>
    setWaits((old) => (old.get(key) === number ? old : new Map(old).set(key, number)));
  const shown = [
    ...[...papers].map(([key]) => `paper ${key}`),
    ...known.map((each) => `emc ${each.chain_id} ${each.emc}`),
  ];
  const total = shown.reduce((sum, key) => sum + (waits.get(key) ?? 0), 0);
  const title = !connection ? say("home.title") : total ? count("home.waits", total) : say("home.nothing");
  const me = identity.value?.me;
  return (
    <Screen title={title}>
      {!connection && <Connect />}
      {[...papers].map(([key, paper]) => (
        <HomePaper key={key} paper={paper} tell={(number) => tell(`paper ${key}`, number)} />
      ))}
      {known.map((each) => {
        const key = `emc ${each.chain_id} ${each.emc}`;
        return <HomeEmc key={key} of={each} me={me} tell={(number) => tell(key, number)} />;
      })}
      {!papers.size && !known.length && (
        <Notice kind="plain" title={say("home.empty")}>
          <p>{say("home.empty.hint")}</p>
        </Notice>
      )}
      <div class="buttons">
        <LinkTo to="/open" kind="button">
          {say("open.title")}
        </LinkTo>
        <LinkTo to={paths.look} kind="button">
          {say("look.title")}
        </LinkTo>
      </div>
      {connection && chain_id !== null && me !== undefined && <Scan chain_id={chain_id} me={me} />}
      {connection && (
        <Part title={say("home.you")}>
          <AccountTold />
          <p>
            {me !== undefined
              ? say("me", { me: whole(me) })
              : identity.known && identity.value === null && say("home.not_registered")}
          </p>
          <LinkTo to="/me">{say("me.title")}</LinkTo> <LinkTo to="/orders">{say("orders.title")}</LinkTo>{" "}
          <LinkTo to="/calls">{say("calls.title")}</LinkTo>
        </Part>
      )}
    </Screen>
  );
}

/** A paper that waits for my word. */
function HomePaper({ paper, tell }: { paper: Paper; tell: (number: number) => void }) {
  const { connection } = useDesk();
  const judged = useJudged(paper);
  const mine = ownRows(paper, judged.value, connection?.accounts[0]);
  const word = judged.value?.decision?.words.find((each) => mine.includes(each.voice.row));
  const waits = word?.how === "missing";
  useEffect(() => tell(waits ? 1 : 0), [waits]);
  const key = paperKey(paper);
  const agreed = judged.value?.decision?.words.filter((each) => each.how !== "missing").length;
  if (judged.value && !judged.value.decision) return null;
  return (
    <section class="task">
      <h2>
        <bdi>{titleOf(paper)}</bdi>
      </h2>
      <p>
        {waits ? say("home.sign") : word ? say(word.how === "approved" ? "word.you.approved" : "word.you.signed") : ""}{" "}
        {agreed !== undefined &&
          count("agreed.of", agreed, { needed: whole(judged.value!.decision!.needed) })}
      </p>
      {judged.error !== null && <Problem error={judged.error} />}
      <LinkTo to={paths.paper(key)} kind="button">
        {say("home.read")}
      </LinkTo>
    </section>
  );
}

function HomeEmc({
  of,
  me,
  tell,
}: {
  of: Known;
  me: bigint | undefined;
  tell: (number: number) => void;
}) {
  const { papers } = useDesk();
  const isFormed = (error: unknown): boolean => !(error instanceof DeskError && error.code === "no-emc");
  const seen = useStanding(of.chain_id, of.emc);
  const standing = seen.value?.standing;
  const every = standing ? tasks(standing, me) : [];
  const now = standing?.block.timestamp ?? 0n;
  const due = every.filter((each) => each.since <= now);
  useEffect(() => tell(due.length), [due.length]);
  if (!providerFor(of.chain_id)) return null;
  // an agreement that is still being signed is told of as a paper
  if (!isFormed(seen.error) && papers.size) return null;
  const later = every.filter((each) => each.since > now);
  return (
    <section class="task">
      <h2>
        <LinkTo to={paths.emc(of.chain_id, of.emc)}>
          <bdi>{emcTitle(of.chain_id, of.emc)}</bdi>
        </LinkTo>
      </h2>
      {seen.busy && !standing && <Busy>{say("busy.chain")}</Busy>}
      <HistoryTold of={seen.progress} />
      {seen.error !== null && <Problem error={seen.error} />}
      {standing && (
        <>
          {due.length > 0 ? (
            <Tasks standing={standing} tasks={due} again={seen.again} />
          ) : (
            <p>{say("home.emc.nothing")}</p>
          )}
          {later.length > 0 && (
            <details>
              <summary>{count("home.later", later.length)}</summary>
              <Tasks standing={standing} tasks={later} again={seen.again} />
            </details>
          )}
          <p>
            <small>
              {say("as_of.block", { at: moment(standing.block.timestamp), n: whole(standing.block.number) })}
            </small>
          </p>
        </>
      )}
    </section>
  );
}

/** Looks for EMCs that nobody sent a link of: slow, so it is asked for, told of, and can be stopped. */
function Scan({ chain_id, me }: { chain_id: number; me: bigint }) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [found, setFound] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const [at, setAt] = useState<"idle" | "runs" | "stopped" | "done">("idle");
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const run = async (): Promise<void> => {
    const own = new AbortController();
    stop.current = own;
    setAt("runs");
    setError(null);
    setFound(0);
    try {
      const chain = await openChain(providerFor(chain_id)!, chain_id);
      await scan(chain, me, {
        signal: own.signal,
        onProgress: setProgress,
        onEmc: (emc: Address) => {
          remember(chain_id, emc);
          setFound((n) => n + 1);
        },
      });
      setAt("done");
    } catch (problem) {
      const stopped = problem instanceof DeskError && problem.code === "stopped";
      setAt("stopped");
      if (!stopped) setError(problem);
    }
  };
  return (
    <Part title={say("scan.title")}>
      <p>{say("scan.hint")}</p>
      {progress && at === "runs" && (
        <Far done={progress.done} of={progress.of} what={count("scan.found", found)} />
      )}
      {at === "done" && <p role="status">{count("scan.done", found)}</p>}
      {error !== null && <Problem error={error} />}
      {at === "runs" ? (
        <Button onClick={() => stop.current?.abort()}>{say("scan.stop")}</Button>
      ) : (
        <Button onClick={() => void run()}>{say(at === "stopped" ? "scan.resume" : "scan.start")}</Button>
      )}
    </Part>
  );
}
