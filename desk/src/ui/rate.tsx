/** Rating each other: blind, in two steps. The salt is in the person's hands before anything is sent. */

import { useState } from "preact/hooks";
import {
  commit,
  finaliseReview,
  type Member,
  openReview,
  packStars,
  readReview,
  readSalt,
  reveal,
  type ReviewStanding,
  type Salted,
  salted,
  writeSalt,
} from "../chain/reviews.ts";
import { identityOf } from "../chain/system.ts";
import { type Address, DeskError, type Standing } from "../core/types.ts";
import { count, say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { Connect } from "./connect.tsx";
import { left, moment, whole } from "./format.ts";
import { bytesOf } from "./intake.ts";
import { Drop } from "./open.tsx";
import { Button, Choice, Facts, LinkTo, nameOf, Notice, Part, Problem, Screen } from "./parts.tsx";
import { ReadTold } from "./paper.tsx";
import { type Seen, useRead, useStanding } from "./reading.ts";
import { paths } from "./route.ts";
import { download, useDesk } from "./store.ts";
import { emcTitle } from "./titles.ts";

const CRITERIA = ["delivery", "quality", "collaboration", "user_value"] as const;
type Four = [number, number, number, number];

export function Rate({ chain_id, emc }: { chain_id: number; emc: Address }) {
  const { connection } = useDesk();
  const seen = useStanding(chain_id, emc);
  const account = connection?.accounts[0];
  const at = seen.value;
  const review = useRead(at ? `review ${emc} ${at.chain.block.number}` : null, () =>
    readReview(at!.chain, emc),
  );
  const identity = useRead(at && account ? `me ${account}` : null, () => identityOf(at!.chain, account!));
  const again = (): void => {
    seen.again();
    review.again();
  };
  const me = identity.value?.me;
  return (
    <Screen title={say("rate.of", { emc: emcTitle(chain_id, emc) })} lead={say("rate.lead")}>
      <p>
        <LinkTo to={paths.emc(chain_id, emc)}>{say("emc.open")}</LinkTo>
      </p>
      <ReadTold read={seen} chain_id={chain_id} />
      {review.error !== null && <Problem error={review.error} />}
      {!connection && <Connect />}
      {at && at.standing.stage === "ACTIVE" && <Notice kind="plain" title={say("rate.active")} />}
      {at && at.standing.stage !== "ACTIVE" && review.known && review.value === null && (
        <ActButton chain_id={chain_id} make={() => openReview(at.standing)} onDone={again}>
          {say("rate.begin")}
        </ActButton>
      )}
      {at && review.value && <Review seen={at} review={review.value} me={me} again={again} />}
    </Screen>
  );
}

function Review({
  seen,
  review,
  me,
  again,
}: {
  seen: Seen;
  review: ReviewStanding;
  me: bigint | undefined;
  again: () => void;
}) {
  const { standing } = seen;
  const now = standing.block.timestamp;
  const place = review.members.findIndex((each) => each.me === me);
  const is_in = place >= 0;
  const until = (at: bigint): string => say("until.left", { at: moment(at), left: left(at, now) });
  return (
    <>
      <Facts
        of={[
          [say("rate.phase"), say(`phase.${review.phase}`)],
          [say("rate.commit_until"), until(review.commit_until)],
          [say("rate.reveal_until"), until(review.reveal_until)],
          [say("rate.committed"), count("rate.of", review.committed.length, { of: whole(review.members.length) })],
          [say("rate.revealed"), count("rate.of", review.revealed.length, { of: whole(review.members.length) })],
        ]}
      />
      {me !== undefined && !is_in && <Notice kind="care" title={say("rate.none")} />}
      {is_in && review.phase === "COMMIT" && (
        <Commit standing={standing} review={review} place={place} again={again} />
      )}
      {is_in && review.phase === "REVEAL" && !review.revealed.includes(place) && (
        <Reveal standing={standing} review={review} place={place} again={again} />
      )}
      {is_in && review.revealed.includes(place) && <Notice kind="good" title={say("rate.you_revealed")} />}
      {review.phase === "CLOSED" && (
        <Part title={say("rate.closed")}>
          <ActButton
            chain_id={standing.chain_id}
            why={review.finalised.length === review.members.length && say("rate.counted")}
            make={() => finaliseReview(review)}
            onDone={again}
          >
            {say("rate.count")}
          </ActButton>
        </Part>
      )}
    </>
  );
}

/** Whether two were there at the same time. */
function met(one: Member, other: Member): boolean {
  const left_at = (each: Member): bigint => each.left_at || 2n ** 64n;
  return one.joined_at < left_at(other) && other.joined_at < left_at(one);
}

function Commit({
  standing,
  review,
  place,
  again,
}: {
  standing: Standing;
  review: ReviewStanding;
  place: number;
  again: () => void;
}) {
  const own = review.members[place]!;
  const [given, setGiven] = useState<ReadonlyMap<number, Four>>(new Map());
  const [kept, setKept] = useState<Salted | null>(null);
  const set = (at: number, criterion: number, value: number): void => {
    const four: Four = [...(given.get(at) ?? [0, 0, 0, 0])];
    four[criterion] = value;
    setGiven(new Map(given).set(at, four));
    // what is sent must be what lies in the file
    setKept(null);
  };
  const others = review.members
    .map((member, at) => ({ member, at }))
    .filter(({ member, at }) => at !== place && met(own, member));
  const levels = [0, 1, 2, 3, 4, 5].map(
    (each) => [String(each), each ? count("stars", each) : say("stars.none")] as const,
  );
  const make = (): void => {
    const packed = packStars(review.members.map((_, at) => given.get(at) ?? [0, 0, 0, 0]));
    const made = salted(standing.chain_id, standing.emc, own.me, packed);
    download(saltName(made), writeSalt(made));
    remember(made);
    setKept(made);
  };
  return (
    <Part title={say("rate.commit")}>
      {review.committed.includes(place) && <Notice kind="good" title={say("rate.you_committed")} />}
      {others.map(({ member, at }) => (
        <fieldset key={at}>
          <legend>
            <bdi>{nameOf(standing.labels, Number(member.row))}</bdi> ({say("me", { me: whole(member.me) })})
          </legend>
          {CRITERIA.map((criterion, which) => (
            <Choice
              key={criterion}
              name={say(`criterion.${criterion}`)}
              value={String(given.get(at)?.[which] ?? 0)}
              of={levels}
              onChange={(value) => set(at, which, Number(value))}
            />
          ))}
        </fieldset>
      ))}
      <p>{say("rate.salt.hint")}</p>
      <Button kind={kept ? "plain" : "main"} onClick={make}>
        {say("rate.salt")}
      </Button>
      <ActButton
        chain_id={standing.chain_id}
        kind={kept ? "main" : "plain"}
        why={!kept && say("rate.salt.first")}
        make={() => commit(review, place, kept!.commitment)}
        onDone={again}
      >
        {say("rate.commit.do")}
      </ActButton>
    </Part>
  );
}

function Reveal({
  standing,
  review,
  place,
  again,
}: {
  standing: Standing;
  review: ReviewStanding;
  place: number;
  again: () => void;
}) {
  const own = review.members[place]!;
  const [found, setFound] = useState<Salted | null>(() => remembered(standing, own.me));
  const [error, setError] = useState<unknown>(null);
  const bring = async (files: readonly File[]): Promise<void> => {
    setError(null);
    try {
      const read = readSalt(await bytesOf(files[0]!));
      if (read.emc.toLowerCase() !== standing.emc.toLowerCase() || read.me !== own.me) {
        throw new DeskError("other-paper", { difference: "emc" });
      }
      setFound(read);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Part title={say("rate.reveal")}>
      {found ? <Notice kind="good" title={say("rate.salt.found")} /> : <p>{say("rate.salt.bring")}</p>}
      <Drop onFiles={(files) => void bring(files)} />
      {error !== null && <Problem error={error} />}
      <ActButton
        chain_id={standing.chain_id}
        why={!found && say("rate.salt.missing")}
        make={() => reveal(review, place, found!.ratings, found!.salt)}
        onDone={again}
      >
        {say("rate.reveal.do")}
      </ActButton>
    </Part>
  );
}

function saltName(of: Salted): string {
  return `ratings-${of.emc.slice(2, 10)}-me${of.me}.salt.json`;
}

function remember(of: Salted): void {
  try {
    localStorage.setItem(`emc-desk/${saltName(of)}`, writeSalt(of));
  } catch {
    // it was downloaded
  }
}

function remembered(standing: Standing, me: bigint): Salted | null {
  try {
    const name = saltName({ emc: standing.emc, me } as Salted);
    const text = localStorage.getItem(`emc-desk/${name}`);
    return text ? readSalt(new TextEncoder().encode(text)) : null;
  } catch {
    return null;
  }
}
