/**
 * Orders at Checkout: their hash, requests and authorizations as files and links, and what a buyer
 * signs. Mirrors `emc.core.checkout` and `emc.files.order_request`.
 */

import { encodeAbiParameters, getAddress, keccak256, numberToHex, stringToHex } from "viem/utils";
import { ORDER } from "./abi.ts";
import { Fields } from "./fields.ts";
import generated from "./generated.json";
import { canonical, load, sealed } from "./json.ts";
import { DOMAIN, fieldsFrom } from "./messages.ts";
import { MAX_AMOUNT, NATIVE } from "./terms.ts";
import { type Address, DeskError, type Field, type Hex, type Json, type Message } from "./types.ts";

/** What a buyer agrees to; there is one per EMC, buyer and reference, for ever. */
export interface Order {
  emc: Address;
  /** In a request, zero: whoever pays. */
  buyer: Address;
  /** The merchant's name for it. */
  reference: Hex;
  amount: bigint;
  customer: Hex;
  /** Who may give it back before it is due; zero: nobody. */
  cashier: Address;
  /** From then on it is the EMC's; past: sold at once. */
  due_at: bigint;
}

/** What a merchant asks for. */
export interface OrderRequest {
  chain_id: number;
  checkout: Address;
  currency: Address;
  name: string;
  order: Order;
}

/** What an EIP-712 signature for a token is bound to. */
export interface TokenDomain {
  name: string;
  version: string;
}

/** What a buyer has signed for a request, to be sent by anybody. */
export interface Authorization extends OrderRequest {
  token: TokenDomain;
  valid_after: bigint;
  valid_before: bigint;
  signature: Hex;
}

const FIELDS = ["emc", "buyer", "reference", "amount", "customer", "cashier", "due_at"] as const;
const MAX_TIME = BigInt(generated.limits.time);
const ANY = /^/;
/** Text in front of a running number: its hash stands above the bits of that number. */
const SERIAL_BITS = BigInt(generated.limits.serial);
export const MAX_WAIT = BigInt(generated.limits.wait);

/** What binds a payment to an order: also the nonce of its authorization. */
export function orderHash({ chain_id, checkout }: OrderRequest, order: Order): Hex {
  const types = [{ type: "uint256" }, { type: "address" }, ORDER];
  return keccak256(encodeAbiParameters(types, [BigInt(chain_id), checkout, order] as never));
}

/** The fields in which an order is not the one that was asked for; any buyer will do if none is named. */
export function differencesOf(asked: Order, order: Order): string[] {
  const plain = (of: Order, name: (typeof FIELDS)[number]): string => String(of[name]).toLowerCase();
  return FIELDS.filter(
    (name) => !(name === "buyer" && asked.buyer === NATIVE) && plain(asked, name) !== plain(order, name),
  );
}

/**
 * What the chain knows an order by, from what its merchant calls it: see `emc.core.orders`.
 *
 * @throws DeskError file-field: no name, or one that a spreadsheet made of a number
 */
export function referenceOf(text: string): Hex {
  const name = text.trim();
  const isNumber = /^[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(name);
  const isDigits = /^[0-9]{1,77}$/.test(name);
  if (!name || name.length > generated.limits.name || /\p{C}/u.test(name) || (isNumber && !isDigits)) {
    throw new DeskError("file-field", { field: "order" });
  }
  if (isDigits) return numberToHex(BigInt(name), { size: 32 });
  const found = /^(.*?)(0|[1-9][0-9]{0,27})$/.exec(name);
  if (!found || /[0-9]{29}$/.test(name)) return keccak256(stringToHex(name));
  const series = BigInt(keccak256(stringToHex(found[1]!)).slice(0, 42));
  return numberToHex((series << SERIAL_BITS) + BigInt(found[2]!), { size: 32 });
}

/** What can be read of a reference: a number that is short enough to be one. */
export function nameOfReference(reference: Hex): string {
  const number = BigInt(reference);
  return number < 10n ** 18n ? String(number) : `${reference.slice(0, 10)}…${reference.slice(-6)}`;
}

// ---- files and links

const REQUEST = "emc-order";
const AUTHORIZATION = "emc-authorization";

export type Slip = OrderRequest | Authorization;

export const isSigned = (slip: Slip): slip is Authorization => "signature" in slip;

/** Whether a file is a request or an authorization; what is in it is not looked at. */
export function isSlip(bytes: Uint8Array): boolean {
  try {
    const found = load(bytes) as { [key: string]: Json } | null;
    return found?.["format"] === REQUEST || found?.["format"] === AUTHORIZATION;
  } catch {
    return false;
  }
}

/** @throws DeskError file-… */
export function readSlip(bytes: Uint8Array): Slip {
  const fields = Fields.of(load(bytes));
  const format = fields.text("format", /^emc-(order|authorization)$/);
  fields.whole("version", 1n, 1n);
  const given = fields.inner("order");
  const slip: OrderRequest = {
    chain_id: fields.number("chain_id", 1, Number.MAX_SAFE_INTEGER),
    checkout: getAddress(fields.address("checkout")),
    currency: getAddress(fields.address("currency")),
    name: fields.text("name", /^[^\p{C}]+$/u, generated.limits.name),
    order: {
      emc: getAddress(given.address("emc")),
      buyer: getAddress(given.address("buyer")),
      reference: given.hash("reference"),
      amount: BigInt(given.text("amount", /^[1-9][0-9]{0,28}$/)),
      customer: given.hash("customer"),
      cashier: getAddress(given.address("cashier")),
      due_at: given.whole("due_at", 0n, MAX_TIME),
    },
  };
  given.end();
  if (slip.order.amount > MAX_AMOUNT) given.fail("amount");
  if (format === REQUEST) {
    fields.end();
    return slip;
  }
  const token = fields.inner("token");
  const signed: Authorization = {
    ...slip,
    token: {
      name: token.text("name", ANY, generated.limits.name),
      version: token.text("version", ANY, generated.limits.name),
    },
    valid_after: fields.whole("valid_after", 0n, MAX_TIME),
    valid_before: fields.whole("valid_before", 0n, MAX_TIME),
    signature: fields.signature("signature"),
  };
  token.end();
  fields.end();
  return signed;
}

function documentOf(slip: Slip): { [key: string]: Json } {
  const { chain_id, checkout, currency, name, order } = slip;
  return {
    format: isSigned(slip) ? AUTHORIZATION : REQUEST,
    version: 1n,
    chain_id: BigInt(chain_id),
    checkout,
    currency,
    name,
    order: { ...order, amount: String(order.amount) },
    ...(isSigned(slip) && {
      token: { name: slip.token.name, version: slip.token.version },
      valid_after: slip.valid_after,
      valid_before: slip.valid_before,
      signature: slip.signature,
    }),
  };
}

/** The file, which `emc checkout` reads too. */
export const writeSlip = (slip: Slip): string => sealed(documentOf(slip));

/** The same in a link: what is altered in it shows like in any file, since everything is shown. */
export function linkOf(slip: Slip): string {
  const bytes = new TextEncoder().encode(canonical(documentOf(slip)));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @throws DeskError file-… */
export function slipFrom(link: string): Slip {
  let text;
  try {
    text = atob(link.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new DeskError("file-field", { field: "link" });
  }
  return readSlip(Uint8Array.from(text, (each) => each.charCodeAt(0)));
}

// ---- what is signed

const RECEIVE = fieldsFrom(
  "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
);
const PERMIT = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline";
/** How EIP-712 writes the type of a permit (EIP-2612). */
export const PERMIT_TYPE = `Permit(${PERMIT})`;

function message(
  kind: string,
  types: readonly Field[],
  domain: TokenDomain & { chain_id: number; token: Address },
  values: Record<string, bigint | string>,
): Message {
  return {
    types: { EIP712Domain: DOMAIN, [kind]: types },
    primaryType: kind,
    domain: {
      name: domain.name,
      version: domain.version,
      chainId: domain.chain_id,
      verifyingContract: domain.token,
    },
    message: values,
  };
}

/** The EIP-3009 message that lets Checkout, and nobody else, take exactly an order's amount. */
export function authorizationOf(slip: OrderRequest, token: TokenDomain, valid_after: bigint, valid_before: bigint): Message {
  const { order, checkout, currency, chain_id } = slip;
  return message("ReceiveWithAuthorization", RECEIVE, { ...token, chain_id, token: currency }, {
    from: order.buyer,
    to: checkout,
    value: order.amount,
    validAfter: valid_after,
    validBefore: valid_before,
    nonce: orderHash(slip, order),
  });
}

/** The EIP-2612 message that lets a spender pull exactly an amount. */
export function permitOf(
  domain: TokenDomain & { chain_id: number; token: Address },
  values: { owner: Address; spender: Address; value: bigint; nonce: bigint; deadline: bigint },
): Message {
  return message("Permit", fieldsFrom(PERMIT), domain, values);
}
