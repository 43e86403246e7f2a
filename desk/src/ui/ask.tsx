/** Asking for a payment: a link, a code, a file. */

import { useState } from "preact/hooks";
import { faultOf } from "../chain/checkout.ts";
import { SYSTEM } from "../chain/system.ts";
import { MAX_WAIT, type OrderRequest, referenceOf } from "../core/checkout.ts";
import { NATIVE } from "../core/terms.ts";
import type { Hex } from "../core/types.ts";
import { DAY, parseAmount } from "../core/units.ts";
import { say } from "../i18n/words.ts";
import { Choice, Facts, Field, Hash, LinkTo, Notice, Part } from "./parts.tsx";
import { Departs, factsOf, faultTold, SendOn } from "./order.tsx";
import { uriOf } from "./payment.ts";
import { QrCode } from "./qr.tsx";
import { addressOf } from "./redirect.tsx";
import { returningOf } from "./returning.ts";
import { paths } from "./route.ts";
import { emcScreen, type Here, NOTHING } from "./screen.tsx";
import { useDesk } from "./store.ts";

export const Ask = emcScreen("ask.of", "ask.lead", Asking);

function Asking({ standing }: Here) {
  const { connection } = useDesk();
  const { currency, terms, chain_id, emc, block } = standing;
  const said = returningOf(standing);
  const [how, setHow] = useState<"sale" | "checkout">(said ? "checkout" : "sale");
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const [days, setDays] = useState(String(said?.days ?? 14n));
  const [cashier, setCashier] = useState<string>((said ? said.cashier : connection?.accounts[0]) ?? "");
  let reference: Hex | null = null;
  let amount: bigint | null = null;
  try {
    reference = name.trim() ? referenceOf(name) : null;
    amount = text.trim() ? parseAmount(text.replace(",", "."), currency.decimals) : null;
  } catch {
    // said below the fields
  }
  const wait = /^[0-9]{1,3}$/.test(days.trim()) ? BigInt(days.trim()) * DAY : null;
  const who = addressOf(cashier.trim());
  // one moment for all that is shown, however often the chain is read in between
  const [began] = useState(block.timestamp);
  const slip: OrderRequest | null =
    reference && amount && wait !== null && (wait === 0n || who.address)
      ? {
          chain_id,
          checkout: SYSTEM.Checkout,
          currency: terms.currency,
          name: name.trim(),
          order: {
            emc,
            buyer: NATIVE,
            reference,
            amount,
            customer: NOTHING,
            cashier: wait === 0n ? NATIVE : who.address!,
            due_at: wait === 0n ? 0n : began + wait,
          },
        }
      : null;
  const fault = slip && faultOf(slip, standing);
  const uri =
    reference && amount
      ? uriOf({ emc, chain_id, order: BigInt(reference), amount, customer: NOTHING, is_coin: terms.currency === NATIVE })
      : "";
  return (
    <>
      <Choice
        name={say("ask.how")}
        value={how}
        of={[
          ["sale", say("ask.how.sale")],
          ["checkout", say("ask.how.checkout")],
        ]}
        onChange={setHow}
      />
      <Field
        name={say("order.name")}
        value={name}
        onInput={setName}
        hint={say("ask.name.hint")}
        wrong={name.trim() !== "" && !reference && say("ask.name.wrong")}
      />
      <Field
        name={say("simulate.amount", { symbol: currency.symbol })}
        value={text}
        onInput={setText}
        inputMode="decimal"
        wrong={text !== "" && amount === null && say("amount.wrong", { decimals: String(currency.decimals) })}
      />
      {how === "checkout" && (
        <>
          <Field
            name={say("ask.days")}
            value={days}
            onInput={setDays}
            inputMode="numeric"
            hint={say("ask.days.hint")}
            wrong={(wait === null || wait > MAX_WAIT) && say("assess.number")}
          />
          {wait !== 0n && (
            <Field
              name={say("order.cashier")}
              value={cashier}
              onInput={setCashier}
              spellcheck={false}
              rows={2}
              maxLength={60}
              hint={say("ask.cashier.hint")}
              wrong={cashier !== "" && who.wrong}
            />
          )}
        </>
      )}
      {fault && <Notice kind="stop" title={faultTold(fault)} />}
      {how === "sale" && uri && (
        <Part title={say("order.send_on")}>
          <p>{say("ask.final")}</p>
          <Hash of={uri} what={say("open.link")} />
          <p>
            <LinkTo to={paths.pay(uri)}>{say("ask.see")}</LinkTo>
          </p>
          <QrCode of={uri} />
        </Part>
      )}
      {how === "checkout" && slip && !fault && (
        <>
          <Facts of={factsOf(slip, standing)} />
          <Departs of={slip.order} standing={standing} />
          <SendOn slip={slip} />
        </>
      )}
    </>
  );
}
