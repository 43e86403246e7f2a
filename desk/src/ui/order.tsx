/** An order that may still go back: asked for, signed for without gas, or paid by a transaction. */

import { useRef, useState } from "preact/hooks";
import {
  buyerFault,
  by,
  checkedHash,
  type Fault,
  faultOf,
  payOrder,
  payWithPermit,
  readOrders,
  relay,
  signedFault,
} from "../chain/checkout.ts";
import type { Chain } from "../chain/rpc.ts";
import { SYSTEM } from "../chain/system.ts";
import { domainOf, isUsed } from "../chain/tokens.ts";
import {
  type Authorization,
  authorizationOf,
  differencesOf,
  isSigned,
  linkOf,
  type Order,
  orderHash,
  type OrderRequest,
  type Slip,
  slipFrom,
  writeSlip,
} from "../core/checkout.ts";
import { simulate } from "../core/forecast.ts";
import { NATIVE } from "../core/terms.ts";
import { DeskError, type Hex, type Message, type Standing } from "../core/types.ts";
import { DAY } from "../core/units.ts";
import { count, say } from "../i18n/words.ts";
import { ActButton, ActTold, signed, useAct, useWhy } from "./act.tsx";
import { AskedTold, useAsking } from "./asking.tsx";
import { chainTold, Connect } from "./connect.tsx";
import { left, money, moment } from "./format.ts";
import {
  Busy,
  Button,
  type Fact,
  Facts,
  FromLink,
  Hash,
  hashFact,
  isSame,
  LinkTo,
  More,
  Notice,
  Part,
  Problem,
  Screen,
  Table,
  worded,
} from "./parts.tsx";
import { ReadTold } from "./paper.tsx";
import { Shared } from "./pay.tsx";
import { PayButton, type Payable, usePurse } from "./paying.tsx";
import { QrCode } from "./qr.tsx";
import { type Seen, see, useRead, useStanding } from "./reading.ts";
import { departures, returningOf } from "./returning.ts";
import { go, paths } from "./route.ts";
import { download, useDesk } from "./store.ts";
import { emcTitle } from "./titles.ts";

/** How long an authorization may be sent. */
const VALID = DAY;

export function OrderScreen({ link }: { link: string }) {
  return (
    <FromLink by={() => slipFrom(link)} title={say("pay.title")}>
      {(slip) => <One key={link} slip={slip} />}
    </FromLink>
  );
}

function One({ slip }: { slip: Slip }) {
  const { chain_id, order } = slip;
  const seen = useStanding(chain_id, order.emc);
  const has = isSigned(slip);
  return (
    <Screen
      title={say(has ? "order.signed.title" : "order.title", { name: slip.name })}
      lead={say(has ? "order.signed.lead" : "order.lead")}
    >
      <ReadTold read={seen} chain_id={chain_id} />
      {!seen.value && <Facts of={factsOf(slip, null)} />}
      {seen.value && (has ? <Signed slip={slip} seen={seen.value} again={seen.again} /> : <Asked slip={slip} seen={seen.value} again={seen.again} />)}
    </Screen>
  );
}

export function faultTold(fault: Fault): string {
  return say(`fault.${fault}`);
}

/** What an order says; until when it can come back, and by whom. */
export function factsOf(slip: OrderRequest, standing: Standing | null): Fact[] {
  const { order, chain_id, currency } = slip;
  const said = standing && returningOf(standing);
  const now = standing?.block.timestamp ?? BigInt(Math.floor(Date.now() / 1000));
  return [
    standing && [say("pay.amount"), <strong>{money(order.amount, standing.currency)}</strong>],
    [say("pay.to"), <bdi>{emcTitle(chain_id, order.emc)}</bdi>],
    hashFact(say("emc"), order.emc),
    [say("order.name"), <bdi>{slip.name}</bdi>],
    [
      say("order.back"),
      order.due_at <= now
        ? say("order.back.no")
        : say("order.back.until", { at: moment(order.due_at), left: left(order.due_at, now) }),
    ],
    order.due_at > now && hashFact(say("order.cashier"), order.cashier),
    said && [say("returning"), count("returning.for", Number(said.days), { who: said.who })],
    said && !said.cashier && [say("returning"), say("returning.gone", { who: said.who })],
    order.buyer !== NATIVE && hashFact(say("order.buyer"), order.buyer),
    currency !== NATIVE && hashFact(say("token"), currency),
    [say("chain"), chainTold(chain_id)],
  ];
}

/** What is not as all nodes agreed on; no contract refuses it. */
export function Departs({ of, standing }: { of: Order; standing: Standing }) {
  const found = departures(of, standing);
  if (!found.length) return null;
  return (
    <Notice kind="care" title={say("returning.differs")}>
      <ul>
        {found.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </Notice>
  );
}

function Asked({ slip: asked, seen, again }: { slip: OrderRequest; seen: Seen; again: () => void }) {
  const { standing, chain } = seen;
  const { connection } = useDesk();
  const account = connection?.accounts[0];
  const slip = account && asked.order.buyer === NATIVE ? by(asked, account) : asked;
  const isOther = account !== undefined && !isSame(slip.order.buyer, account);
  const { order } = slip;
  const state = useRead(account && !isOther ? `order ${account} ${chain.block.number}` : null, async () => {
    const [fault, hash] = await Promise.all([buyerFault(chain, slip), checkedHash(chain, slip)]);
    const takes = slip.currency !== NATIVE && (await isUsed(chain, slip.currency, order.buyer, hash)) !== null;
    return { fault, hash, domain: takes ? await domainOf(chain, slip.currency) : null };
  });
  const fault = faultOf(slip, standing) ?? (isOther ? "buyer" : null) ?? state.value?.fault ?? null;
  const acting = useAct(slip.chain_id, again);
  const payable: Payable = {
    chain_id: slip.chain_id,
    emc: order.emc,
    token: slip.currency,
    spender: SYSTEM.Checkout,
    amount: order.amount,
    check: (now) => checkNow(now, slip),
    plain: () => payOrder(order, slip.currency === NATIVE),
    by_permit: (deadline, signature) => payWithPermit(order, deadline, signature),
  };
  const purse = usePurse(payable, chain);
  const done = acting.step.at === "done";
  const began = useRef(standing);
  if (!done) began.current = standing;
  const shared = fault && !done ? null : simulate(began.current, order.amount);
  const why = fault && !done ? faultTold(fault) : "";
  const pay = (
    <PayButton of={payable} purse={purse} acting={acting} why={why} currency={standing.currency}>
      {say("pay.do", { amount: money(order.amount, standing.currency) })}
    </PayButton>
  );
  return (
    <>
      <Facts of={factsOf(slip, standing)} />
      {order.due_at > standing.block.timestamp && <p>{say("order.until_due")}</p>}
      <Departs of={order} standing={standing} />
      {why && <Notice kind="stop" title={why} />}
      {!connection && <Connect />}
      {state.error !== null && <Problem error={state.error} />}
      {account && !done && !isOther && state.busy && !state.value && <Busy>{say("busy.chain")}</Busy>}
      {!done && state.value?.domain && (
        <>
          <Authorize slip={slip} domain={state.value.domain} hash={state.value.hash} why={why} seen={seen} />
          <More title={say("order.by_transaction")}>{pay}</More>
        </>
      )}
      {!done && !state.value?.domain && (
        <>
          {state.value && slip.currency !== NATIVE && <p>{say("order.no_authorization")}</p>}
          {pay}
        </>
      )}
      <ActTold
        acting={acting}
        done={
          <>
            <p>{say("order.paid", { name: slip.name, amount: money(order.amount, standing.currency) })}</p>
            <Button onClick={() => print()}>{say("pay.receipt.print")}</Button>
          </>
        }
      />
      {shared && order.due_at <= standing.block.timestamp && (
        <Shared of={shared} amount={order.amount} standing={standing} />
      )}
      <Paid slip={asked} seen={seen} />
      <SendOn slip={asked} />
    </>
  );
}

/** @throws DeskError meanwhile: it cannot be paid any more */
async function checkNow(chain: Chain, slip: OrderRequest): Promise<void> {
  const fault = await buyerFault(chain, slip);
  if (fault) throw new DeskError("meanwhile", { why: faultTold(fault) });
  await checkedHash(chain, slip);
}

/** The buyer's signature in place of a transaction, and what the wallet will show of it. */
function Authorize({
  slip,
  domain,
  hash,
  why,
  seen,
}: {
  slip: OrderRequest;
  domain: { name: string; version: string };
  hash: Hex;
  why: string;
  seen: Seen;
}) {
  const { connection } = useDesk();
  const asking = useAsking();
  const nobody = useWhy(slip.order.buyer);
  const began = useRef(seen.chain.block.timestamp);
  const valid_before = began.current + VALID;
  const message = authorizationOf(slip, domain, 0n, valid_before);
  const agree = (): Promise<void> =>
    asking.ask(async (signal) => {
      // once more: what is signed must be what can still be paid
      const now = await see(slip.chain_id, slip.order.emc);
      const fault = faultOf(slip, now.standing);
      if (fault) throw new DeskError("meanwhile", { why: faultTold(fault) });
      await checkNow(now.chain, slip);
      const signature = await signed(connection!, slip.order.buyer, message, { signal });
      const made: Authorization = { ...slip, token: domain, valid_after: 0n, valid_before, signature };
      go(paths.order(linkOf(made)));
    });
  return (
    <>
      <p>{say("order.sign.hint", { at: moment(valid_before) })}</p>
      <Button kind="main" why={why || nobody || (asking.asked !== null && say("wallet.asking"))} onClick={() => void agree()}>
        {say("order.sign", { amount: money(slip.order.amount, seen.standing.currency) })}
      </Button>
      <AskedTold {...asking} />
      <Behind message={message} slip={slip} hash={hash} standing={seen.standing} />
    </>
  );
}

/** A wallet shows an amount, Checkout and a nonce that nobody can read: this is what stands behind it. */
function Behind({
  message,
  slip,
  hash,
  standing,
}: {
  message: Message;
  slip: OrderRequest;
  hash: Hex;
  standing: Standing;
}) {
  const { order } = slip;
  const means: Record<string, string> = {
    from: say("order.buyer"),
    to: say("order.checkout"),
    value: money(order.amount, standing.currency),
    validAfter: "–",
    validBefore: moment(BigInt(message.message["validBefore"]!)),
    nonce: hash === orderHash(slip, order) ? `✓ ${say("order.nonce")}` : "✕",
  };
  return (
    <Part title={say("device.title")}>
      <p>{say("device.lead")}</p>
      <Table
        caption={say("device.fields", { domain: message.domain.name, chain: String(slip.chain_id) })}
        columns={[say("fields.field"), say("device.value"), say("device.means")]}
        lines={message.types[message.primaryType]!.map(({ name, type }) => {
          const value = String(message.message[name]);
          return [
            <code>{name}</code>,
            type === "uint256" ? <code>{value}</code> : <Hash of={value} what={name} />,
            means[name],
          ];
        })}
      />
    </Part>
  );
}

/** Whether it was paid: only an order that says the same in every field is the one asked for. */
function Paid({ slip, seen }: { slip: OrderRequest; seen: Seen }) {
  const { chain, standing } = seen;
  const [wanted, setWanted] = useState(false);
  const { order } = slip;
  const read = useRead(wanted ? `paid ${order.reference} ${chain.block.number}` : null, async () => {
    const every = await readOrders(chain, { emc: order.emc }, 1_000);
    return every.filter((each) => each.order.reference === order.reference);
  });
  return (
    <Part title={say("order.is_paid")}>
      {!wanted && <Button onClick={() => setWanted(true)}>{say("order.is_paid.ask")}</Button>}
      {read.busy && <Busy>{say("busy.history")}</Busy>}
      {read.error !== null && <Problem error={read.error} />}
      {read.value && !read.value.length && <p>{say("order.is_paid.no")}</p>}
      {read.value?.map((each) => {
        const differs = differencesOf(order, each.order);
        const title = differs.length
          ? say("order.is_paid.other", { fields: differs.join(", ") })
          : say("order.is_paid.yes", { state: worded("order.state", each.state), rest: money(each.rest, standing.currency) });
        return (
          <Notice key={each.order.buyer} kind={differs.length ? "stop" : "good"} title={title}>
            <Hash of={each.order.buyer} what={say("order.buyer")} />
          </Notice>
        );
      })}
    </Part>
  );
}

/** A request or a signature as a file, a link and a code. */
export function SendOn({ slip }: { slip: Slip }) {
  const link = `${location.origin === "null" ? "" : location.origin}${location.pathname}#${paths.order(linkOf(slip))}`;
  return (
    <Part title={say("order.send_on")}>
      {/^(127\.|localhost)/.test(location.hostname) && <p>{say("order.link.local")}</p>}
      <div class="buttons">
        <Button
          onClick={() => download(`${isSigned(slip) ? "signed" : "order"}-${slip.name.replace(/\W+/g, "-")}.json`, writeSlip(slip))}
        >
          {say("file.save")}
        </Button>
        <Button onClick={() => void navigator.clipboard?.writeText(link)}>{say("order.link")}</Button>
      </div>
      <More title={say("qr.title")}>
        <QrCode of={link} />
      </More>
    </Part>
  );
}

/** What a buyer signed: whoever has it sends it, and can alter nothing. */
function Signed({ slip, seen, again }: { slip: Authorization; seen: Seen; again: () => void }) {
  const { chain, standing } = seen;
  const { order } = slip;
  const state = useRead(`signed ${order.reference} ${slip.signature.slice(0, 20)} ${chain.block.number}`, async () => {
    const isPaid = await buyerFault(chain, slip);
    return { fault: isPaid ?? (await signedFault(chain, slip)) };
  });
  const fault = faultOf(slip, standing) ?? state.value?.fault ?? null;
  return (
    <>
      <Facts
        of={[
          ...factsOf(slip, standing),
          [say("order.valid"), moment(slip.valid_before)],
          hashFact(say("device.digest"), orderHash(slip, order)),
        ]}
      />
      {state.error !== null && <Problem error={state.error} />}
      {fault && fault !== "paid" && <Notice kind="stop" title={faultTold(fault)} />}
      {fault === "paid" && <Notice kind="good" title={faultTold(fault)} />}
      {!fault && state.value && <Notice kind="good" title={say("order.signed.good")} />}
      {fault !== "paid" && (
        <>
          <p>{say("order.relay.hint")}</p>
          <ActButton
            chain_id={slip.chain_id}
            why={fault ? faultTold(fault) : !state.value && say("busy.chain")}
            make={async () => {
              const now = await see(slip.chain_id, order.emc);
              const why =
                faultOf(slip, now.standing) ?? (await buyerFault(now.chain, slip)) ?? (await signedFault(now.chain, slip));
              if (why) throw new DeskError("meanwhile", { why: faultTold(why) });
              return relay(slip);
            }}
            onDone={() => {
              again();
              state.again();
            }}
          >
            {say("order.relay")}
          </ActButton>
        </>
      )}
      <SendOn slip={slip} />
      <p>
        <LinkTo to="/orders">{say("orders.title")}</LinkTo>
      </p>
    </>
  );
}
