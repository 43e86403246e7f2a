/** Transactions of the desk. Each is simulated before a wallet is asked for it. */

import type { Address, Call, Hex, Provider, Standing } from "../core/types.ts";
import type { Chain } from "./rpc.ts";

export declare function register(
  kind: number,
  category: number,
  profile_uri: string,
  profile_hash: Hex,
): Call;

// money
export declare function sale(emc: Address, number: bigint, amount: bigint, customer: Hex, isCoin: boolean): Call;
export declare function approveToken(token: Address, emc: Address, amount: bigint): Call;
export declare function withdraw(emc: Address, row: number): Call;
export declare function disburse(emc: Address): Call;
export declare function absorb(emc: Address): Call;
export declare function end(emc: Address): Call;
/** As a row's controller, have a live row paid elsewhere. */
export declare function changePayee(standing: Standing, row: number, payee: Address): Call;
/** The same for a row that has left. */
export declare function redirect(emc: Address, row: number, payee: Address): Call;

// changing
export declare function openWindow(
  standing: Standing,
  row: number,
  after: import("../core/types.ts").Terms,
  until: bigint,
): Call;
export declare function object(emc: Address, matter: Hex, objects: boolean): Call;

// leaving
export declare function giveNotice(standing: Standing, row: number): Call;
export declare function takeBackNotice(standing: Standing, row: number): Call;
export declare function leave(standing: Standing, row: number): Call;
export declare function charge(
  standing: Standing,
  row: number,
  accused: number,
  clause: string,
  evidence: Hex,
): Call;
export declare function dropCharge(standing: Standing, row: number, accused: number, clause: string): Call;

// goals
export declare function assess(
  standing: Standing,
  submitter: number,
  amount: bigint,
  measured_at: bigint,
  evidence: Hex,
): Call;
export declare function takeBackValue(standing: Standing, submitter: number): Call;
export declare function objectToValue(standing: Standing, row: number, submitter: number): Call;
export declare function finaliseValue(standing: Standing, submitter: number): Call;
export declare function dropValue(emc: Address, submitter: number): Call;
export declare function recordMiss(standing: Standing): Call;
export declare function report(
  standing: Standing,
  row: number,
  item: string,
  amount: bigint,
  evidence: Hex,
): Call;
export declare function countersign(standing: Standing, row: number, report: bigint): Call;

/**
 * What would happen: the contract's reason, if it refuses.
 *
 * @throws DeskError refused: `reason` is the contract's own, `emc: paid already` for example.
 */
export declare function simulated(chain: Chain, call: Call, from: Address): Promise<Hex>;

/** Waits until a transaction is in a block. */
export declare function mined(
  provider: Provider,
  hash: Hex,
  signal?: AbortSignal,
): Promise<{ block: bigint; ok: boolean }>;
