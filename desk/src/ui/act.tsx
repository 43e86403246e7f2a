/** Sending a transaction: tried before the wallet is asked, and told of until it is in a block. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { mined, simulated } from "../chain/calls.ts";
import { openChain } from "../chain/rpc.ts";
import { type Address, type Call, DeskError, type Hex, type Message } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { type Asking, type Connection, ensureChain, send, sign } from "../wallet/wallet.ts";
import { WalletAsked } from "./asking.tsx";
import { Busy, Button, Hash, Notice, Problem } from "./parts.tsx";
import { addable, providerFor } from "./reading.ts";
import { state, useDesk } from "./store.ts";

type Step =
  | { at: "idle" }
  | { at: "trying" }
  | { at: "asking" }
  | { at: "waiting"; hash: Hex }
  | { at: "done"; hash: Hex }
  | { at: "failed"; error: unknown; hash?: Hex };

/** Has the wallet sign what a transaction brings along. */
export type Signer = (message: Message) => Promise<Hex>;

/** A signature of the account that is in use, on the chain that the message names. */
export async function signed(
  connection: Connection,
  account: Address,
  message: Message,
  asking: Asking,
): Promise<Hex> {
  const { chainId } = message.domain;
  await ensureChain(connection, chainId, addable(chainId), asking);
  const chain = await openChain(providerFor(chainId) ?? connection.wallet.provider, chainId);
  const isContract = (await chain.code(account)) !== "0x";
  return sign(connection, account, message, { ...asking, isContract });
}

/** One transaction after the other; what fails stops the rest. */
export function useAct(chain_id: number, onDone?: () => void) {
  const [step, setStep] = useState<Step>({ at: "idle" });
  const stop = useRef<AbortController | null>(null);

  async function run(make: (sign: Signer) => Promise<Call> | Call): Promise<boolean> {
    if (stop.current) return false;
    const own = new AbortController();
    stop.current = own;
    let hash: Hex | undefined;
    try {
      const connection = state.connection;
      const account = connection?.accounts[0];
      if (!connection || !account) throw new DeskError("wallet-none");
      setStep({ at: "trying" });
      const asking = { signal: own.signal };
      const call = await make(async (message) => {
        setStep({ at: "asking" });
        const signature = await signed(connection, account, message, asking);
        setStep({ at: "trying" });
        return signature;
      });
      await ensureChain(connection, chain_id, addable(chain_id), asking);
      const provider = providerFor(chain_id) ?? connection.wallet.provider;
      await simulated(await openChain(provider, chain_id), call, account);
      setStep({ at: "asking" });
      hash = await send(connection, account, call, chain_id, asking);
      setStep({ at: "waiting", hash });
      const { ok } = await mined(provider, hash, own.signal);
      if (!ok) throw new DeskError("refused", { reason: "" });
      setStep({ at: "done", hash });
      onDone?.();
      return true;
    } catch (error) {
      setStep(hash ? { at: "failed", error, hash } : { at: "failed", error });
      return false;
    } finally {
      stop.current = null;
    }
  }

  return { step, run, giveUp: () => stop.current?.abort() };
}

export type Acting = ReturnType<typeof useAct>;

/** How far it is. */
export function ActTold({ acting, done }: { acting: Acting; done?: ComponentChildren }) {
  const { step, giveUp } = acting;
  if (step.at === "idle") return null;
  if (step.at === "trying") return <Busy>{say("act.trying")}</Busy>;
  if (step.at === "asking") {
    return <WalletAsked giveUp={giveUp} />;
  }
  if (step.at === "waiting") {
    return (
      <div>
        <Busy>{say("act.waiting")}</Busy>
        <Hash of={step.hash} what={say("act.transaction")} />
      </div>
    );
  }
  if (step.at === "failed") {
    return (
      <Problem error={step.error}>
        {step.hash && (
          <p>
            {say("act.was_sent")} <Hash of={step.hash} what={say("act.transaction")} />
          </p>
        )}
      </Problem>
    );
  }
  return (
    <div role="status">
      <Notice kind="good" title={say("act.done")}>
        {done}
        <p>
          <Hash of={step.hash} what={say("act.transaction")} />
        </p>
      </Notice>
    </div>
  );
}

/** Why nobody can send anything now; empty if somebody can. */
export function useWhy(of?: Address): string {
  const { connection } = useDesk();
  const account = connection?.accounts[0];
  if (!account) return say("why.no_wallet");
  if (of && account.toLowerCase() !== of.toLowerCase()) return say("why.other_account", { account: of });
  return "";
}

/** A button that sends one transaction. */
export function ActButton({
  chain_id,
  make,
  children,
  why,
  of,
  kind = "main",
  over = false,
  onDone,
  done,
}: {
  chain_id: number;
  make: () => Promise<Call> | Call;
  children: ComponentChildren;
  why?: string | undefined | false;
  /** The account that must send it; else anyone may. */
  of?: Address | undefined;
  kind?: "main" | "plain" | "danger";
  /** There is nothing more to send; what became of it stays on the screen. */
  over?: boolean;
  onDone?: () => void;
  done?: ComponentChildren;
}) {
  const acting = useAct(chain_id, onDone);
  const nobody = useWhy(of);
  const runs = ["trying", "asking", "waiting"].includes(acting.step.at);
  return (
    <div class="act">
      {!over && (
        <Button kind={kind} why={why || nobody || (runs && say("why.runs"))} onClick={() => void acting.run(make)}>
          {children}
        </Button>
      )}
      <ActTold acting={acting} done={done} />
    </div>
  );
}
