/** Leaving an EMC, with the notice of its terms. */

import { giveNotice, leave, takeBackNotice } from "../chain/calls.ts";
import { without } from "../core/terms.ts";
import type { Address, RowStanding, Standing } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { useLastFour } from "./confirm.tsx";
import { Connect } from "./connect.tsx";
import { left, money, moment, span } from "./format.ts";
import { Facts, isSame, LinkTo, nameOf, Notice, Screen } from "./parts.tsx";
import { ReadTold } from "./paper.tsx";
import { useStanding } from "./reading.ts";
import { paths } from "./route.ts";
import { useDesk } from "./store.ts";
import { emcTitle } from "./titles.ts";

export function Leave({ chain_id, emc }: { chain_id: number; emc: Address }) {
  const { connection } = useDesk();
  const seen = useStanding(chain_id, emc);
  const standing = seen.value?.standing;
  const account = connection?.accounts[0];
  const own = standing?.rows.find(
    (each) => account && typeof each.row.party === "bigint" && isSame(each.controller, account),
  );
  return (
    <Screen title={say("leave.of", { emc: emcTitle(chain_id, emc) })} lead={say("leave.lead")}>
      <p>
        <LinkTo to={paths.emc(chain_id, emc)}>{say("emc.open")}</LinkTo>
      </p>
      <ReadTold read={seen} chain_id={chain_id} />
      {!connection && <Connect />}
      {standing && connection && !own && <Notice kind="care" title={say("leave.none")} />}
      {standing && own && <Leaving standing={standing} own={own} again={seen.again} />}
    </Screen>
  );
}

function Leaving({ standing, own, again }: { standing: Standing; own: RowStanding; again: () => void }) {
  const { terms, currency, labels, block, chain_id } = standing;
  const four = useLastFour(standing.emc);
  const row = own.row.id;
  const leaves_at = own.notice_at + terms.leaving.notice;
  const sink = terms.rows.length > 1 ? nameOf(labels, Number(without(terms, row).sink)) : "";
  return (
    <>
      <Facts
        of={[
          [say("rows.row"), nameOf(labels, row)],
          [say("leave.notice"), span(terms.leaving.notice)],
          [say("leave.sink"), sink],
          [say("leave.cover"), money(own.cover, currency)],
          [say("leave.held"), money(own.held, currency)],
          own.notice_at > 0n && [say("leave.given"), moment(own.notice_at)],
          own.notice_at > 0n && [
            say("leave.at"),
            say("until.left", { at: moment(leaves_at), left: left(leaves_at, block.timestamp) }),
          ],
        ]}
      />
      {own.notice_at === 0n ? (
        <>
          <Notice kind="care" title={say("leave.check")}>
            {four.field}
          </Notice>
          <ActButton
            chain_id={chain_id}
            kind="danger"
            of={own.controller}
            why={!four.right && say("confirm.first")}
            make={() => giveNotice(standing, row)}
            onDone={again}
          >
            {say("leave.give")}
          </ActButton>
        </>
      ) : (
        <>
          <ActButton chain_id={chain_id} of={own.controller} make={() => takeBackNotice(standing, row)} onDone={again}>
            {say("leave.back")}
          </ActButton>
          <ActButton
            chain_id={chain_id}
            kind="danger"
            why={block.timestamp < leaves_at && say("leave.early", { at: moment(leaves_at) })}
            make={() => leave(standing, row)}
            onDone={again}
          >
            {say("do.leave")}
          </ActButton>
        </>
      )}
    </>
  );
}
