/** The contracts that all EMCs share; on every chain at the same addresses. */

import generated from "../core/generated.json";
import type { Address } from "../core/types.ts";
import { NATIVE } from "../core/terms.ts";
import type { Chain } from "./rpc.ts";

export type Part =
  | "MicroEnterprises"
  | "Pages"
  | "System"
  | "EMC"
  | "Consent"
  | "Changes"
  | "Conduct"
  | "Goals"
  | "CallForBids"
  | "Reputation"
  | "Checkout";

/** Where the contracts of this version are: it follows from their code alone. */
export const SYSTEM = generated.system as Readonly<Record<Part, Address>>;

/** A micro-enterprise of the registry. */
export interface Identity {
  me: bigint;
  account: Address;
  kind: number;
  category: number;
}

const registry = (chain: Chain, name: string, ...args: unknown[]): Promise<unknown> =>
  chain.read("MicroEnterprises", SYSTEM.MicroEnterprises, name, ...args);

/** The ME of an account; null: it is not registered. */
export async function identityOf(chain: Chain, account: Address): Promise<Identity | null> {
  const me = (await registry(chain, "me_of", account)) as bigint;
  if (!me) return null;
  const [kind, category] = await Promise.all([
    registry(chain, "kind_of", me),
    registry(chain, "category_of", me),
  ]);
  return { me, account, kind: Number(kind), category: Number(category) };
}

/** To whom an ME is offered; zero: to nobody. */
export async function offeredTo(chain: Chain, me: bigint): Promise<Address> {
  return (await registry(chain, "offered", me)) as Address;
}

/** The accounts of MEs now, by ME id as decimal text; unknown ids are left out. */
export async function accountsOf(
  chain: Chain,
  mes: readonly bigint[],
): Promise<ReadonlyMap<string, Address>> {
  const every = [...new Set(mes)];
  const found = new Map<string, Address>();
  for (let at = 0; at < every.length; at += generated.limits.rows) {
    const part = every.slice(at, at + generated.limits.rows);
    const accounts = (await registry(chain, "accounts_of", part)) as Address[];
    part.forEach((me, i) => {
      if (accounts[i] && accounts[i] !== NATIVE) found.set(String(me), accounts[i]);
    });
  }
  return found;
}
