/** The wallet: chosen by the person, shown with account and chain. */

import { useEffect, useState } from "preact/hooks";
import { chainName } from "../chain/rpc.ts";
import { say } from "../i18n/words.ts";
import { connect, discover, reconnect, watch, type Wallet } from "../wallet/wallet.ts";
import { groups } from "./format.ts";
import { AskedTold, useAsking } from "./asking.tsx";
import { Button, Field, Hash, More, Notice } from "./parts.tsx";
import { change, state, useDesk } from "./store.ts";

/** Wallets are found as long as the page is open; one that was let in before is taken up again. */
export function useWallets(): void {
  const { connection } = useDesk();
  useEffect(() => {
    const tried = new Set<string>();
    return discover((wallets) => {
      change({ wallets });
      for (const wallet of wallets) {
        if (tried.has(wallet.uuid)) continue;
        tried.add(wallet.uuid);
        void reconnect(wallet)
          .then((found) => found?.accounts.length && !state.connection && change({ connection: found }))
          .catch(() => undefined);
      }
    });
  }, []);
  useEffect(
    () => (connection ? watch(connection, (next) => change({ connection: next })) : undefined),
    [connection],
  );
}

/** What somebody without a connected wallet can do about it. */
export function Connect() {
  const { wallets, connection } = useDesk();
  const asking = useAsking();
  if (connection) return null;

  const choose = (wallet: Wallet): Promise<void> =>
    asking.ask(async (signal) => change({ connection: await connect(wallet, { signal }) }));

  return (
    <div class="connect">
      {wallets.length === 0 && (
        <Notice kind="plain" title={say("wallet.none")}>
          <p>{location.protocol === "file:" ? say("wallet.none.file") : say("wallet.none.hint")}</p>
        </Notice>
      )}
      <ul class="plain">
        {wallets.map((wallet) => (
          <li key={wallet.uuid}>
            <Button why={asking.asked !== null && say("wallet.asking")} onClick={() => void choose(wallet)}>
              {wallet.icon && <img src={wallet.icon} alt="" width={24} height={24} />}
              <span>
                {say("wallet.connect", { name: wallet.name })}
                {wallets.some((each) => each !== wallet && each.name === wallet.name) && (
                  <small> ({wallet.rdns})</small>
                )}
              </span>
            </Button>
          </li>
        ))}
      </ul>
      <AskedTold {...asking} />
    </div>
  );
}

/** Whose desk, which chain, and whether its money is real. */
export function Whose() {
  const { connection, server } = useDesk();
  const account = connection?.accounts[0];
  const chain_id = connection?.chain_id ?? server?.chain_id;
  return (
    <div class="whose">
      {account ? (
        <span>
          {say("top.account")} <code title={account}>{groups(account)[0]}…{account.slice(-4)}</code>
        </span>
      ) : (
        <span>{say("top.nobody")}</span>
      )}
      {chain_id !== undefined && <span>{chainTold(chain_id)}</span>}
      {connection && (
        <Button onClick={() => change({ connection: null })}>{say("wallet.forget")}</Button>
      )}
    </div>
  );
}

export function chainTold(chain_id: number): string {
  const { name, is_test, is_local } = chainName(chain_id);
  return say(is_local ? "chain.local" : is_test ? "chain.test" : "chain.real", { name });
}

/** No way to a chain yet: a wallet that is on it, or the address of a node. */
export function NeedsChain({ chain_id, only }: { chain_id: number; only?: boolean }) {
  const { connection } = useDesk();
  const [url, setUrl] = useState("");
  const good = /^https?:\/\/\S+$/.test(url);
  return (
    <div>
      {!only && (
        <Notice kind="care" title={say("chain.needed", { chain: chainTold(chain_id) })}>
          <p>{connection ? say("chain.needed.other") : say("chain.needed.hint")}</p>
        </Notice>
      )}
      <Connect />
      <More title={say("chain.node")}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (good) change({ nodes: { ...state.nodes, [String(chain_id)]: url } });
          }}
        >
          <Field
            name={say("chain.node.address")}
            value={url}
            onInput={setUrl}
            hint={say("chain.node.hint")}
            inputMode="url"
            spellcheck={false}
          />
          <Button type="submit" why={!good && say("chain.node.wrong")}>
            {say("chain.node.use")}
          </Button>
        </form>
      </More>
    </div>
  );
}

export function AccountTold() {
  const { connection } = useDesk();
  const account = connection?.accounts[0];
  return account ? <Hash of={account} what={say("top.account")} /> : null;
}
