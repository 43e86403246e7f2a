/** Wallets of the browser: found by EIP-6963, asked with words for everything that can happen. */

import type { Address, Call, Hex, Message, Provider } from "../core/types.ts";

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
export declare function discover(onChange: (wallets: readonly Wallet[]) => void): () => void;

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
export declare function connect(wallet: Wallet, asking?: Asking): Promise<Connection>;

/** Accounts that the wallet already lets this page see, without asking. */
export declare function reconnect(wallet: Wallet): Promise<Connection | null>;

/** Tells of another account or chain; a chain that changes during a question ends the question. */
export declare function watch(
  connection: Connection,
  onChange: (connection: Connection | null) => void,
): () => void;

/**
 * The chain that the wallet is on, asked just before each request; switches, adds if unknown.
 *
 * @throws DeskError wallet-chain, wallet-chain-unknown, wallet-…
 */
export declare function ensureChain(
  connection: Connection,
  chain_id: number,
  add?: { name: string; rpc: string; symbol: string },
  asking?: Asking,
): Promise<void>;

/**
 * A signature of typed data, normalised, recovered and compared. A contract wallet's answer is
 * passed on as it is, where `isContract` says that the account has code.
 *
 * @throws DeskError wallet-…, signed-other
 */
export declare function sign(
  connection: Connection,
  account: Address,
  message: Message,
  options?: Asking & { isContract?: boolean },
): Promise<Hex>;

/** Sends a transaction; its hash. @throws DeskError wallet-… */
export declare function send(
  connection: Connection,
  account: Address,
  call: Call,
  chain_id: number,
  asking?: Asking,
): Promise<Hex>;
