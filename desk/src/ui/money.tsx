/** A row's money: what was paid, what waits and why, and what the next sale would bring. */

import { useState } from "preact/hooks";
import { numberToHex } from "viem/utils";
import { withdraw } from "../chain/calls.ts";
import { type Chain, quantity } from "../chain/rpc.ts";
import { readPayouts } from "../chain/standing.ts";
import { simulate } from "../core/forecast.ts";
import type { Address, Payout, RowStanding, Standing } from "../core/types.ts";
import { decimal, parseAmount } from "../core/units.ts";
import { say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { Connect } from "./connect.tsx";
import { money, moment, whole } from "./format.ts";
import {
  Button,
  Choice,
  Facts,
  Field,
  Hash,
  hashFact,
  isSame,
  LinkTo,
  nameOf,
  Notice,
  Part,
  Problem,
  Row as RowName,
  Screen,
  Table,
} from "./parts.tsx";
import { HistoryTold, ReadTold } from "./paper.tsx";
import { useRead, useStanding } from "./reading.ts";
import { paths } from "./route.ts";
import { countedAll } from "./rules.ts";
import { actualOf } from "./view.ts";
import { opensAt } from "../core/terms.ts";
import { download, useDesk } from "./store.ts";
import { emcTitle } from "./titles.ts";

export function Money({ chain_id, emc }: { chain_id: number; emc: Address }) {
  const { connection } = useDesk();
  const seen = useStanding(chain_id, emc);
  const { standing = null, chain = null } = seen.value ?? {};
  const account = connection?.accounts[0];
  const mine = standing?.rows.find((each) => account && isSame(each.controller, account))?.row.id;
  const [chosen, setChosen] = useState("");
  const row = chosen ? Number(chosen) : (mine ?? standing?.rows[0]?.row.id);
  const own = standing?.rows.find((each) => each.row.id === row);
  return (
    <Screen title={say("money.of", { emc: emcTitle(chain_id, emc) })}>
      <p>
        <LinkTo to={paths.emc(chain_id, emc)}>{say("emc.open")}</LinkTo>
      </p>
      <ReadTold read={seen} chain_id={chain_id} />
      {standing && chain && own && (
        <>
          <Choice
            name={say("paper.see_as")}
            value={String(row)}
            of={standing.rows.map((each) => [String(each.row.id), nameOf(standing.labels, each.row.id)] as const)}
            onChange={setChosen}
          />
          <Own standing={standing} own={own} again={seen.again} />
          <Former standing={standing} account={account} again={seen.again} />
          <Next standing={standing} own={own.row.id} />
          <Payouts standing={standing} chain={chain} row={own.row.id} />
        </>
      )}
    </Screen>
  );
}

function Own({ standing, own, again }: { standing: Standing; own: RowStanding; again: () => void }) {
  const { currency, terms, chain_id, emc } = standing;
  const { connection } = useDesk();
  const account = connection?.accounts[0];
  return (
    <Part title={say("money.now")}>
      <Facts
        of={[
          [say("money.earned"), money(own.earned, currency)],
          [say("money.held"), money(own.held, currency)],
          [say("money.credit"), money(own.credit, currency)],
          own.row.cost > 0n && [say("money.cover"), money(own.cover, currency)],
          hashFact(say("payee"), own.payee),
          !isSame(own.payee, own.row.payee) && hashFact(say("payee.signed"), own.row.payee),
          [
            say("as_of"),
            say("as_of.block", { at: moment(standing.block.timestamp), n: whole(standing.block.number) }),
          ],
        ]}
      />
      {own.held > 0n && (
        <Notice kind="plain" title={say("money.why_held")}>
          <p>
            {say("money.why_held.gate", {
              at: countedAll(terms, (each) => opensAt(terms, each), currency),
              actual: countedAll(terms, (each) => actualOf(standing, each), currency),
            })}
          </p>
        </Notice>
      )}
      {own.credit > 0n && (
        <Notice kind="care" title={say("money.why_credit", { amount: money(own.credit, currency) })}>
          <p>{say("money.why_credit.hint")}</p>
          {!connection && <Connect />}
          <ActButton
            chain_id={chain_id}
            make={() => withdraw(emc, own.row.id)}
            onDone={again}
            told={say("money.withdrawn", { amount: money(own.credit, currency) })}
          >
            {say("do.withdraw")}
          </ActButton>
        </Notice>
      )}
      {account && isSame(own.controller, account) && (
        <p>
          <LinkTo to={paths.emc(chain_id, emc, "redirect")} kind="button">
            {say("redirect.title")}
          </LinkTo>
        </p>
      )}
    </Part>
  );
}

/** A row that has left and has something waiting. */
function Former({
  standing,
  account,
  again,
}: {
  standing: Standing;
  account: Address | undefined;
  again: () => void;
}) {
  const own = standing.formers.filter((each) => account && isSame(each.account, account));
  return (
    <>
      {own.map((each) => (
        <Part key={each.row} title={say("money.left", { row: nameOf(standing.labels, each.row) })}>
          <p>{money(each.credit, standing.currency)}</p>
          {each.credit > 0n && (
            <ActButton
              chain_id={standing.chain_id}
              make={() => withdraw(standing.emc, each.row)}
              onDone={again}
            >
              {say("do.withdraw")}
            </ActButton>
          )}
        </Part>
      ))}
    </>
  );
}

/** What a sale would pay to each row now. */
function Next({ standing, own }: { standing: Standing; own: number }) {
  const [text, setText] = useState("");
  const { currency, labels } = standing;
  let amount: bigint | null = null;
  try {
    amount = text ? parseAmount(text, currency.decimals) : null;
  } catch {
    // said below the field
  }
  const found = amount ? simulate(standing, amount) : null;
  return (
    <Part title={say("simulate.title")}>
      <Field
        name={say("simulate.amount", { symbol: currency.symbol })}
        value={text}
        onInput={setText}
        inputMode="decimal"
        hint={say("simulate.hint")}
        wrong={text !== "" && amount === null && say("amount.wrong", { decimals: String(currency.decimals) })}
      />
      {found && (
        <>
          {found.opens_gate && <Notice kind="good" title={say("simulate.opens")} />}
          {found.gathers && <Notice kind="plain" title={say("simulate.gathers")} />}
          <Table
            caption={say("simulate.caption", { amount: money(amount!, currency) })}
            columns={[
              say("rows.row"),
              { right: say("levels.paid") },
              { right: say("levels.held") },
            ]}
            lines={found.rows.map((each) => [
              <>
                <RowName labels={labels} row={each.row} />
                {each.row === own && <em> ({say("rows.own")})</em>}
              </>,
              money(each.paid, currency),
              money(each.held, currency),
            ])}
          />
        </>
      )}
    </Part>
  );
}

const SHOWN = 50;

async function timeOf(chain: Chain, block: bigint): Promise<bigint> {
  const method = "eth_getBlockByNumber";
  const found = (await chain.ask(method, [numberToHex(block), false])) as { timestamp?: unknown } | null;
  return quantity(found?.timestamp, method);
}

function Payouts({ standing, chain, row }: { standing: Standing; chain: Chain; row: number }) {
  const { currency, emc } = standing;
  const [found, setFound] = useState<readonly Payout[]>([]);
  const read = useRead(`payouts ${emc} ${standing.block.number}`, async (signal, far) => {
    const every = await readPayouts(chain, standing, { signal, onProgress: far, onPayouts: setFound });
    setFound(every);
    return every;
  });
  const own = found
    .flatMap((each) => each.payments.filter((one) => one.row === row).map((one) => ({ ...one, of: each })))
    .sort((one, other) => Number(other.of.block - one.of.block));
  const times = useRead(found.length ? `times ${emc} ${row} ${found.length}` : null, async () => {
    const blocks = [...new Set(own.slice(0, SHOWN).map((each) => each.of.block))];
    const asked = blocks.map(async (each) => [each, await timeOf(chain, each)] as const);
    return new Map(await Promise.all(asked));
  });
  const when = (of: Payout): bigint | undefined => of.timestamp ?? times.value?.get(of.block);
  return (
    <Part title={say("payouts")}>
      <HistoryTold of={read.progress} />
      {read.error !== null && <Problem error={read.error} />}
      {own.length === 0 && read.value && <p>{say("payouts.none")}</p>}
      {own.length > 0 && (
        <>
          <Table
            caption={say("payouts.caption", { n: whole(Math.min(SHOWN, own.length)), of: whole(own.length) })}
            columns={[
              say("payouts.when"),
              { right: say("payouts.order") },
              { right: say("payouts.gross") },
              { right: say("payouts.yours") },
              say("payouts.how"),
              say("act.transaction"),
            ]}
            lines={own.slice(0, SHOWN).map((each) => [
              when(each.of) ? moment(when(each.of)!) : say("block.n", { n: whole(each.of.block) }),
              each.of.orders.length ? whole(each.of.number) : "–",
              money(each.of.gross, currency),
              money(each.amount, currency),
              say(each.credited ? "payouts.credited" : "payouts.paid"),
              <Hash of={each.of.transaction} what={say("act.transaction")} />,
            ])}
          />
          <div class="buttons">
            <Button onClick={() => download(`payouts-row-${row}.csv`, statement(own, standing, when), "text/csv")}>
              {say("payouts.csv")}
            </Button>
            <Button onClick={() => print()}>{say("print")}</Button>
          </div>
        </>
      )}
    </Part>
  );
}

/** Amounts with every decimal, no thousands: for a spreadsheet. */
function statement(
  own: readonly (Payout["payments"][number] & { of: Payout })[],
  { currency }: Standing,
  when: (of: Payout) => bigint | undefined,
): string {
  const time = (of: Payout): string => {
    const at = when(of);
    return at ? new Date(Number(at) * 1000).toISOString() : "";
  };
  const exact = (units: bigint): string => decimal(units, currency.decimals);
  const lines = own.map((each) =>
    [
      each.of.block,
      time(each.of),
      each.of.transaction,
      each.of.epoch,
      each.of.orders.length ? each.of.number : "",
      exact(each.of.gross),
      each.row,
      each.payee,
      exact(each.amount),
      each.credited ? "credited" : "paid",
    ].join(","),
  );
  const head = `block,time,transaction,epoch,order,gross_${currency.symbol.replace(/\W/g, "")},row,payee,amount,how`;
  return [head, ...lines].join("\r\n") + "\r\n";
}
