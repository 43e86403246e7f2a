/** Reading a chain for a screen: again on coming back to the page, and never older than it says. */

import { useEffect, useRef, useState } from "preact/hooks";
import { decideChange, decideFormation } from "../chain/deciding.ts";
import { type Chain, chainName, openChain, rpcProvider } from "../chain/rpc.ts";
import { isEmc, readStanding } from "../chain/standing.ts";
import { type Identity, identityOf } from "../chain/system.ts";
import {
  type Address,
  type Decision,
  DeskError,
  type Paper,
  type Progress,
  type Proposal,
  type Provider,
  type Standing,
} from "../core/types.ts";
import { namesOf, state, useDesk } from "./store.ts";

/** Coming back to the page reads again what is older, milliseconds. */
const STALE = 5_000;

const nodes = new Map<string, Provider>();

/** Through what a chain is read: the desk's own server, else the node that was named, else the wallet. */
export function providerFor(chain_id: number): Provider | null {
  if (state.server?.chain_id === chain_id) return state.server.provider;
  const url = state.nodes[String(chain_id)];
  if (url) {
    const known = nodes.get(url) ?? rpcProvider(url);
    nodes.set(url, known);
    return known;
  }
  return state.connection?.chain_id === chain_id ? state.connection.wallet.provider : null;
}

/** What a wallet is told of a chain that it does not know; nothing where no node was named. */
export function addable(chain_id: number): { name: string; rpc: string; symbol: string } | undefined {
  const rpc = state.nodes[String(chain_id)];
  return rpc ? { name: chainName(chain_id).name, rpc, symbol: "ETH" } : undefined;
}

/** The chain that one looks at when nothing else names one. */
export function ownChain(): number | null {
  const typed = Object.keys(state.nodes).map(Number);
  return state.server?.chain_id ?? state.connection?.chain_id ?? typed[0] ?? null;
}

export interface Read<T> {
  value: T | null;
  /** It was read; also while it is read again, or that failed. */
  known: boolean;
  error: unknown;
  busy: boolean;
  progress: Progress | null;
  again: () => void;
}

type Load<T> = (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<T>;

/** What a screen reads: `null` as key reads nothing. The last value stays while it is read again. */
export function useRead<T>(key: string | null, load: Load<T>): Read<T> {
  const [turn, setTurn] = useState(0);
  const [found, setFound] = useState<{ key: string; value: T | null; known: boolean; error: unknown } | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [busy, setBusy] = useState(false);
  const at = useRef(0);
  const again = (): void => setTurn((n) => n + 1);

  useEffect(() => {
    if (key === null) return undefined;
    const stop = new AbortController();
    setBusy(true);
    load(stop.signal, (each) => !stop.signal.aborted && setProgress(each))
      .then(
        (value) => !stop.signal.aborted && setFound({ key, value, known: true, error: null }),
        (error) => {
          if (stop.signal.aborted) return;
          setFound((old) => {
            const kept = old?.key === key ? old : null;
            return { key, value: kept?.value ?? null, known: kept?.known ?? false, error };
          });
        },
      )
      .finally(() => {
        if (stop.signal.aborted) return;
        at.current = Date.now();
        setBusy(false);
        setProgress(null);
      });
    return () => stop.abort();
  }, [key, turn]);

  useEffect(() => {
    const back = (): void => {
      if (document.visibilityState === "visible" && Date.now() - at.current > STALE) again();
    };
    addEventListener("focus", back);
    document.addEventListener("visibilitychange", back);
    return () => {
      removeEventListener("focus", back);
      document.removeEventListener("visibilitychange", back);
    };
  }, []);

  const own = found?.key === key ? found : null;
  return { value: own?.value ?? null, known: own?.known ?? false, error: own?.error ?? null, busy, progress, again };
}

/** Through whom something is read: another answer may come through another. */
function through(chain_id: number): string | null {
  if (!providerFor(chain_id)) return null;
  const { server, connection, nodes: typed } = state;
  if (server?.chain_id === chain_id) return "server";
  return typed[String(chain_id)] ?? connection?.wallet.uuid ?? null;
}

export interface Seen {
  chain: Chain;
  standing: Standing;
}

export async function see(
  chain_id: number,
  emc: Address,
  signal?: AbortSignal,
  onProgress?: (progress: Progress) => void,
): Promise<Seen> {
  return seenAt(await opened(chain_id), emc, signal, onProgress);
}

async function opened(chain_id: number): Promise<Chain> {
  const provider = providerFor(chain_id);
  if (!provider) throw new DeskError("rpc-unreachable");
  return openChain(provider, chain_id);
}

async function seenAt(
  chain: Chain,
  emc: Address,
  signal?: AbortSignal,
  onProgress?: (progress: Progress) => void,
): Promise<Seen> {
  const standing = await readStanding(chain, emc, {
    labels: namesOf(chain.id, emc),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { chain, standing };
}

export function useStanding(chain_id: number, emc: Address): Read<Seen> {
  useDesk();
  const by = through(chain_id);
  return useRead(by && `${by} ${chain_id} ${emc}`, (signal, far) => see(chain_id, emc, signal, far));
}

/** A paper beside the chain; `decision` is null where what it asks for is in force already. */
export interface Judged {
  chain: Chain;
  decision: Decision | null;
  standing: Standing | null;
}

/** Whether an EMC has become what a proposal asked for. */
function isDone(paper: Proposal, standing: Standing): boolean {
  if (paper.change.kind === "disbanding") return standing.stage !== "ACTIVE";
  return standing.epoch === paper.epoch + 1 && standing.terms_hash === paper.terms_hash;
}

export async function judge(
  paper: Paper,
  signal?: AbortSignal,
  onProgress?: (progress: Progress) => void,
): Promise<Judged> {
  if (paper.paper === "proposal") {
    const seen = await see(paper.chain_id, paper.emc, signal, onProgress);
    if (isDone(paper, seen.standing)) return { ...seen, decision: null };
    return { ...seen, decision: await decideChange(seen.chain, seen.standing, paper) };
  }
  const chain = await opened(paper.chain_id);
  if (await isEmc(chain, paper.emc)) {
    return { ...(await seenAt(chain, paper.emc, signal, onProgress)), decision: null };
  }
  return { chain, standing: null, decision: await decideFormation(chain, paper) };
}

export function useJudged(paper: Paper): Read<Judged> {
  useDesk();
  const by = through(paper.chain_id);
  const signed = paper.signatures.map((each) => each.data.slice(2, 12)).join();
  const key = `${by} ${paper.emc} ${paper.terms_hash} ${signed}`;
  return useRead(by && key, (signal, far) => judge(paper, signal, far));
}

/** The ME of the account that is connected; null: none, or not registered. */
export function useIdentity(chain_id: number | null): Read<Identity | null> {
  const { connection } = useDesk();
  const account = connection?.accounts[0];
  const by = chain_id === null ? null : through(chain_id);
  return useRead(account && by ? `${by} ${chain_id} ${account}` : null, async () => {
    const chain = await openChain(providerFor(chain_id!)!, chain_id!);
    return identityOf(chain, account!);
  });
}
