/** Orders of a buyer, and for the cashier those of an EMC: release, give back, book, refund. */

import { useRef, useState } from "preact/hooks";
import { approveToken } from "../chain/calls.ts";
import {
  book,
  currencyOfEmc,
  giveBack,
  MOST,
  type Placed,
  readCredit,
  readOrders,
  refund,
  release,
  stateOf,
  withdrawCredit,
} from "../chain/checkout.ts";
import { openChain } from "../chain/rpc.ts";
import { readCurrency } from "../chain/standing.ts";
import { SYSTEM } from "../chain/system.ts";
import { nameOfReference } from "../core/checkout.ts";
import { NATIVE } from "../core/terms.ts";
import { type Address, type Currency, DeskError, type Standing } from "../core/types.ts";
import { parseAmount } from "../core/units.ts";
import { count, say } from "../i18n/words.ts";
import { ActButton, ActTold, useAct, useWhy } from "./act.tsx";
import { Connect, NeedsChain } from "./connect.tsx";
import { money, moment, whole } from "./format.ts";
import {
  Busy,
  Button,
  Facts,
  Field,
  Hash,
  hashFact,
  isSame,
  LinkTo,
  Notice,
  Part,
  Problem,
  Screen,
  Table,
  worded,
} from "./parts.tsx";
import { ownChain, providerFor, useRead } from "./reading.ts";
import { paths } from "./route.ts";
import { emcScreen, type Here } from "./screen.tsx";
import { useDesk } from "./store.ts";
import { emcTitle } from "./titles.ts";

/** More are not shown; older ones are found by the terminal. */
const SHOWN = 200;

export function MyOrders() {
  const { connection } = useDesk();
  const chain_id = ownChain();
  const account = connection?.accounts[0];
  const provider = chain_id === null ? null : providerFor(chain_id);
  const read = useRead(account && provider ? `orders ${chain_id} ${account}` : null, async (signal) => {
    const chain = await openChain(provider!, chain_id!);
    const placed = await readOrders(chain, { buyer: account! }, SHOWN, { signal });
    const money = new Map<Address, { token: Address; currency: Currency; credit: bigint }>();
    for (const emc of new Set(placed.map((each) => each.order.emc))) {
      const token = await currencyOfEmc(chain, emc);
      const [currency, credit] = await Promise.all([readCurrency(chain, token), readCredit(chain, token, account!)]);
      money.set(emc, { token, currency, credit });
    }
    return { placed, money, now: chain.block.timestamp };
  });
  const waits = [...new Map([...(read.value?.money.values() ?? [])].map((each) => [each.token, each])).values()];
  return (
    <Screen title={say("orders.title")} lead={say("orders.lead")}>
      {!connection && <Connect />}
      {chain_id !== null && !provider && <NeedsChain chain_id={chain_id} only />}
      {read.busy && !read.value && <Busy>{say("busy.history")}</Busy>}
      {read.error !== null && <Problem error={read.error} />}
      {waits
        .filter((each) => each.credit > 0n)
        .map((each) => (
          <Notice key={each.token} kind="care" title={say("money.why_credit", { amount: money(each.credit, each.currency) })}>
            <ActButton
              chain_id={chain_id!}
              make={() => withdrawCredit(each.token, account!)}
              onDone={read.again}
            >
              {say("do.withdraw")}
            </ActButton>
          </Notice>
        ))}
      {read.value && !read.value.placed.length && <Notice kind="plain" title={say("orders.none")} />}
      {read.value?.placed.map((each) => (
        <Mine
          key={`${each.order.emc} ${each.order.reference}`}
          chain_id={chain_id!}
          of={each}
          currency={read.value!.money.get(each.order.emc)!.currency}
          now={read.value!.now}
          again={read.again}
        />
      ))}
    </Screen>
  );
}

function Mine({
  chain_id,
  of,
  currency,
  now,
  again,
}: {
  chain_id: number;
  of: Placed;
  currency: Currency;
  now: bigint;
  again: () => void;
}) {
  const { order, state, rest } = of;
  return (
    <section class="task">
      <h2>{say("order.title", { name: nameOfReference(order.reference) })}</h2>
      <Facts
        of={[
          [say("pay.amount"), money(order.amount, currency)],
          [say("orders.state"), worded("order.state", state)],
          rest !== order.amount && [say("orders.rest"), money(rest, currency)],
          [say("pay.to"), <LinkTo to={paths.emc(chain_id, order.emc)}>{emcTitle(chain_id, order.emc)}</LinkTo>],
          state === "waiting" && [say("orders.due"), moment(order.due_at)],
          state === "waiting" && hashFact(say("order.cashier"), order.cashier),
        ]}
      />
      {state === "waiting" && order.due_at > now && (
        <>
          <p>{say("orders.release.hint")}</p>
          <ActButton
            chain_id={chain_id}
            kind="plain"
            of={order.buyer}
            make={async () => {
              await checkUnchanged(chain_id, of);
              return release(order);
            }}
            onDone={again}
          >
            {say("orders.release")}
          </ActButton>
        </>
      )}
    </section>
  );
}

/** @throws DeskError meanwhile: something happened to it */
async function checkUnchanged(chain_id: number, { order, state, rest }: Placed): Promise<void> {
  const chain = await openChain(providerFor(chain_id)!, chain_id);
  const now = await stateOf(chain, order);
  if (now.state !== state || now.rest !== rest) {
    throw new DeskError("meanwhile", { why: worded("order.state", now.state) });
  }
}

export const Returns = emcScreen("returns.of", "returns.lead", Counter);

function Counter({ seen, standing, again }: Here) {
  const { connection } = useDesk();
  const account = connection?.accounts[0];
  const { chain } = seen;
  const { currency, emc, chain_id, block } = standing;
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState("");
  const read = useRead(`returns ${emc} ${block.number}`, (signal) => readOrders(chain, { emc }, SHOWN, { signal }));
  const keyOf = ({ order }: Placed): string => `${order.buyer} ${order.reference}`;
  // what was told of an act stays while the list is read again
  const last = useRef<readonly Placed[]>([]);
  if (read.value) last.current = read.value;
  const every = last.current;
  const chosen = every.filter((each) => marked.has(keyOf(each)));
  const due = every.filter((each) => each.state === "waiting" && each.order.due_at <= block.timestamp);
  const batch = due.filter((each) => each.order.cashier === due[0]!.order.cashier).slice(0, MOST);
  const mark = (each: Placed): void => {
    const next = new Set(marked);
    if (!next.delete(keyOf(each))) next.add(keyOf(each));
    setMarked(next);
  };
  const done = (): void => {
    setMarked(new Set());
    setText("");
    again();
  };
  return (
    <>
      {read.busy && !read.value && <Busy>{say("busy.history")}</Busy>}
      {read.error !== null && <Problem error={read.error} />}
      {read.value && !every.length && <Notice kind="plain" title={say("returns.none")} />}
      {every.length > 0 && (
        <Table
          caption={say("returns.caption", { n: whole(every.length) })}
          columns={[
            say("order.name"),
            say("order.buyer"),
            { right: say("pay.amount") },
            say("orders.state"),
            { right: say("orders.rest") },
            say("orders.due"),
          ]}
          lines={every.map((each) => [
            <label class="mark">
              <input type="checkbox" checked={marked.has(keyOf(each))} onChange={() => mark(each)} />{" "}
              {nameOfReference(each.order.reference)}
            </label>,
            <Hash of={each.order.buyer} what={say("order.buyer")} />,
            money(each.order.amount, currency),
            worded("order.state", each.state),
            money(each.rest, currency),
            moment(each.order.due_at),
          ])}
        />
      )}
      {every.length > 0 && (
        <Field
          name={say("returns.amount", { symbol: currency.symbol })}
          value={text}
          onInput={setText}
          inputMode="decimal"
          hint={say("returns.amount.hint")}
        />
      )}
      {every.length > 0 && (
        <>
          <GiveBack {...{ standing, chosen, text, account }} done={done} />
          <Refund {...{ standing, chosen, text }} done={done} />
          <Part title={say("returns.book")}>
            <p>{say("returns.book.hint")}</p>
            <ActButton
              chain_id={chain_id}
              why={!due.length && say("returns.nothing_due")}
              make={() => book(batch.map((each) => each.order))}
              onDone={again}
            >
              {count("returns.book.do", batch.length)}
            </ActButton>
          </Part>
        </>
      )}
    </>
  );
}

function amountOf(text: string, currency: Currency): bigint | null {
  // whether a comma sets thousands or decimals apart is not guessed at
  if (/,\d{3}\b/.test(text)) return -1n;
  try {
    return text.trim() ? parseAmount(text.replace(",", "."), currency.decimals) : null;
  } catch {
    return -1n;
  }
}

/** Why an amount cannot be taken of what is marked; empty if it can. */
function amountFault(amount: bigint | null, chosen: readonly Placed[], currency: Currency): string {
  if (amount === -1n) return say("amount.wrong", { decimals: String(currency.decimals) });
  if (amount === null) return "";
  if (chosen.length > 1) return say("returns.one");
  return amount <= 0n || amount > chosen[0]!.rest ? say("returns.rest", { rest: money(chosen[0]!.rest, currency) }) : "";
}

interface Chosen {
  standing: Standing;
  chosen: readonly Placed[];
  text: string;
  done: () => void;
}

/** As the cashier, to the buyer and nowhere else, before an order is due. */
function GiveBack({ standing, chosen, text, account, done }: Chosen & { account: Address | undefined }) {
  const { currency, chain_id, block } = standing;
  const amount = amountOf(text, currency);
  const [note, setNote] = useState<readonly (readonly [Placed, bigint])[]>([]);
  const acting = useAct(chain_id, done);
  const nobody = useWhy();
  const cashier = chosen[0]?.order.cashier;
  const why =
    nobody ||
    (!chosen.length && say("returns.mark")) ||
    (chosen.length > MOST && say("returns.most", { most: whole(MOST) })) ||
    (chosen.some((each) => each.state !== "waiting" || each.order.due_at <= block.timestamp) && say("returns.not_waiting")) ||
    (chosen.some((each) => !account || !isSame(each.order.cashier, account)) &&
      say("why.other_account", { account: cashier ?? "" })) ||
    amountFault(amount, chosen, currency);
  const doing = count("returns.give.do", chosen.length);
  const give = async (): Promise<void> => {
    const told = chosen.map((each) => [each, amount ?? each.rest] as const);
    const ok = await acting.run({ what: doing }, async () => {
      for (const each of chosen) await checkUnchanged(chain_id, each);
      return giveBack(chosen.map((each) => each.order), amount === null ? [] : [amount]);
    });
    if (ok) setNote(told);
  };
  return (
    <Part title={say("returns.give")}>
      <p>{say("returns.give.hint")}</p>
      <Button kind="danger" why={why} onClick={() => void give()}>
        {doing}
      </Button>
      <ActTold acting={acting} done={<Note standing={standing} of={note} />} />
    </Part>
  );
}

/** A booked order: anybody may send its buyer money of their own, never more than was booked. */
function Refund({ standing, chosen, text, done }: Chosen) {
  const { currency, chain_id, terms } = standing;
  const isCoin = terms.currency === NATIVE;
  const amount = amountOf(text, currency);
  const [note, setNote] = useState<readonly (readonly [Placed, bigint])[]>([]);
  const acting = useAct(chain_id, done);
  const nobody = useWhy();
  const one = chosen[0];
  const why =
    nobody ||
    (chosen.length !== 1 && say("returns.one")) ||
    (one?.state !== "booked" && say("returns.not_booked")) ||
    amountFault(amount, chosen, currency);
  const send = async (): Promise<void> => {
    const paid = amount ?? one!.rest;
    if (!isCoin) {
      const what = say("pay.allow", { amount: money(paid, currency) });
      const let_in = await acting.run({ what }, () => approveToken(terms.currency, SYSTEM.Checkout, paid));
      if (!let_in) return;
    }
    const ok = await acting.run({ what: say("returns.refund.do") }, async () => {
      await checkUnchanged(chain_id, one!);
      return refund(one!.order, paid, isCoin);
    });
    if (ok) setNote([[one!, paid]]);
  };
  return (
    <Part title={say("returns.refund")}>
      <p>{say("returns.refund.hint")}</p>
      <Button kind="danger" why={why} onClick={() => void send()}>
        {say("returns.refund.do")}
      </Button>
      <ActTold acting={acting} done={<Note standing={standing} of={note} />} />
    </Part>
  );
}

/** What the buyer is told, to print. */
function Note({ standing, of }: { standing: Standing; of: readonly (readonly [Placed, bigint])[] }) {
  const { currency, emc, chain_id, block } = standing;
  return (
    <>
      <h3>{say("note")}</h3>
      <p>
        <bdi>{emcTitle(chain_id, emc)}</bdi>, {moment(block.timestamp)}
      </p>
      {of.map(([{ order }, amount]) => (
        <Facts
          key={order.buyer + order.reference}
          of={[
            [say("order.name"), nameOfReference(order.reference)],
            hashFact(say("order.buyer"), order.buyer),
            [say("note.of"), money(order.amount, currency)],
            [say("note.back"), <strong>{money(amount, currency)}</strong>],
          ]}
        />
      ))}
      <Button onClick={() => print()}>{say("note.print")}</Button>
    </>
  );
}
