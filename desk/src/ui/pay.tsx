/** Paying an order from a link: what, to whom, how it is shared; refused before the wallet if it was paid. */

import { useRef } from "preact/hooks";
import { approveToken, sale } from "../chain/calls.ts";
import { simulate } from "../core/forecast.ts";
import { NATIVE } from "../core/terms.ts";
import { DeskError, type Standing } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { ActTold, useAct, useWhy } from "./act.tsx";
import { chainTold, Connect } from "./connect.tsx";
import { money, moment, whole } from "./format.ts";
import { Button, Facts, Hash, LinkTo, Notice, Part, Problem, Row as RowName, Screen, Table } from "./parts.tsx";
import { ReadTold } from "./paper.tsx";
import { parseRequest, type PaymentRequest } from "./payment.ts";
import { type Seen, see, useRead, useStanding } from "./reading.ts";
import { paths } from "./route.ts";
import { useDesk } from "./store.ts";
import { emcTitle } from "./titles.ts";

export function Pay({ request }: { request: string }) {
  let found: PaymentRequest;
  try {
    found = parseRequest(request);
  } catch (error) {
    return (
      <Screen title={say("pay.title")}>
        <Problem error={error} />
      </Screen>
    );
  }
  return <Paying key={request} of={found} />;
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
            [say("emc"), <Hash of={of.emc} what={say("emc")} />],
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
  const { currency, terms, labels } = standing;
  const account = connection?.accounts[0];
  const paying = useAct(of.chain_id, again);
  const nobody = useWhy();
  const state = useRead(account ? `${account} ${of.order} ${chain.block.number}` : null, async () => {
    const paid = (await chain.read("EMC", of.emc, "is_paid", account!, of.order)) as boolean;
    if (of.is_coin) return { paid, balance: await chain.balance(account!), allowed: of.amount };
    const [balance, allowed] = (await Promise.all([
      chain.read("Token", terms.currency, "balanceOf", account!),
      chain.read("Token", terms.currency, "allowance", account!, of.emc),
    ])) as [bigint, bigint];
    return { paid, balance, allowed };
  });
  const cannot = refusal(of, standing);
  // what is shown beside the receipt is how this sale was shared, not the next one
  const began = useRef(standing);
  if (paying.step.at === "idle" || paying.step.at === "failed") began.current = standing;
  const shared = cannot ? null : simulate(began.current, of.amount);
  const known = state.value;
  const done = paying.step.at === "done";
  const runs = ["trying", "asking", "waiting"].includes(paying.step.at);
  const why =
    cannot ||
    nobody ||
    (known?.paid && say("pay.paid")) ||
    (!known && say("busy.chain")) ||
    (known && known.balance < of.amount && say("pay.short", { has: money(known.balance, currency) })) ||
    (runs && say("why.runs"));

  const pay = async (): Promise<void> => {
    if (!of.is_coin && known!.allowed < of.amount) {
      const let_in = await paying.run(() => approveToken(terms.currency, of.emc, of.amount));
      if (!let_in) return;
    }
    await paying.run(
      () => sale(of.emc, of.order, of.amount, of.customer, of.is_coin),
      async () => {
        // once more: somebody may have paid it in another window
        const now = await see(of.chain_id, of.emc);
        if (await now.chain.read("EMC", of.emc, "is_paid", account!, of.order)) {
          throw new DeskError("refused", { reason: "orders: already paid" });
        }
      },
    );
  };

  return (
    <>
      <Facts
        of={[
          [say("pay.amount"), <strong>{money(of.amount, currency)}</strong>],
          [say("pay.to"), <bdi>{emcTitle(of.chain_id, of.emc)}</bdi>],
          [say("emc"), <Hash of={of.emc} what={say("emc")} />],
          [say("pay.order"), whole(of.order)],
          [say("chain"), chainTold(of.chain_id)],
          !of.is_coin && [say("token"), <Hash of={terms.currency} what={say("token")} />],
          account && [say("pay.from"), <Hash of={account} what={say("pay.from")} />],
        ]}
      />
      {cannot && <Notice kind="stop" title={cannot} />}
      {known?.paid && !done && (
        <Notice kind="stop" title={say("pay.paid")}>
          <p>{say("pay.paid.hint")}</p>
        </Notice>
      )}
      {!connection && <Connect />}
      {state.error !== null && <Problem error={state.error} />}
      {!done && (
        <>
          {!of.is_coin && known && known.allowed < of.amount && !known.paid && <p>{say("pay.two_steps")}</p>}
          <Button kind="main" why={why} onClick={() => void pay()}>
            {say("pay.do", { amount: money(of.amount, currency) })}
          </Button>
        </>
      )}
      <ActTold acting={paying} done={done && <Receipt of={of} standing={standing} />} />
      {shared && (
        <Part title={say("pay.shared")}>
          <Table
            caption={say("simulate.caption", { amount: money(of.amount, currency) })}
            columns={[
              { title: say("rows.row") },
              { title: say("levels.paid"), right: true },
              { title: say("levels.held"), right: true },
            ]}
            lines={shared.rows.map((each) => [
              <RowName labels={labels} row={each.row} />,
              money(each.paid, currency),
              money(each.held, currency),
            ])}
          />
        </Part>
      )}
      <p>
        <LinkTo to={paths.emc(of.chain_id, of.emc)}>{say("emc.open")}</LinkTo>
      </p>
    </>
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
