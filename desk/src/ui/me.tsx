/** An account becomes a micro-enterprise, changes what it says of itself, or hands it on. */

import { useState } from "preact/hooks";
import { acceptAccount, changeProfile, offerAccount, register } from "../chain/calls.ts";
import { openChain } from "../chain/rpc.ts";
import { identityOf, offeredTo, type Identity } from "../chain/system.ts";
import generated from "../core/generated.json";
import { NATIVE } from "../core/terms.ts";
import { type Address, DeskError, type Hex } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { chainTold, Connect, NeedsChain } from "./connect.tsx";
import { useLastFour } from "./confirm.tsx";
import { whole } from "./format.ts";
import { Choice, Facts, Field, hashFact, isSame, More, Notice, Part, Problem, Screen } from "./parts.tsx";
import { ownChain, providerFor, useIdentity } from "./reading.ts";
import { addressOf } from "./redirect.tsx";
import { bytesIn, HashOfFile, NOTHING } from "./screen.tsx";
import { useDesk } from "./store.ts";

const KINDS = ["1", "2", "3", "4"] as const;
const CATEGORIES = ["0", "1", "2"] as const;
const MAX_URI = generated.limits.uri;

export function Me() {
  const { connection } = useDesk();
  const chain_id = ownChain();
  const identity = useIdentity(chain_id);
  const account = connection?.accounts[0];
  return (
    <Screen title={say("me.title")} lead={say("me.lead")}>
      {!connection && <Connect />}
      {chain_id !== null && !providerFor(chain_id) && <NeedsChain chain_id={chain_id} only />}
      {identity.error !== null && <Problem error={identity.error} />}
      {account && chain_id !== null && identity.known && (
        <>
          <Facts
            of={[
              hashFact(say("top.account"), account),
              [say("chain"), chainTold(chain_id)],
              identity.value && [say("members.me"), whole(identity.value.me)],
              identity.value && [say("me.kind"), say(`me.kind.${String(identity.value.kind) as "1"}`)],
              identity.value && [say("me.category"), say(`me.category.${String(identity.value.category) as "0"}`)],
            ]}
          />
          <Profile key={account} chain_id={chain_id} account={account} of={identity.value} again={identity.again} />
          {identity.value ? (
            <Offer chain_id={chain_id} of={identity.value} />
          ) : (
            <Accept chain_id={chain_id} account={account} again={identity.again} />
          )}
        </>
      )}
    </Screen>
  );
}

const at = async (chain_id: number) => openChain(providerFor(chain_id)!, chain_id);

function Profile({
  chain_id,
  account,
  of,
  again,
}: {
  chain_id: number;
  account: Address;
  of: Identity | null;
  again: () => void;
}) {
  const [kind, setKind] = useState<(typeof KINDS)[number]>("2");
  const [category, setCategory] = useState<(typeof CATEGORIES)[number]>("0");
  const [uri, setUri] = useState("");
  const [hash, setHash] = useState<Hex>(NOTHING);
  const told = uri.trim();
  const long = bytesIn(told) > MAX_URI && say("text.long", { most: String(MAX_URI) });
  return (
    <Part title={say(of ? "me.change" : "me.register")}>
      {!of && (
        <Choice
          name={say("me.kind")}
          value={kind}
          of={KINDS.map((each) => [each, say(`me.kind.${each}`)] as const)}
          onChange={setKind}
        />
      )}
      <Choice
        name={say("me.category")}
        value={category}
        of={CATEGORIES.map((each) => [each, say(`me.category.${each}`)] as const)}
        onChange={setCategory}
      />
      <Field name={say("me.uri")} value={uri} onInput={setUri} hint={say("me.uri.hint")} wrong={long} spellcheck={false} />
      <HashOfFile name={say("me.profile")} hint={say("me.profile.hint")} onHash={setHash} />
      <Notice kind="plain" title={say("me.public")} />
      <ActButton
        chain_id={chain_id}
        of={account}
        why={long}
        make={async () => {
          const known = await identityOf(await at(chain_id), account);
          if (of) return changeProfile(Number(category), told, hash);
          if (known) throw new DeskError("refused", { reason: "me: account in use" });
          return register(Number(kind), Number(category), told, hash);
        }}
        onDone={again}
      >
        {say(of ? "me.change.do" : "me.register.do")}
      </ActButton>
    </Part>
  );
}

/** First of two steps: with the ME goes everything that it is owed and rated. */
function Offer({ chain_id, of }: { chain_id: number; of: Identity }) {
  const [text, setText] = useState("");
  const { address, wrong } = addressOf(text.trim());
  const to = address && !isSame(address, of.account) ? address : null;
  const four = useLastFour(to);
  return (
    <More title={say("me.offer")}>
      <p>{say("me.offer.hint")}</p>
      <Field name={say("redirect.new")} value={text} onInput={setText} spellcheck={false} rows={2} maxLength={60} wrong={text !== "" && wrong} />
      {to && <Notice kind="care" title={say("me.offer.check")}>{four.field}</Notice>}
      <ActButton
        chain_id={chain_id}
        kind="danger"
        of={of.account}
        why={!to ? say("address.wrong") : !four.right && say("confirm.first")}
        make={() => offerAccount(to!)}
        told={say("me.offer.done", { me: whole(of.me) })}
      >
        {say("me.offer.do")}
      </ActButton>
      <ActButton chain_id={chain_id} kind="plain" of={of.account} make={() => offerAccount(NATIVE)}>
        {say("me.offer.back")}
      </ActButton>
    </More>
  );
}

/** Second step, by the new account. */
function Accept({ chain_id, account, again }: { chain_id: number; account: Address; again: () => void }) {
  const [text, setText] = useState("");
  const me = /^[1-9][0-9]{0,47}$/.test(text.trim()) ? BigInt(text.trim()) : null;
  return (
    <More title={say("me.accept")}>
      <p>{say("me.accept.hint")}</p>
      <Field name={say("members.me")} value={text} onInput={setText} inputMode="numeric" />
      <ActButton
        chain_id={chain_id}
        why={me === null && say("assess.number")}
        make={async () => {
          const chain = await at(chain_id);
          if (!isSame(await offeredTo(chain, me!), account)) {
            throw new DeskError("refused", { reason: "me: account not offered" });
          }
          return acceptAccount(me!);
        }}
        onDone={again}
      >
        {say("me.accept.do")}
      </ActButton>
    </More>
  );
}
