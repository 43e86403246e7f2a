/** Paying an amount: in coin, by an allowance that is there, by a permit, or by a new allowance. */

import { approveToken } from "../chain/calls.ts";
import { permitFor } from "../chain/tokens.ts";
import type { Chain } from "../chain/rpc.ts";
import { NATIVE } from "../core/terms.ts";
import type { Address, Call, Currency, Hex } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { type Acting, isUnderWay, type Signer, useWhy } from "./act.tsx";
import { money } from "./format.ts";
import { Button, Problem } from "./parts.tsx";
import { type Read, see, useRead } from "./reading.ts";
import { useDesk } from "./store.ts";

export interface Payable {
  chain_id: number;
  emc: Address;
  /** Zero: the coin of the chain. */
  token: Address;
  /** Who pulls the token. */
  spender: Address;
  amount: bigint;
  /** Asked of the newest state, before anything is signed or sent. @throws DeskError */
  check: (chain: Chain) => Promise<void>;
  plain: () => Call;
  by_permit: (deadline: bigint, signature: Hex) => Call;
}

export interface Purse {
  balance: bigint;
  allowed: bigint;
  permits: boolean;
}

/** What the account has, and what the token can. */
export function usePurse({ token, spender, amount, emc }: Payable, chain: Chain): Read<Purse> {
  const { connection } = useDesk();
  const account = connection?.accounts[0];
  return useRead(account ? `purse ${account} ${emc} ${amount} ${chain.block.number}` : null, async () => {
    if (token === NATIVE) return { balance: await chain.balance(account!), allowed: amount, permits: false };
    const [balance, allowed, permit] = await Promise.all([
      chain.read("Token", token, "balanceOf", account!) as Promise<bigint>,
      chain.read("Token", token, "allowance", account!, spender) as Promise<bigint>,
      permitFor(chain, token, account!, spender, amount),
    ]);
    return { balance, allowed, permits: permit !== null };
  });
}

export function PayButton({
  of,
  purse,
  acting,
  why,
  currency,
  children,
}: {
  of: Payable;
  purse: Read<Purse>;
  acting: Acting;
  /** Why it cannot be paid; empty if it can. */
  why: string;
  currency: Currency;
  children: string;
}) {
  const { connection } = useDesk();
  const nobody = useWhy();
  const has = purse.value;
  const { at } = acting.step;
  const cannot =
    why ||
    nobody ||
    (!has ? say("busy.chain") : "") ||
    (has && has.balance < of.amount ? say("pay.short", { has: money(has.balance, currency) }) : "") ||
    (isUnderWay(acting) ? say("why.runs") : "");
  const asks_twice = has !== null && has.allowed < of.amount;

  const pay = async (by_permit: boolean): Promise<void> => {
    const account = connection!.accounts[0]!;
    const newest = async (): Promise<Chain> => {
      const { chain } = await see(of.chain_id, of.emc);
      await of.check(chain);
      return chain;
    };
    if (asks_twice && by_permit) {
      await acting.run({ what: children }, async (sign: Signer) => {
        const permit = await permitFor(await newest(), of.token, account, of.spender, of.amount);
        if (!permit) return of.plain();
        return of.by_permit(permit.deadline, await sign(permit.message));
      });
      return;
    }
    if (asks_twice) {
      const what = say("pay.allow", { amount: money(of.amount, currency) });
      const let_in = await acting.run({ what }, async () => {
        await newest();
        return approveToken(of.token, of.spender, of.amount);
      });
      if (!let_in) return;
    }
    await acting.run({ what: children }, async () => {
      await newest();
      return of.plain();
    });
  };

  return (
    <>
      {purse.error !== null && <Problem error={purse.error} />}
      {asks_twice && !why && <p>{say(has.permits ? "pay.permit" : "pay.two_steps")}</p>}
      <Button kind="main" why={cannot} onClick={() => void pay(has!.permits)}>
        {children}
      </Button>
      {at === "failed" && asks_twice && has.permits && (
        <Button why={cannot} onClick={() => void pay(false)}>
          {say("pay.otherwise")}
        </Button>
      )}
    </>
  );
}
