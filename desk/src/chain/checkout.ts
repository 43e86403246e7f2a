/** Orders at Checkout: paid, released, given back, booked, refunded, and where they stand. */

import {
  type Authorization,
  authorizationOf,
  isSigned,
  MAX_WAIT,
  type Order,
  orderHash,
  type OrderRequest,
  type Slip,
} from "../core/checkout.ts";
import { addressTopic, eventTopic } from "../core/abi.ts";
import { fault } from "../core/signatures.ts";
import { NATIVE } from "../core/terms.ts";
import { type Address, type Call, DeskError, type Happened, type Hex, type Standing } from "../core/types.ts";
import { callOf, partsOf } from "./calls.ts";
import { logs, type Reading } from "./logs.ts";
import type { Chain } from "./rpc.ts";
import { SYSTEM } from "./system.ts";
import { domainOf, isUsed } from "./tokens.ts";

/** Orders in one call; as many as burn all the gas that they get still fit. */
export const MOST = 50;

const act = (name: string, args: readonly unknown[], value = 0n): Call =>
  callOf("Checkout", SYSTEM.Checkout, name, args, value);
const ask = (chain: Chain, name: string, ...args: unknown[]): Promise<unknown> =>
  chain.read("Checkout", SYSTEM.Checkout, name, ...args);

export type State = "none" | "waiting" | "booked" | "returned";
const STATES: Record<string, State> = { 0: "none", 1: "waiting", 2: "booked", 4: "returned" };

/** Where an order stands, and what of it waits, or can still be refunded. */
export interface Placed {
  order: Order;
  state: State;
  rest: bigint;
  block: bigint;
}

export async function stateOf(chain: Chain, order: Order): Promise<{ state: State; rest: bigint }> {
  const [state, rest] = (await ask(chain, "standing_of", order)) as [bigint, bigint];
  return { state: STATES[String(state)] ?? "none", rest };
}

/** Whether a buyer has paid any order under this reference. */
export const isPlaced = (chain: Chain, { emc, buyer, reference }: Order): Promise<boolean> =>
  ask(chain, "is_placed", emc, buyer, reference) as Promise<boolean>;

/**
 * The hash of an order, computed here and asked of the contract.
 *
 * @throws DeskError digest-differs: nothing may be signed.
 */
export async function checkedHash(chain: Chain, slip: OrderRequest): Promise<Hex> {
  const page = orderHash(slip, slip.order);
  const contract = (await ask(chain, "hash_of", slip.order)) as Hex;
  if (contract !== page) throw new DeskError("digest-differs", { page, contract });
  return page;
}

// ---- what would be refused

/** Why an order cannot be paid as it was asked for. */
export type Fault =
  | "checkout"
  | "currency"
  | "over"
  | "due_after"
  | "due_late"
  | "buyer"
  | "paid"
  | "paid_other"
  | "short"
  | "early"
  | "expired"
  | "used"
  | "domain"
  | "signature"
  | "unable";

/** Why nobody could pay a request in this EMC. */
export function faultOf({ checkout, currency, order }: OrderRequest, standing: Standing): Fault | null {
  const { terms, block } = standing;
  if (checkout !== SYSTEM.Checkout) return "checkout";
  if (currency !== terms.currency) return "currency";
  if (standing.stage !== "ACTIVE" || block.timestamp >= terms.ends_at) return "over";
  if (order.due_at >= terms.ends_at) return "due_after";
  return order.due_at > block.timestamp + MAX_WAIT ? "due_late" : null;
}

/** Why a buyer cannot pay its order now. */
export async function buyerFault(chain: Chain, { order, currency }: OrderRequest): Promise<Fault | null> {
  if (await isPlaced(chain, order)) {
    const { state } = await stateOf(chain, order);
    return state === "none" ? "paid_other" : "paid";
  }
  const has =
    currency === NATIVE
      ? await chain.balance(order.buyer)
      : ((await chain.read("Token", currency, "balanceOf", order.buyer)) as bigint);
  return has < order.amount ? "short" : null;
}

/** Why an authorization does not pay what it should; every one of it is asked of the chain. */
export async function signedFault(chain: Chain, slip: Authorization): Promise<Fault | null> {
  const { order, currency, token, valid_after, valid_before, signature } = slip;
  const nonce = await checkedHash(chain, slip);
  const [domain, used, code] = await Promise.all([
    domainOf(chain, currency),
    isUsed(chain, currency, order.buyer, nonce),
    chain.code(order.buyer),
  ]);
  if (!domain || used === null) return "unable";
  if (domain.name !== token.name || domain.version !== token.version) return "domain";
  if (chain.block.timestamp <= valid_after) return "early";
  if (chain.block.timestamp >= valid_before) return "expired";
  if (used) return "used";
  // a contract wallet is asked by the token
  if (code !== "0x") return null;
  return fault(authorizationOf(slip, domain, valid_after, valid_before), signature, order.buyer) && "signature";
}

// ---- transactions

export const payOrder = (order: Order, isCoin: boolean): Call => act("pay", [order], isCoin ? order.amount : 0n);

/** @param signature 65 bytes */
export function payWithPermit(order: Order, deadline: bigint, signature: Hex): Call {
  return act("pay_with_permit", [order, deadline, ...partsOf(signature)]);
}

export const relay = ({ order, valid_after, valid_before, signature }: Authorization): Call =>
  act("pay_with_authorization", [order, valid_after, valid_before, signature]);

export const release = (order: Order): Call => act("release", [order]);

/** @param amounts Of each; none: all of it. */
export function giveBack(orders: readonly Order[], amounts: readonly bigint[]): Call {
  const { emc, cashier } = orders[0]!;
  return act("give_back", [emc, cashier, orders, amounts]);
}

/** Orders of one EMC and cashier that are due, in one payment run. */
export function book(orders: readonly Order[]): Call {
  const { emc, cashier } = orders[0]!;
  return act("book", [emc, cashier, orders]);
}

export const refund = (order: Order, amount: bigint, isCoin: boolean): Call =>
  act("refund", [order, amount], isCoin ? amount : 0n);

export const withdrawCredit = (currency: Address, buyer: Address): Call =>
  act("withdraw", [currency, buyer, buyer]);

// ---- looking

/** Orders of an EMC, or of a buyer, newest first, each as it stands now. */
export async function readOrders(
  chain: Chain,
  of: { emc: Address } | { buyer: Address },
  most: number,
  reading: Reading = {},
): Promise<Placed[]> {
  const topic = eventTopic("Checkout", "Placed");
  const topics = "emc" in of ? [topic, addressTopic(of.emc)] : [topic, null, addressTopic(of.buyer)];
  const found = await logs(chain, { contracts: { [SYSTEM.Checkout]: "Checkout" }, topics }, reading);
  const newest = found.reverse().slice(0, most);
  return Promise.all(
    newest.map(async (each) => {
      const order = orderFrom(each);
      return { order, block: each.block, ...(await stateOf(chain, order)) };
    }),
  );
}

function orderFrom({ args }: Happened): Order {
  const { emc, buyer, reference, amount, customer, cashier, due_at } = args as unknown as Order;
  return { emc, buyer, reference, amount, customer, cashier, due_at };
}

/** What waits for a buyer because it could not be sent, by currency. */
export async function readCredit(chain: Chain, currency: Address, buyer: Address): Promise<bigint> {
  return (await ask(chain, "credits", currency, buyer)) as bigint;
}

export const currencyOfEmc = (chain: Chain, emc: Address): Promise<Address> =>
  chain.read("EMC", emc, "currency_of") as Promise<Address>;

/** A request that is paid by whoever shows it, as this buyer pays it. */
export function by<S extends Slip>(slip: S, buyer: Address): S {
  return isSigned(slip) ? slip : { ...slip, order: { ...slip.order, buyer } };
}
