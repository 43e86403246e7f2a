/** Leaving an EMC, with the notice of its terms. */

import { giveNotice, leave, takeBackNotice } from "../chain/calls.ts";
import { without } from "../core/terms.ts";
import type { RowStanding, Standing } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { useLastFour } from "./confirm.tsx";
import { left, money, moment, span } from "./format.ts";
import { Facts, nameOf, Notice } from "./parts.tsx";
import { ActNow, nodeScreen } from "./screen.tsx";

export const Leave = nodeScreen("leave.of", "leave.lead", Leaving);

function Leaving({ standing, own, again }: { standing: Standing; own: RowStanding; again: () => void }) {
  const { terms, currency, labels, block } = standing;
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
          <ActNow
            standing={standing}
            again={again}
            kind="danger"
            of={own.controller}
            why={() => (four.right ? "" : say("confirm.first"))}
            make={(now) => giveNotice(now, row)}
          >
            {say("leave.give")}
          </ActNow>
        </>
      ) : (
        <>
          <ActNow standing={standing} again={again} of={own.controller} make={(now) => takeBackNotice(now, row)}>
            {say("leave.back")}
          </ActNow>
          <ActNow
            standing={standing}
            again={again}
            kind="danger"
            why={(now) => (now.block.timestamp < leaves_at ? say("leave.early", { at: moment(leaves_at) }) : "")}
            make={(now) => leave(now, row)}
          >
            {say("do.leave")}
          </ActNow>
        </>
      )}
    </>
  );
}
