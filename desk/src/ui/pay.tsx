/** Paying an order from a link: what, to whom, how it is shared; refused before the wallet if it was paid. */

import { useRef } from "preact/hooks";
import { sale, saleWithPermit } from "../chain/calls.ts";
import { simulate } from "../core/forecast.ts";
import { NATIVE } from "../core/terms.ts";
import { DeskError, type Standing } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { ActTold, useAct } from "./act.tsx";
import { chainTold, Connect } from "./connect.tsx";
import { money, moment, whole } from "./format.ts";
import {
  Button,
  type Fact,
  Facts,
  FromLink,
  LinkTo,
  More,
  Notice,
  Part,
  Row as RowName,
  Screen,
  Table,
  hashFact,
} from "./parts.tsx";
import { ReadTold } from "./paper.tsx";
import { PayButton, type Payable, usePurse } from "./paying.tsx";
import { parseRequest, type PaymentRequest, uriOf } from "./payment.ts";
import { QrCode } from "./qr.tsx";
import { type Seen, useRead, useStanding } from "./reading.ts";
import { returningOf } from "./returning.ts";
import { paths } from "./route.ts";
import { useDesk } from "./store.ts";
import { emcTitle } from "./titles.ts";

export function Pay({ request }: { request: string }) {
  return (
    <FromLink by={() => parseRequest(request)} title={say("pay.title")}>
      {(found) => <Paying key={request} of={found} />}
    </FromLink>
  );
}

function Paying({ of }: { of: PaymentRequest }) {
  const seen = useStanding(of.chain_id, of.emc);
  const standing = seen.value?.standing;
  return (
    <Screen title={say("pay.title")}>
      <ReadTold read={seen} chain_id={of.chain_id} />
      {standing ? (
        <Order of={of} seen={seen.value!} again={seen.again} />
      ) : (
        <Facts
          of={[
            [say("pay.order"), whole(of.order)],
            hashFact(say("emc"), of.emc),
            [say("chain"), chainTold(of.chain_id)],
          ]}
        />
      )}
    </Screen>
  );
}

/** Why an order cannot be paid at all; empty if it can. */
function refusal(of: PaymentRequest, standing: Standing): string {
  const { terms, block } = standing;
  if (standing.stage !== "ACTIVE" || block.timestamp >= terms.ends_at) return say("pay.over");
  if (terms.starts_at > block.timestamp) return say("pay.early", { at: moment(terms.starts_at) });
  if (of.is_coin !== (terms.currency === NATIVE)) return say("pay.other_money");
  return "";
}

function Order({ of, seen, again }: { of: PaymentRequest; seen: Seen; again: () => void }) {
  const { standing, chain } = seen;
  const { connection } = useDesk();
  const { currency, terms } = standing;
  const account = connection?.accounts[0];
  const acting = useAct(of.chain_id, again);
  const payable: Payable = {
    ...of,
    token: terms.currency,
    spender: of.emc,
    check: async (now) => {
      // somebody may have paid it in another window
      if (await now.read("EMC", of.emc, "is_paid", account!, of.order)) {
        throw new DeskError("refused", { reason: "orders: already paid" });
      }
    },
    plain: () => sale(of.emc, of.order, of.amount, of.customer, of.is_coin),
    by_permit: (deadline, signature) =>
      saleWithPermit(of.emc, of.order, of.amount, of.customer, deadline, signature),
  };
  const purse = usePurse(payable, chain);
  const paid = useRead(account ? `paid ${account} ${of.order} ${chain.block.number}` : null, async () =>
    Boolean(await chain.read("EMC", of.emc, "is_paid", account!, of.order)),
  );
  const cannot = refusal(of, standing);
  // what is shown beside the receipt is how this sale was shared, not the next one
  const began = useRef(standing);
  if (acting.step.at === "idle" || acting.step.at === "failed") began.current = standing;
  const shared = cannot ? null : simulate(began.current, of.amount);
  const done = acting.step.at === "done";
  const facts: Fact[] = [
    [say("pay.amount"), <strong>{money(of.amount, currency)}</strong>],
    [say("pay.to"), <bdi>{emcTitle(of.chain_id, of.emc)}</bdi>],
    hashFact(say("emc"), of.emc),
    [say("pay.order"), whole(of.order)],
    [say("chain"), chainTold(of.chain_id)],
    !of.is_coin && hashFact(say("token"), terms.currency),
    account && hashFact(say("pay.from"), account),
    done && [say("payouts.when"), moment(standing.block.timestamp)],
  ];
  return (
    <>
      <Facts of={facts} />
      {!done && returningOf(standing) && <Notice kind="care" title={say("returning.sale")} />}
      {cannot && <Notice kind="stop" title={cannot} />}
      {paid.value && !done && (
        <Notice kind="stop" title={say("pay.paid")}>
          <p>{say("pay.paid.hint")}</p>
        </Notice>
      )}
      {!connection && <Connect />}
      {!done && (
        <PayButton
          of={payable}
          purse={purse}
          acting={acting}
          currency={currency}
          why={cannot || (paid.value ? say("pay.paid") : "")}
        >
          {say("pay.do", { amount: money(of.amount, currency) })}
        </PayButton>
      )}
      <ActTold acting={acting} done={done && <Receipt of={of} standing={standing} />} />
      {!done && (
        <More title={say("qr.title")}>
          <QrCode of={uriOf(of)} />
        </More>
      )}
      {shared && <Shared of={shared} amount={of.amount} standing={standing} />}
      <p>
        <LinkTo to={paths.emc(of.chain_id, of.emc)}>{say("emc.open")}</LinkTo>
      </p>
    </>
  );
}

/** What a sale would pay to each row. */
export function Shared({ of, amount, standing }: { of: ReturnType<typeof simulate>; amount: bigint; standing: Standing }) {
  const { currency, labels } = standing;
  return (
    <Part title={say("pay.shared")}>
      <Table
        caption={say("simulate.caption", { amount: money(amount, currency) })}
        columns={[
          say("rows.row"),
          { right: say("levels.paid") },
          { right: say("levels.held") },
        ]}
        lines={of.rows.map((each) => [
          <RowName labels={labels} row={each.row} />,
          money(each.paid, currency),
          money(each.held, currency),
        ])}
      />
    </Part>
  );
}

function Receipt({ of, standing }: { of: PaymentRequest; standing: Standing }) {
  return (
    <>
      <p>{say("pay.receipt", { amount: money(of.amount, standing.currency), order: whole(of.order) })}</p>
      <Button onClick={() => print()}>{say("pay.receipt.print")}</Button>
    </>
  );
}
