/** A screen on which somebody acts in an EMC, and transactions that are checked again before they are sent. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { keccak256 } from "viem/utils";
import { propose } from "../core/files.ts";
import { isNode } from "../core/terms.ts";
import { type Address, type Call, type Change, DeskError, type Hex, type RowStanding, type Standing } from "../core/types.ts";
import { type Key, say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { Connect } from "./connect.tsx";
import { Hash, isSame, LinkTo, Notice, Screen } from "./parts.tsx";
import { ReadTold } from "./paper.tsx";
import { type Seen, see, useStanding } from "./reading.ts";
import { go, paths } from "./route.ts";
import { putSigned, useDesk } from "./store.ts";
import { emcTitle } from "./titles.ts";

export interface Where {
  chain_id: number;
  emc: Address;
}

export interface Here {
  seen: Seen;
  standing: Standing;
  /** The node for which the account in the wallet speaks. */
  own: RowStanding | undefined;
  again: () => void;
}

/** A screen of one EMC. */
export function emcScreen(title: Key, lead: Key, Content: (here: Here) => ComponentChildren) {
  return ({ chain_id, emc }: Where) => {
    const { connection } = useDesk();
    const seen = useStanding(chain_id, emc);
    const account = connection?.accounts[0];
    const standing = seen.value?.standing;
    const own = standing?.rows.find(
      (each) => account && isNode(each.row) && isSame(each.controller, account),
    );
    return (
      <Screen title={say(title, { emc: emcTitle(chain_id, emc) })} lead={say(lead)}>
        <p>
          <LinkTo to={paths.emc(chain_id, emc)}>{say("emc.open")}</LinkTo>
        </p>
        <ReadTold read={seen} chain_id={chain_id} />
        {!connection && <Connect />}
        {standing && <Content {...{ standing, own }} seen={seen.value!} again={seen.again} />}
      </Screen>
    );
  };
}

/** One on which there is nothing for who is no node of it. */
export function nodeScreen(title: Key, lead: Key, Content: (here: Here & { own: RowStanding }) => ComponentChildren) {
  return emcScreen(title, lead, (here) => {
    const { connection } = useDesk();
    if (here.own) return <Content {...here} own={here.own} />;
    return connection && <Notice kind="care" title={say("leave.none")} />;
  });
}

/** A transaction about an EMC: what would refuse it is asked of the newest state before it is made. */
export function ActNow({
  standing,
  again,
  make,
  why = () => "",
  ...more
}: {
  standing: Standing;
  again: () => void;
  make: (now: Standing) => Call;
  /** Why it would be refused; empty: it would not. */
  why?: (now: Standing) => string;
  children: string;
  of?: Address | undefined;
  kind?: "main" | "plain" | "danger";
}) {
  const { chain_id, emc } = standing;
  return (
    <ActButton
      {...more}
      chain_id={chain_id}
      about={{ where: emcTitle(chain_id, emc), at: paths.emc(chain_id, emc) }}
      why={why(standing)}
      make={async () => {
        const { standing: now } = await see(chain_id, emc);
        const said = why(now);
        if (said) throw new DeskError("meanwhile", { why: said });
        return make(now);
      }}
      onDone={again}
    />
  );
}

/** Draws up the paper of a change, which is read and signed like any other. */
export function drawUp({ chain_id, emc, epoch, terms }: Standing, change: Change): void {
  void putSigned(propose(chain_id, emc, epoch, terms, change)).then((key) => go(paths.paper(key)));
}

/** Of a file only its hash is needed; the file itself goes nowhere. */
export function HashOfFile({ name, hint, onHash }: { name: string; hint: string; onHash: (hash: Hex) => void }) {
  const [hash, setHash] = useState<Hex | null>(null);
  const take = async (file: File): Promise<void> => {
    const found = keccak256(new Uint8Array(await file.arrayBuffer()));
    setHash(found);
    onHash(found);
  };
  return (
    <div class="field">
      <label>
        {name}{" "}
        <input
          type="file"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) void take(file);
          }}
        />
      </label>
      <p class="hint">{hint}</p>
      {hash && <Hash of={hash} what={name} />}
    </div>
  );
}

/** How many bytes a text has as contracts count it. */
export const bytesIn = (text: string): number => new TextEncoder().encode(text).length;

/** No evidence. */
export const NOTHING: Hex = `0x${"0".repeat(64)}`;
