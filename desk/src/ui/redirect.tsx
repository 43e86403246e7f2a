/** Having a row paid elsewhere: the new address in full, and confirmed. */

import { useState } from "preact/hooks";
import { getAddress } from "viem/utils";
import { changePayee } from "../chain/calls.ts";
import { NATIVE } from "../core/terms.ts";
import type { Address, Standing } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { useLastFour } from "./confirm.tsx";
import { Connect } from "./connect.tsx";
import { Choice, Facts, Field, hashFact, isSame, LinkTo, nameOf, Notice, Screen } from "./parts.tsx";
import { ReadTold } from "./paper.tsx";
import { see, useStanding } from "./reading.ts";
import { paths } from "./route.ts";
import { useDesk } from "./store.ts";

export function Redirect({ chain_id, emc }: { chain_id: number; emc: Address }) {
  const { connection } = useDesk();
  const seen = useStanding(chain_id, emc);
  const standing = seen.value?.standing;
  return (
    <Screen title={say("redirect.title")} lead={say("redirect.lead")}>
      <p>
        <LinkTo to={paths.emc(chain_id, emc, "money")}>{say("money.title")}</LinkTo>
      </p>
      <ReadTold read={seen} chain_id={chain_id} />
      {!connection && <Connect />}
      {standing && connection && (
        <Redirecting standing={standing} account={connection.accounts[0]!} again={seen.again} />
      )}
    </Screen>
  );
}

function Redirecting({
  standing,
  account,
  again,
}: {
  standing: Standing;
  account: Address;
  again: () => void;
}) {
  const mine = standing.rows.filter((each) => isSame(each.controller, account));
  const [chosen, setChosen] = useState("");
  const [text, setText] = useState("");
  const own = mine.find((each) => String(each.row.id) === chosen) ?? mine[0];
  const { address, wrong } = payeeOf(text.trim(), standing);
  const four = useLastFour(address);
  if (!own) return <Notice kind="care" title={say("redirect.none")} />;
  return (
    <>
      {mine.length > 1 && (
        <Choice
          name={say("rows.row")}
          value={String(own.row.id)}
          of={mine.map((each) => [String(each.row.id), nameOf(standing.labels, each.row.id)] as const)}
          onChange={setChosen}
        />
      )}
      <Facts of={[hashFact(say("redirect.now"), own.payee)]} />
      <Field
        name={say("redirect.new")}
        value={text}
        onInput={setText}
        spellcheck={false}
        rows={2}
        maxLength={60}
        hint={say("redirect.new.hint")}
        wrong={text !== "" && wrong}
      />
      {address && (
        <>
          <Notice kind="care" title={say("redirect.check")}>
            {four.field}
          </Notice>
          <ActButton
            chain_id={standing.chain_id}
            kind="danger"
            of={own.controller}
            why={!four.right && say("confirm.first")}
            make={async () => {
              const fresh = await see(standing.chain_id, standing.emc);
              return changePayee(fresh.standing, own.row.id, address);
            }}
            onDone={again}
          >
            {say("redirect.do")}
          </ActButton>
        </>
      )}
    </>
  );
}

/** An address that was typed or pasted: a slip of the pen shows in its capitals. */
export function addressOf(text: string): { address: Address | null; wrong: string } {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return { address: null, wrong: say("address.wrong") };
  const address = getAddress(text.toLowerCase());
  const plain = text === text.toLowerCase() || text.slice(2) === text.slice(2).toUpperCase();
  if (!plain && text !== address) return { address: null, wrong: say("address.checksum") };
  return { address, wrong: "" };
}

function payeeOf(text: string, { emc, terms }: Standing): { address: Address | null; wrong: string } {
  const { address, wrong } = addressOf(text);
  if (address && [NATIVE, emc, terms.currency].some((each) => isSame(each, address))) {
    return { address: null, wrong: say("address.impossible") };
  }
  return { address, wrong };
}
