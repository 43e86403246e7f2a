/** Transactions of the desk. Each is simulated before a wallet is asked for it. */

import { keccak256, stringToHex } from "viem/utils";
import { encodeCall } from "../core/abi.ts";
import { ASSESSOR, headOf, packedRows, placeOf, shareWords } from "../core/terms.ts";
import { DeskError, type Address, type Call, type Hex, type Provider, type Standing, type Terms } from "../core/types.ts";
import { quantity, type Chain } from "./rpc.ts";
import { SYSTEM } from "./system.ts";

/** Between two looks for a receipt, milliseconds. */
const PAUSE = 1_000;

/** A call of any contract by its ABI. */
export function callOf(contract: string, to: Address, act: string, args: readonly unknown[], value = 0n): Call {
  return { to, data: encodeCall(contract, act, args), value, contract, act };
}

const ofMe = (act: string, ...args: unknown[]): Call =>
  callOf("MicroEnterprises", SYSTEM.MicroEnterprises, act, args);
const ofEmc = (emc: Address, act: string, ...args: unknown[]): Call => callOf("EMC", emc, act, args);

/** A call that brings the table along. */
function withTable(
  room: "Changes" | "Conduct" | "Goals",
  { emc, terms }: Standing,
  act: string,
  ...args: unknown[]
): Call {
  return callOf(room, SYSTEM[room], act, [emc, headOf(terms), packedRows(terms), ...args]);
}

export function register(
  kind: number,
  category: number,
  profile_uri: string,
  profile_hash: Hex,
): Call {
  return ofMe("register", BigInt(kind), BigInt(category), profile_uri, profile_hash);
}

export const changeProfile = (category: number, profile_uri: string, profile_hash: Hex): Call =>
  ofMe("change_profile", BigInt(category), profile_uri, profile_hash);

/** @param to Zero takes the offer back. */
export const offerAccount = (to: Address): Call => ofMe("offer_account", to);
export const acceptAccount = (me: bigint): Call => ofMe("accept_account", me);

// ---- money

/** Pay an order; the coin goes along where the currency is the chain's own. */
export function sale(
  emc: Address,
  number: bigint,
  amount: bigint,
  customer: Hex,
  isCoin: boolean,
): Call {
  return callOf("EMC", emc, "sale", [number, amount, customer], isCoin ? amount : 0n);
}

/** Pay an order with a permit (EIP-2612) for exactly its amount. @param signature 65 bytes */
export function saleWithPermit(
  emc: Address,
  number: bigint,
  amount: bigint,
  customer: Hex,
  deadline: bigint,
  signature: Hex,
): Call {
  return ofEmc(emc, "sale_with_permit", number, amount, customer, deadline, ...partsOf(signature));
}

/** v, r and s of a key's signature, as contracts take them apart. */
export function partsOf(signature: Hex): [number, Hex, Hex] {
  const [r, s] = [signature.slice(2, 66), signature.slice(66, 130)];
  return [parseInt(signature.slice(130), 16), `0x${r}`, `0x${s}`];
}

/** Let the EMC pull exactly this amount of a token. */
export function approveToken(token: Address, emc: Address, amount: bigint): Call {
  return callOf("Token", token, "approve", [emc, amount]);
}

export const withdraw = (emc: Address, row: number): Call => ofEmc(emc, "withdraw", BigInt(row));
export const disburse = (emc: Address): Call => ofEmc(emc, "disburse");
export const absorb = (emc: Address): Call => ofEmc(emc, "absorb");
export const end = (emc: Address): Call => ofEmc(emc, "end");

/** As a row's controller, have a live row paid elsewhere. */
export function changePayee(standing: Standing, row: number, payee: Address): Call {
  return withTable("Conduct", standing, "change_payee", placeOf(standing.terms, row), payee);
}

/** The same for a row that has left. */
export function redirect(emc: Address, row: number, payee: Address): Call {
  return callOf("Conduct", SYSTEM.Conduct, "redirect", [emc, BigInt(row), payee]);
}

// ---- changing

/** As a node, open a renegotiation, and approve it. */
export function openWindow(standing: Standing, row: number, after: Terms, until: bigint): Call {
  const place = placeOf(standing.terms, row);
  return withTable("Changes", standing, "propose", place, shareWords(after), until);
}

export function object(emc: Address, matter: Hex, objects: boolean): Call {
  return callOf("Changes", SYSTEM.Changes, "object", [emc, matter, objects]);
}

// ---- leaving

export function giveNotice(standing: Standing, row: number): Call {
  return withTable("Conduct", standing, "give_notice", placeOf(standing.terms, row));
}

export function takeBackNotice(standing: Standing, row: number): Call {
  return withTable("Conduct", standing, "take_back_notice", placeOf(standing.terms, row));
}

/** Let a node go whose notice is over; anyone may. */
export function leave(standing: Standing, row: number): Call {
  return withTable("Conduct", standing, "leave", BigInt(row));
}

export function charge(
  standing: Standing,
  row: number,
  accused: number,
  clause: string,
  evidence: Hex,
): Call {
  const place = placeOf(standing.terms, row);
  return withTable("Conduct", standing, "charge", place, BigInt(accused), clause, evidence);
}

export function dropCharge(
  standing: Standing,
  row: number,
  accused: number,
  clause: string,
): Call {
  const place = placeOf(standing.terms, row);
  const hash = keccak256(stringToHex(clause));
  return withTable("Conduct", standing, "drop_charge", place, BigInt(accused), hash);
}

// ---- goals

/** @param submitter Row id, 128 for the assessor. */
export function assess(
  standing: Standing,
  submitter: number,
  metric: Hex,
  amount: bigint,
  measured_at: bigint,
  evidence: Hex,
): Call {
  const place = submitter === ASSESSOR ? BigInt(ASSESSOR) : placeOf(standing.terms, submitter);
  return withTable("Goals", standing, "assess", place, metric, amount, measured_at, evidence);
}

export function takeBackValue(standing: Standing, metric: Hex, submitter: number): Call {
  return withTable("Goals", standing, "take_back", metric, BigInt(submitter));
}

export function objectToValue(
  standing: Standing,
  row: number,
  metric: Hex,
  submitter: number,
): Call {
  const place = placeOf(standing.terms, row);
  return withTable("Goals", standing, "object", place, metric, BigInt(submitter));
}

/** Count a value whose window is over. */
export function finaliseValue(standing: Standing, metric: Hex, submitter: number): Call {
  return withTable("Goals", standing, "finalise", metric, BigInt(submitter), []);
}

export function dropValue(emc: Address, metric: Hex, submitter: number): Call {
  return callOf("Goals", SYSTEM.Goals, "drop", [emc, metric, BigInt(submitter)]);
}

export const recordMiss = (standing: Standing): Call => withTable("Goals", standing, "record_miss");

export function report(
  standing: Standing,
  row: number,
  item: string,
  amount: bigint,
  evidence: Hex,
): Call {
  const place = placeOf(standing.terms, row);
  return withTable("Goals", standing, "report", place, item, amount, evidence);
}

export function countersign(standing: Standing, row: number, report: bigint): Call {
  return withTable("Goals", standing, "countersign", placeOf(standing.terms, row), report);
}

// ---- sending

/**
 * What would happen now, at the newest block.
 *
 * @throws DeskError refused: `reason` is the contract's own, `orders: paid already` for example.
 */
export async function simulated(chain: Chain, call: Call, from: Address): Promise<Hex> {
  const now = await chain.latest();
  return now.call({ to: call.to, data: call.data, value: call.value, from });
}

/**
 * Waits until a transaction is in a block.
 *
 * @throws DeskError stopped
 */
export async function mined(
  provider: Provider,
  hash: Hex,
  signal?: AbortSignal,
): Promise<{ block: bigint; ok: boolean }> {
  const method = "eth_getTransactionReceipt";
  for (;;) {
    if (signal?.aborted) throw new DeskError("stopped", { transaction: hash });
    // it was sent: that a node is silent for a while says nothing of it
    const said = await provider.request({ method, params: [hash] }).catch(() => null);
    const found = said as Record<string, unknown> | null;
    if (found?.blockNumber) {
      return {
        block: quantity(found.blockNumber, method),
        ok: quantity(found.status, method) === 1n,
      };
    }
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}
