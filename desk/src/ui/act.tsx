/** Sending a transaction: tried before the wallet is asked, and told of until it is in a block. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { mined, simulated } from "../chain/calls.ts";
import { type Chain, openChain } from "../chain/rpc.ts";
import { type Address, type Call, DeskError, type Hex, type Message } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { type Asking, type Connection, ensureChain, send, sign } from "../wallet/wallet.ts";
import { WalletAsked } from "./asking.tsx";
import { Busy, Button, Hash, Notice, Problem, screenTitle, toHeading } from "./parts.tsx";
import { addable, providerFor } from "./reading.ts";
import { reasonTold } from "./reasons.ts";
import { keepSent, tellSent } from "./sent.tsx";
import { type Sent, state, useDesk } from "./store.ts";

type Step =
  | { at: "idle" }
  | { at: "trying" }
  | { at: "asking" }
  | { at: "waiting" }
  | { at: "done"; hash: Hex }
  | { at: "failed"; error: unknown };

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

interface Doing {
  /** In the words of the button. */
  what: string;
  /** What it is about, and the route to that; else the screen. */
  about?: Pick<Sent, "where" | "at">;
  /** What is told when it is done. */
  told?: string | undefined;
}

/** Keeps a transaction in sight until it is in a block; whether it did what it was sent for. */
async function followed(
  sent: Pick<Sent, "hash" | "what" | "where" | "at" | "told">,
  chain: Chain,
  call: Call,
  from: Address,
): Promise<boolean> {
  const { hash, told } = sent;
  const stop = new AbortController();
  keepSent({ ...sent, told: "", state: "sent", stop: () => stop.abort() });
  try {
    if ((await mined(chain.provider, hash, stop.signal)).ok) {
      tellSent(hash, { state: "done", told });
      return true;
    }
  } catch {
    // it was put away
    return false;
  }
  const reason = await simulated(chain, call, from).then(
    () => "",
    (error: DeskError) => (error.code === "refused" ? reasonTold(error.details["reason"] ?? "") : ""),
  );
  tellSent(hash, { state: "reverted", told: reason });
  return false;
}

/** One transaction after the other; what fails stops the rest. */
export function useAct(chain_id: number, onDone?: () => void) {
  const [step, setStep] = useState<Step>({ at: "idle" });
  const stop = useRef<AbortController | null>(null);

  async function run(
    { what, about, told = "" }: Doing,
    make: (sign: Signer) => Promise<Call> | Call,
  ): Promise<boolean> {
    if (stop.current) return false;
    const own = new AbortController();
    stop.current = own;
    const doing = { what, told, where: screenTitle(), at: location.hash.slice(1), ...about };
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
      const chain = await openChain(providerFor(chain_id) ?? connection.wallet.provider, chain_id);
      await simulated(chain, call, account);
      setStep({ at: "asking" });
      const hash = await send(connection, account, call, chain_id, asking);
      setStep({ at: "waiting" });
      const isDone = await followed({ ...doing, hash }, chain, call, account);
      setStep(isDone ? { at: "done", hash } : { at: "idle" });
      if (isDone) onDone?.();
      return isDone;
    } catch (error) {
      setStep({ at: "failed", error });
      return false;
    } finally {
      stop.current = null;
    }
  }

  return { step, run, giveUp: () => stop.current?.abort() };
}

export type Acting = ReturnType<typeof useAct>;

/** How far it is until it is sent; then `SentTold` says the rest, and here only what is to be printed. */
export function ActTold({ acting, done }: { acting: Acting; done?: ComponentChildren }) {
  const { step, giveUp } = acting;
  if (step.at === "trying") return <Busy>{say("act.trying")}</Busy>;
  if (step.at === "asking") return <WalletAsked giveUp={giveUp} />;
  if (step.at === "failed") return <Problem error={step.error} />;
  if (step.at !== "done" || !done) return null;
  return (
    <Notice kind="good" title={say("sent.done")}>
      {done}
      <p>
        <Hash of={step.hash} what={say("act.transaction")} />
      </p>
    </Notice>
  );
}

export const isUnderWay = ({ step }: Acting): boolean => ["trying", "asking", "waiting"].includes(step.at);

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
  onDone,
  ...more
}: Omit<Doing, "what"> & {
  chain_id: number;
  make: () => Promise<Call> | Call;
  children: string;
  why?: string | undefined | false;
  /** The account that must send it; else anyone may. */
  of?: Address | undefined;
  kind?: "main" | "plain" | "danger";
  onDone?: () => void;
}) {
  const acting = useAct(chain_id, onDone);
  const nobody = useWhy(of);
  const place = useRef<HTMLDivElement>(null);
  // there may be nothing more to do: the keyboard does not start over with the page
  useLayoutEffect(() => () => void (place.current?.contains(document.activeElement) && setTimeout(toHeading)), []);
  return (
    <div class="act" ref={place}>
      <Button
        kind={kind}
        why={why || nobody || (isUnderWay(acting) && say("why.runs"))}
        onClick={() => void acting.run({ what: children, ...more }, make)}
      >
        {children}
      </Button>
      <ActTold acting={acting} />
    </div>
  );
}
