/** Answers of a node, through a wallet's provider or an RPC address, with words for what fails. */

import type { Address, Block, Hex, Provider } from "../core/types.ts";

/** An RPC address, or the pipe of `emc desk`, as a provider. */
export declare function rpcProvider(url: string, headers?: Record<string, string>): Provider;

/** Reading a chain at one block, so that what is shown together belongs together. */
export interface Chain {
  readonly id: number;
  readonly provider: Provider;
  /** As of when everything is read. */
  readonly block: Block;
  /** Another view, at the newest block. */
  latest(): Promise<Chain>;
  /** A view of a contract; several at a time are sent together. */
  read(contract: string, at: Address, name: string, ...args: unknown[]): Promise<unknown>;
  code(at: Address): Promise<Hex>;
  balance(at: Address): Promise<bigint>;
}

/**
 * @throws DeskError rpc-…: no node answers, or it is another chain than `expected`.
 */
export declare function openChain(provider: Provider, expected?: number): Promise<Chain>;

/** What people know a chain as, and whether money there is real. */
export declare function chainName(id: number): { name: string; is_test: boolean; is_local: boolean };
