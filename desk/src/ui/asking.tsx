/** A wallet that is asked: one question at a time, which can be given up. */

import { useState } from "preact/hooks";
import { say } from "../i18n/words.ts";
import { Busy, Button, Problem } from "./parts.tsx";

export function useAsking() {
  const [asked, setAsked] = useState<AbortController | null>(null);
  const [error, setError] = useState<unknown>(null);
  const ask = async (question: (signal: AbortSignal) => Promise<void>, failed?: () => void): Promise<void> => {
    const stop = new AbortController();
    setAsked(stop);
    setError(null);
    try {
      await question(stop.signal);
    } catch (problem) {
      setError(problem);
      failed?.();
    } finally {
      setAsked(null);
    }
  };
  return { asked, error, ask };
}

/** That the wallet is asked now, or what went wrong. */
export function AskedTold({ asked, error }: ReturnType<typeof useAsking>) {
  return (
    <>
      {asked && <WalletAsked giveUp={() => asked.abort()} />}
      {error !== null && <Problem error={error} />}
    </>
  );
}

export function WalletAsked({ giveUp }: { giveUp: () => void }) {
  return (
    <div>
      <Busy>{say("wallet.asking")}</Busy>
      <Button onClick={giveUp}>{say("wallet.give_up")}</Button>
    </div>
  );
}
