/** Calls for bids: what is looked for, who has bid, and what a leader or a bidder can do. */

import { useState } from "preact/hooks";
import {
  award,
  closeBidding,
  closeCall,
  countCalls,
  decline,
  type Offer,
  type Posting,
  readCall,
  readOffers,
  unchanged,
  withdrawBid,
} from "../chain/bidding.ts";
import { readRecord } from "../chain/reviews.ts";
import { type Chain, openChain } from "../chain/rpc.ts";
import { SYSTEM } from "../chain/system.ts";
import { opened } from "../core/bid.ts";
import { NATIVE } from "../core/terms.ts";
import { prose } from "../core/text.ts";
import type { Call as Transaction, Hex, Json } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { BidForm, Unseal } from "./bid.tsx";
import { CallForm } from "./calling.tsx";
import { Connect, NeedsChain } from "./connect.tsx";
import { left, moment, part, stars, whole } from "./format.ts";
import { bytesOf } from "./intake.ts";
import { Drop } from "./open.tsx";
import { Busy, Facts, Hash, hashFact, isSame, LinkTo, More, Notice, Part, Problem, Screen, worded } from "./parts.tsx";
import { ownChain, providerFor, type Read, useIdentity, useRead } from "./reading.ts";
import { useDesk } from "./store.ts";

/** More are found by their number. */
const SHOWN = 50n;

export function Calls() {
  const chain_id = ownChain();
  const provider = chain_id === null ? null : providerFor(chain_id);
  const read = useRead(provider ? `calls ${chain_id}` : null, async () => {
    const chain = await openChain(provider!, chain_id!);
    const count = await countCalls(chain);
    const size = count < SHOWN ? count : SHOWN;
    const calls = Array.from({ length: Number(size) }, (_, i) => readCall(chain, count - BigInt(i)));
    return { chain, calls: await Promise.all(calls) };
  });
  const identity = useIdentity(chain_id);
  return (
    <Screen title={say("calls.title")} lead={say("calls.lead")}>
      {chain_id === null ? <Connect /> : !provider && <NeedsChain chain_id={chain_id} only />}
      {read.error !== null && <Problem error={read.error} />}
      {read.busy && !read.value && <Busy>{say("busy.chain")}</Busy>}
      {read.value && !read.value.calls.length && <Notice kind="plain" title={say("calls.none")} />}
      <ul class="plain">
        {read.value?.calls.map((each) => (
          <li key={each.number}>
            <LinkTo to={`/call/${chain_id}/${each.number}`}>
              {whole(each.number)}. <bdi>{each.role}</bdi> ({say(`call.phase.${each.phase}`)})
            </LinkTo>
          </li>
        ))}
      </ul>
      {read.value && identity.value && (
        <More title={say("acts.call")}>
          <CallForm chain={read.value.chain} again={read.again} />
        </More>
      )}
    </Screen>
  );
}

interface Seen {
  chain: Chain;
  posting: Posting;
  uri: string;
  offers: readonly Offer[];
}

export function CallScreen({ chain_id, number }: { chain_id: number; number: bigint }) {
  const { connection } = useDesk();
  const provider = providerFor(chain_id);
  const identity = useIdentity(chain_id);
  const read: Read<Seen> = useRead(provider ? `call ${chain_id} ${number}` : null, async () => {
    const chain = await openChain(provider!, chain_id);
    const posting = await readCall(chain, number);
    return { chain, posting, ...(await readOffers(chain, number)) };
  });
  const me = identity.value?.me;
  return (
    <Screen title={say("call.title", { n: whole(number) })} lead={say("call.lead")}>
      {!provider && <NeedsChain chain_id={chain_id} />}
      {read.error !== null && <Problem error={read.error} />}
      {read.busy && !read.value && <Busy>{say("busy.chain")}</Busy>}
      {provider && !connection && <Connect />}
      {read.value && <Whole seen={read.value} me={me} again={read.again} />}
    </Screen>
  );
}

function Whole({ seen, me, again }: { seen: Seen; me: bigint | undefined; again: () => void }) {
  const { posting, chain, offers, uri } = seen;
  const { bar } = posting;
  const now = chain.block.timestamp;
  const until = (at: bigint): string => say("until.left", { at: moment(at), left: left(at, now) });
  const own = offers.find((each) => each.me === me);
  const isLeader = me !== undefined && me === posting.leader;
  return (
    <>
      <Facts
        of={[
          [say("call.role"), <bdi>{posting.role}</bdi>],
          [say("call.leader"), say("me", { me: whole(posting.leader) })],
          [say("rate.phase"), say(`call.phase.${posting.phase}`)],
          [say("call.share"), say("bounds.from_to", { lower: part(posting.lower), upper: part(posting.upper) })],
          [say("call.places"), say("call.places.of", { n: whole(posting.awarded), of: whole(posting.places) })],
          [say("call.closes"), until(posting.closes_at)],
          posting.reveal > 0n && [say("call.sealed"), until(posting.closes_at + posting.reveal)],
          posting.emc !== NATIVE && hashFact(say("call.joins"), posting.emc),
          bar.registry !== NATIVE && [
            say("call.bar"),
            say(bar.admits_unrated ? "call.bar.unrated" : "call.bar.of", { stars: stars(bar.stars), emcs: whole(bar.emcs) }),
          ],
          hashFact(say("call.document"), posting.document),
          uri !== "" && [say("call.uri"), <bdi>{uri}</bdi>],
        ]}
      />
      {bar.registry !== NATIVE && !isSame(bar.registry, SYSTEM.Reputation) && (
        <Notice kind="care" title={say("call.bar.stranger")}>
          <Hash of={bar.registry} what={say("address.registry")} />
        </Notice>
      )}
      <Document hash={posting.document} />
      {me === undefined && <Notice kind="plain" title={say("home.not_registered")} />}
      {me !== undefined && !isLeader && <Bidding seen={seen} me={me} own={own} again={again} />}
      <Part title={say("offers")}>
        {!offers.length && <p>{say("offers.none")}</p>}
        {offers.map((each) => (
          <One key={each.me} seen={seen} offer={each} isLeader={isLeader} again={again} />
        ))}
      </Part>
      {isLeader && posting.phase !== "CLOSED" && (
        <Part title={say("call.end")}>
          {posting.phase === "OPEN" && (
            <Do seen={seen} again={again} make={() => closeBidding(posting.number)} what={say("call.close_bidding")} />
          )}
          <Do seen={seen} again={again} danger make={() => closeCall(posting.number)} what={say("call.close")} />
        </Part>
      )}
    </>
  );
}

/** A transaction about a call, if the call is still the one that was read. */
export function Do({
  seen,
  again,
  make,
  what,
  why,
  danger,
}: {
  seen: Pick<Seen, "chain" | "posting">;
  again: () => void;
  make: () => Transaction;
  what: string;
  why?: string | false;
  danger?: boolean;
}) {
  return (
    <ActButton
      chain_id={seen.chain.id}
      kind={danger ? "danger" : "main"}
      why={why}
      make={async () => {
        await unchanged(seen.chain, seen.posting, say("call.changed"));
        return make();
      }}
      onDone={again}
    >
      {what}
    </ActButton>
  );
}

/** What a file says whose hash is on chain; of another one nothing is shown. */
function Document({ hash }: { hash: Hex }) {
  const [found, setFound] = useState<{ [key: string]: Json } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const bring = async (files: readonly File[]): Promise<void> => {
    setError(null);
    try {
      setFound(opened(await bytesOf(files[0]!), hash));
    } catch (problem) {
      setError(problem);
    }
  };
  const told = (name: string): string => {
    const value = found?.[name];
    return Array.isArray(value) ? value.map((each) => prose(String(each))).join("; ") : prose(String(value ?? ""));
  };
  return (
    <Part title={say("call.file")}>
      <p>{say("call.file.hint")}</p>
      <Drop onFiles={(files) => void bring(files)} />
      {error !== null && <Problem error={error} />}
      {found && (
        <Facts
          of={(["title", "scenario", "proposition", "needs", "name", "solution", "obligations", "expected_performance", "resources"] as const).map(
            (name) => name in found && ([say(`doc.${name}`), <bdi>{told(name)}</bdi>] as const),
          )}
        />
      )}
    </Part>
  );
}

function Bidding({
  seen,
  me,
  own,
  again,
}: {
  seen: Seen;
  me: bigint;
  own: Offer | undefined;
  again: () => void;
}) {
  const { posting } = seen;
  const stands = own && (own.state === "OPEN" || own.state === "SEALED");
  return (
    <Part title={say("bid.yours")}>
      {own && <p>{say("bid.state", { state: say(`bid.state.${own.state}`) })}</p>}
      {posting.phase === "OPEN" && own?.state !== "DECLINED" && (
        <BidForm seen={seen} me={me} again={again} isBetter={stands === true} />
      )}
      {posting.phase === "REVEAL" && own?.state === "SEALED" && <Unseal seen={seen} me={me} own={own} again={again} />}
      {stands && posting.phase !== "CLOSED" && (
        <Do seen={seen} again={again} danger make={() => withdrawBid(posting.number)} what={say("bid.withdraw")} />
      )}
    </Part>
  );
}

/** A bid with its bidder's record beside it; the leader awards or declines exactly what it read. */
function One({
  seen,
  offer,
  isLeader,
  again,
}: {
  seen: Seen;
  offer: Offer;
  isLeader: boolean;
  again: () => void;
}) {
  const { posting, chain } = seen;
  const record = useRead(`record ${offer.me} ${chain.block.number}`, () => readRecord(chain, offer.me));
  const early = posting.phase !== "AWARD" && say("offer.early");
  return (
    <section class="task">
      <h3>{say("me", { me: whole(offer.me) })}</h3>
      <Facts
        of={[
          [say("offer.state"), worded("bid.state", offer.state)],
          offer.share !== undefined && [say("offer.share"), part(offer.share)],
          offer.document !== undefined && hashFact(say("call.document"), offer.document),
          offer.uri ? [say("call.uri"), <bdi>{offer.uri}</bdi>] : null,
          record.value && [say("members.stars"), record.value.overall ? stars(record.value.overall) : say("members.unrated")],
          record.value && [say("members.completed"), whole(record.value.completed)],
        ]}
      />
      {isLeader && offer.state === "OPEN" && posting.phase !== "CLOSED" && (
        <div class="buttons">
          <Do seen={seen} again={again} why={early} make={() => award(posting.number, offer)} what={say("offer.award")} />
          <Do seen={seen} again={again} danger make={() => decline(posting.number, offer)} what={say("offer.decline")} />
        </div>
      )}
      {offer.state === "AWARDED" && <p>{say("offer.awarded")}</p>}
    </section>
  );
}
