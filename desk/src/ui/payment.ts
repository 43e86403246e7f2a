/** A request to pay one order, as the URI that wallets take (ERC-681): read as Python reads it. */

import { getAddress } from "viem/utils";
import { MAX_AMOUNT } from "../core/terms.ts";
import { type Address, DeskError, type Hex } from "../core/types.ts";

const URI = /^ethereum:(?:pay-)?(0x[0-9a-fA-F]{40})(?:@([0-9]{1,15}))?\/sale\?([^#\s]*)$/i;
const NUMBER = /^([0-9]{1,78})(?:\.([0-9]{1,78}))?(?:[eE]([0-9]{1,3}))?$/;
const MAX_LENGTH = 400;

export interface PaymentRequest {
  emc: Address;
  chain_id: number;
  order: bigint;
  amount: bigint;
  customer: Hex;
  is_coin: boolean;
}

export function isRequest(text: string): boolean {
  return text.slice(0, 9).toLowerCase() === "ethereum:" && text.length <= MAX_LENGTH;
}

/** @throws DeskError file-field: `field` names what is wrong. */
export function parseRequest(text: string): PaymentRequest {
  const found = isRequest(text) ? URI.exec(text) : null;
  if (!found) throw wrong("link", text);
  const [, spelt = "", chain, query = ""] = found;
  const emc = getAddress(spelt.toLowerCase());
  // a slip of the pen shows in the capitals, where there are any
  const plain = [spelt.toLowerCase(), `0x${spelt.slice(2).toUpperCase()}`];
  if (spelt !== emc && !plain.includes(spelt)) throw wrong("emc", spelt);
  if (!chain) throw wrong("chain", "");
  const pairs = query.split("&").map((each) => {
    const at = each.indexOf("=");
    return at < 0 ? [each, ""] : [each.slice(0, at), each.slice(at + 1)];
  });
  const names = pairs.map(([name]) => name).join();
  if (!["uint256,uint256,bytes32", "uint256,uint256,bytes32,value"].includes(names)) {
    throw wrong("order", query);
  }
  const [order, amount, customer, value] = pairs.map((each) => each[1]!);
  if (!/^0x[0-9a-fA-F]{64}$/.test(customer!)) throw wrong("customer", customer!);
  const paid = number(amount!);
  if (value !== undefined && number(value) !== paid) throw wrong("value", value);
  if (paid <= 0n || paid > MAX_AMOUNT) throw wrong("amount", amount!);
  return {
    emc,
    chain_id: Number(chain),
    order: number(order!),
    amount: paid,
    customer: customer!.toLowerCase() as Hex,
    is_coin: value !== undefined,
  };
}

/** A request as ERC-681 writes it. */
export function uriOf({ emc, chain_id, order, amount, customer, is_coin }: PaymentRequest): string {
  const uri = `ethereum:${emc}@${chain_id}/sale?uint256=${order}&uint256=${amount}&bytes32=${customer}`;
  return is_coin ? `${uri}&value=${amount}` : uri;
}

function number(text: string): bigint {
  const found = NUMBER.exec(text);
  if (!found) throw wrong("number", text);
  const part = (found[2] ?? "").replace(/0+$/, "");
  const power = Number(found[3] ?? 0);
  if (part.length > power || power > 77) throw wrong("number", text);
  const value = BigInt(found[1]! + part) * 10n ** BigInt(power - part.length);
  if (value >= 2n ** 256n) throw wrong("number", text);
  return value;
}

function wrong(field: string, value: string): DeskError {
  return new DeskError("file-field", { field, value: value.slice(0, 80) });
}
