/** Wallets of the browser: found by EIP-6963, asked with words for everything that can happen. */

import { getAddress, isAddress, isHex, numberToHex } from "viem/utils";
import { forWallet } from "../core/messages.ts";
import { normalised, recovered } from "../core/signatures.ts";
import { printable } from "../core/text.ts";
import {
  DeskError,
  type Address,
  type Call,
  type ErrorCode,
  type Hex,
  type Message,
  type Provider,
} from "../core/types.ts";
import { reasonOf } from "../chain/rpc.ts";

const TIMEOUT = 120_000;
/** How long wallets may take to announce themselves before an old one is looked for. */
const PATIENCE = 400;

export interface Wallet {
  /** Of this page load. */
  uuid: string;
  name: string;
  rdns: string;
  /** A data: address of a picture, or empty: anything else is dropped. */
  icon: string;
  provider: Provider;
}

/** Every wallet that announces itself, now and later; an old `window.ethereum` only if none does. */
export function discover(onChange: (wallets: readonly Wallet[]) => void): () => void {
  const found = new Map<string, Wallet>();
  const tell = () => onChange([...found.values()]);
  const listen = (event: Event): void => {
    const wallet = announced((event as CustomEvent<unknown>).detail);
    // a later one cannot take an earlier one's place
    if (!wallet || found.has(wallet.uuid)) return;
    found.delete(OLD);
    found.set(wallet.uuid, wallet);
    tell();
  };
  addEventListener("eip6963:announceProvider", listen);
  dispatchEvent(new Event("eip6963:requestProvider"));
  const late = setTimeout(() => {
    const provider = (globalThis as { ethereum?: Provider }).ethereum;
    if (found.size || typeof provider?.request !== "function") return;
    found.set(OLD, { uuid: OLD, name: "", rdns: "", icon: "", provider });
    tell();
  }, PATIENCE);
  return () => {
    removeEventListener("eip6963:announceProvider", listen);
    clearTimeout(late);
  };
}

const OLD = "window.ethereum";

function announced(detail: unknown): Wallet | null {
  const { info, provider } = (detail ?? {}) as { info?: Record<string, unknown>; provider?: Provider };
  if (!info || typeof provider?.request !== "function") return null;
  const { uuid, name, rdns, icon } = info;
  if (typeof uuid !== "string" || typeof name !== "string") return null;
  const isPicture =
    typeof icon === "string" && icon.length < 200_000 && /^data:image\/(png|webp|svg\+xml|jpeg|gif)[;,]/.test(icon);
  return {
    uuid,
    name: printable(name, 40),
    rdns: printable(typeof rdns === "string" ? rdns : "", 60),
    icon: isPicture ? icon : "",
    provider,
  };
}

export interface Connection {
  wallet: Wallet;
  /** Checksummed, the one in use first. */
  accounts: readonly Address[];
  chain_id: number;
}

/** Silence is a cause too: every question has a time-out, and can be given up by `signal`. */
export interface Asking {
  signal?: AbortSignal;
  /** Milliseconds; by default two minutes. */
  timeout?: number;
}

/** @throws DeskError wallet-… */
export async function connect(wallet: Wallet, asking: Asking = {}): Promise<Connection> {
  const accounts = accountsFrom(await ask(wallet, "eth_requestAccounts", [], asking));
  if (!accounts.length) throw new DeskError("wallet-unauthorized");
  return { wallet, accounts, chain_id: await chainOf(wallet, asking) };
}

/** Accounts that the wallet already lets this page see, without asking. */
export async function reconnect(wallet: Wallet): Promise<Connection | null> {
  try {
    const asking = { timeout: 5_000 };
    const accounts = accountsFrom(await ask(wallet, "eth_accounts", [], asking));
    return accounts.length
      ? { wallet, accounts, chain_id: await chainOf(wallet, asking) }
      : null;
  } catch {
    return null;
  }
}

/** Tells of another account or chain; null: the wallet lets this page see no account any more. */
export function watch(
  connection: Connection,
  onChange: (connection: Connection | null) => void,
): () => void {
  const { wallet } = connection;
  let now = connection;
  const change = (next: Partial<Connection>) => onChange((now = { ...now, ...next }));
  const listeners: Record<string, (value: never) => void> = {
    accountsChanged: (value: unknown) => {
      const accounts = accountsFrom(value);
      if (accounts.length) change({ accounts });
      else onChange(null);
    },
    chainChanged: (value: unknown) => {
      const chain_id = Number(value);
      if (Number.isSafeInteger(chain_id)) change({ chain_id });
    },
    disconnect: () => onChange(null),
  };
  for (const [event, listener] of Object.entries(listeners)) wallet.provider.on?.(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) {
      wallet.provider.removeListener?.(event, listener);
    }
  };
}

/**
 * The chain that the wallet is on, asked just before each request; switches, adds if unknown.
 *
 * @throws DeskError wallet-chain, wallet-chain-unknown, wallet-…
 */
export async function ensureChain(
  { wallet }: Connection,
  chain_id: number,
  add?: { name: string; rpc: string; symbol: string },
  asking: Asking = {},
): Promise<void> {
  if ((await chainOf(wallet, asking)) === chain_id) return;
  const chainId = numberToHex(chain_id);
  try {
    await ask(wallet, "wallet_switchEthereumChain", [{ chainId }], asking);
  } catch (error) {
    if (!(error instanceof DeskError) || error.code !== "wallet-chain-unknown" || !add) throw error;
    const added = {
      chainId,
      chainName: add.name,
      rpcUrls: [add.rpc],
      nativeCurrency: { name: add.symbol, symbol: add.symbol, decimals: 18 },
    };
    await ask(wallet, "wallet_addEthereumChain", [added], asking);
  }
  const now = await chainOf(wallet, asking);
  if (now !== chain_id) {
    throw new DeskError("wallet-chain", { chain: String(now), expected: String(chain_id) });
  }
}

/**
 * A signature of typed data, normalised, recovered and compared. A contract wallet's answer is
 * passed on as it is, where `isContract` says that the account has code.
 *
 * @throws DeskError wallet-…, signed-other, not-a-signature
 */
export async function sign(
  connection: Connection,
  account: Address,
  message: Message,
  options: Asking & { isContract?: boolean } = {},
): Promise<Hex> {
  const { wallet } = connection;
  await checkChain(wallet, message.domain.chainId, options);
  const params = [account, forWallet(message)];
  const stop = onSwitch(wallet, message.domain.chainId);
  let said;
  try {
    said = await ask(wallet, "eth_signTypedData_v4", params, { ...options, signal: stop.signal(options.signal) });
  } catch (error) {
    throw stop.reason() ?? error;
  } finally {
    stop.end();
  }
  if (!isHex(said) || said.length % 2 || said.length < 4) throw new DeskError("not-a-signature");
  const signature = normalised(said);
  if (options.isContract) return signature;
  const signer = recovered(message, signature);
  if (signer === null) throw new DeskError("not-a-signature");
  if (signer !== getAddress(account)) throw new DeskError("signed-other", { signer, account });
  return signature;
}

/** Sends a transaction; its hash. @throws DeskError wallet-…, refused */
export async function send(
  connection: Connection,
  account: Address,
  call: Call,
  chain_id: number,
  asking: Asking = {},
): Promise<Hex> {
  const { wallet } = connection;
  await checkChain(wallet, chain_id, asking);
  const value = call.value ? { value: numberToHex(call.value) } : {};
  const tx = { from: account, to: call.to, data: call.data, ...value };
  const said = await ask(wallet, "eth_sendTransaction", [tx], asking);
  if (!isHex(said) || said.length !== 66) throw new DeskError("wallet-internal", { reason: "no hash" });
  return said;
}

// ---- parts

async function checkChain(wallet: Wallet, expected: number, asking: Asking): Promise<void> {
  const now = await chainOf(wallet, asking);
  if (now !== expected) {
    throw new DeskError("wallet-chain", { chain: String(now), expected: String(expected) });
  }
}

async function chainOf(wallet: Wallet, asking: Asking): Promise<number> {
  const said = await ask(wallet, "eth_chainId", [], asking);
  const found = Number(said);
  if (!Number.isSafeInteger(found) || found < 1) throw new DeskError("wallet-internal", { reason: "eth_chainId" });
  return found;
}

/** Gives a question up when the wallet turns to another chain meanwhile. */
function onSwitch({ provider }: Wallet, chain_id: number) {
  const controller = new AbortController();
  let reason: DeskError | null = null;
  const listener = (value: unknown): void => {
    if (Number(value) === chain_id) return;
    reason = new DeskError("wallet-chain", { chain: String(Number(value)), expected: String(chain_id) });
    controller.abort();
  };
  provider.on?.("chainChanged", listener as (value: never) => void);
  return {
    signal: (other?: AbortSignal): AbortSignal => {
      other?.addEventListener("abort", () => controller.abort());
      return controller.signal;
    },
    reason: () => reason,
    end: () => provider.removeListener?.("chainChanged", listener as (value: never) => void),
  };
}

/** One question, with words for what goes wrong; a promise that never settles ends by the time-out. */
async function ask(
  { provider }: Wallet,
  method: string,
  params: readonly unknown[],
  { signal, timeout = TIMEOUT }: Asking,
): Promise<unknown> {
  if (signal?.aborted) throw new DeskError("stopped", { method });
  let clock: ReturnType<typeof setTimeout> | undefined;
  let abort: (() => void) | undefined;
  const silence = new Promise<never>((_, reject) => {
    clock = setTimeout(() => reject(new DeskError("wallet-silent", { method })), timeout);
    abort = () => reject(new DeskError("stopped", { method }));
    signal?.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([provider.request({ method, params }), silence]);
  } catch (error) {
    throw worded(error, method);
  } finally {
    clearTimeout(clock);
    if (abort) signal?.removeEventListener("abort", abort);
  }
}

const CODES: Record<number, ErrorCode> = {
  4001: "wallet-declined",
  4100: "wallet-unauthorized",
  4200: "wallet-unsupported",
  4900: "wallet-disconnected",
  4901: "wallet-disconnected",
  4902: "wallet-chain-unknown",
  5750: "wallet-declined",
  [-32002]: "wallet-pending",
  [-32004]: "wallet-unsupported",
  [-32601]: "wallet-unsupported",
};

/** What a wallet threw, as an error of the desk. */
function worded(error: unknown, method: string): DeskError {
  if (error instanceof DeskError) return error;
  const { code, message, data } = (error ?? {}) as {
    code?: unknown;
    message?: unknown;
    data?: { originalError?: { code?: unknown } };
  };
  // some wrap the cause in an internal error
  const known = [code, data?.originalError?.code]
    .map((each) => CODES[Number(each)])
    .find((each) => each !== undefined);
  if (known) return new DeskError(known, { method });
  const reason = reasonOf(error);
  if (reason !== null) return new DeskError("refused", { reason });
  const text = printable(String(message ?? error));
  if (/user (rejected|denied|cancel)/i.test(text)) return new DeskError("wallet-declined", { method });
  return new DeskError("wallet-internal", { method, code: String(code ?? ""), reason: text });
}

function accountsFrom(said: unknown): Address[] {
  if (!Array.isArray(said)) return [];
  return said
    .filter((each): each is Address => typeof each === "string" && isAddress(each, { strict: false }))
    .map((each) => getAddress(each));
}
