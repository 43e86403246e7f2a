/** How an EMC stands, everything proven: terms by their hash, views as of one block. */

import { keccak256, numberToHex, stringToHex } from "viem/utils";
import { addressTopic, eventTopic, hashOf } from "../core/abi.ts";
import { lifeFrom } from "../core/page_bytes.ts";
import {
  ASSESSOR,
  BACKSTOP,
  headOf,
  assessedOf,
  isNode,
  NATIVE,
  nodesOf,
  rowOf,
  termsFromTable,
  termsHash,
  withShareWords,
  without,
} from "../core/terms.ts";
import { printable } from "../core/text.ts";
import {
  DeskError,
  type Accounts,
  type Address,
  type Charge,
  type Currency,
  type Former,
  type Happened,
  type Head,
  type Hex,
  type Label,
  type OpenProposal,
  type OpenValue,
  type PackedRow,
  type Payout,
  type ReviewStanding,
  type Row,
  type RowStanding,
  type Stage,
  type Standing,
  type Terms,
} from "../core/types.ts";
import { entitlement, openCover } from "../core/waterfall.ts";
import { logs, type Query, type Reading } from "./logs.ts";
import type { Chain } from "./rpc.ts";
import { accountsOf, SYSTEM } from "./system.ts";

export { tasks } from "./agenda.ts";

const ROOMS = ["Consent", "Changes", "Conduct", "Goals", "Reputation"] as const;
const STAGES: Record<string, Stage> = { 1: "ACTIVE", 2: "ENDED", 4: "CLOSED" };
const ZERO: Hex = numberToHex(0, { size: 32 });

/** A view of a room of the table. */
const ask = (chain: Chain, room: (typeof ROOMS)[number], name: string, ...args: unknown[]) =>
  chain.read(room, SYSTEM[room], name, ...args);

/** The hash of the terms in force. @throws DeskError no-emc: Consent did not make it */
async function agreedHash(chain: Chain, emc: Address): Promise<Hex> {
  // both in one request; what is asked of a Consent that is not there fails for that reason alone
  const asked = ask(chain, "Consent", "terms_of", emc) as Promise<Hex>;
  asked.catch(() => {});
  if ((await chain.code(SYSTEM.Consent)) === "0x") throw new DeskError("no-system", {});
  const found = await asked;
  if (found === ZERO) throw new DeskError("no-emc", { emc });
  return found;
}

/** Whether Consent made an EMC, by its terms hash; cheap. */
export async function isEmc(chain: Chain, emc: Address): Promise<boolean> {
  try {
    await agreedHash(chain, emc);
    return true;
  } catch (error) {
    if (error instanceof DeskError && error.code === "no-emc") return false;
    throw error;
  }
}

/**
 * An EMC at the chain's block.
 *
 * @throws DeskError no-emc, terms-unproven, rpc-…
 */
export async function readStanding(
  chain: Chain,
  emc: Address,
  options: Reading & { labels?: readonly Label[] } = {},
): Promise<Standing> {
  const terms_hash = await agreedHash(chain, emc);
  const view = (name: string, ...args: unknown[]) => chain.read("EMC", emc, name, ...args);
  const [events, stage, epoch, accounts, total, isOpen, page, failedWith] = await Promise.all([
    readActivity(chain, emc, options),
    view("stage") as Promise<bigint>,
    view("epoch") as Promise<bigint>,
    view("accounts") as Promise<Accounts>,
    view("total") as Promise<bigint>,
    view("is_gate_open") as Promise<boolean>,
    view("page") as Promise<Hex>,
    view("ended_with") as Promise<bigint>,
  ]);
  const word = STAGES[String(stage)];
  if (!word) throw new DeskError("rpc-answer", { method: "EMC.stage" });
  const epochs = epochsFrom(events);
  const terms = epochs.get(Number(epoch));
  if (!terms || epochs.size !== Number(epoch) || termsHash(terms) !== terms_hash) {
    throw new DeskError("terms-unproven", { emc, epoch: String(epoch) });
  }
  const assessed = assessedOf(terms);
  const [measured, renegotiated, expelled, currency, balance] = await Promise.all([
    Promise.all(
      assessed.map(async ({ metric }) => {
        const [value] = (await ask(chain, "Goals", "value_of", emc, metric)) as [bigint, bigint];
        return [metric, value] as const;
      }),
    ),
    ask(chain, "Changes", "renegotiated_at", emc) as Promise<bigint>,
    ask(chain, "Conduct", "expelled_of", emc) as Promise<bigint>,
    readCurrency(chain, terms.currency),
    readBalance(chain, terms.currency, emc),
  ]);
  const life = lifeFrom(page, terms, Number(epoch), {
    total,
    pending: accounts.pending,
    values: new Map(measured),
    is_open: isOpen,
    has_failed: failedWith > 0n && !isOpen,
  });
  const isActive = word === "ACTIVE";
  const [rows, formers, backstop, values, charges, proposals, missed, disputed, review] =
    await Promise.all([
      readRows(chain, emc, terms),
      readFormers(chain, emc, terms, epochs),
      view("credits", BigInt(BACKSTOP)) as Promise<bigint>,
      isActive ? readValues(chain, emc, epochs) : [],
      isActive ? readCharges(chain, emc, terms, events) : [],
      isActive ? readProposals(chain, emc, terms, Number(epoch), events) : [],
      isActive ? (ask(chain, "Goals", "is_missed", emc, headOf(terms)) as Promise<boolean>) : false,
      isActive ? isDisputed(chain, emc, terms) : false,
      readReviewFrom(chain, emc, events),
    ]);
  for (const each of rows) {
    each.cover = openCover(life.page, each.row, life.since);
    // what earlier pages hold for it is what this one does not
    const here = entitlement(life.page, each.row, life.shared, false).held;
    if (!isOpen && each.held > here) life.forward.set(each.row.id, each.held - here);
  }
  for (const each of formers) if (each.held) life.left.set(each.row, each.held);
  await chain.confirm();
  const books = accounts.credited + accounts.held + accounts.pending + accounts.dust;
  return {
    chain_id: chain.id,
    block: chain.block,
    emc,
    stage: word,
    epoch: Number(epoch),
    terms,
    terms_hash,
    epochs,
    currency,
    accounts,
    total,
    unbooked: balance > books ? balance - books : 0n,
    is_gate_open: isOpen,
    rows,
    formers,
    backstop_credit: backstop,
    life,
    expelled: bits(expelled),
    review,
    values,
    is_missed: missed,
    is_disputed: disputed,
    charges,
    proposals,
    renegotiable_from: renegotiated ? renegotiated + terms.renegotiation.interval : 0n,
    labels: options.labels ?? [],
  };
}

/** Everything that the rooms said about an EMC, in the order of the chain. */
export async function readActivity(
  chain: Chain,
  emc: Address,
  reading: Reading = {},
): Promise<Happened[]> {
  const contracts = Object.fromEntries(ROOMS.map((room) => [SYSTEM[room], room]));
  const isLast = (event: Happened) => event.room === "Consent" && event.name === "Made";
  return logs(chain, { contracts, topics: [null, addressTopic(emc)], isLast }, reading);
}

/**
 * The terms of every epoch, each by the hash that its event names.
 *
 * @throws DeskError terms-unproven: an event is left out, or changed.
 */
export function epochsFrom(events: readonly Happened[]): Map<number, Terms> {
  const epochs = new Map<number, Terms>();
  for (const { room, name, args } of events) {
    const before = epochs.get(epochs.size);
    let terms: Terms | undefined;
    if (room === "Consent" && name === "Made") terms = tableOf(args);
    else if (room === "Changes" && name === "Amended") terms = tableOf(args);
    else if (room === "Changes" && name === "Renegotiated") {
      terms = before && withShareWords(before, args.shares as bigint[]);
    } else if (room === "Conduct" && (name === "Exited" || name === "Expelled")) {
      terms = before && without(before, Number(args.row));
    } else continue;
    const epoch = name === "Made" ? 1 : Number(args.epoch);
    if (!terms || epoch !== epochs.size + 1 || termsHash(terms) !== args.terms_hash) {
      throw new DeskError("terms-unproven", { epoch: String(epoch) });
    }
    epochs.set(epoch, terms);
  }
  return epochs;
}

/** The payment runs of an EMC, oldest first; each part is told as it is found, the newest first. */
export async function readPayouts(
  chain: Chain,
  standing: Standing,
  reading: Reading & { onPayouts?: (payouts: readonly Payout[]) => void; from?: bigint } = {},
): Promise<Payout[]> {
  const topics = [[eventTopic("EMC", "Payout"), eventTopic("EMC", "Batch")]];
  const query: Query = { contracts: { [standing.emc]: "EMC" }, topics };
  if (reading.from !== undefined) query.from = reading.from;
  const told = (events: readonly Happened[]) => payoutsFrom(events, standing.epochs);
  const events = await logs(chain, query, {
    ...reading,
    onFound: (part) => {
      reading.onFound?.(part);
      reading.onPayouts?.(told(part));
    },
  });
  return told(events);
}

/**
 * Looks through the chain for EMCs in which an ME has or had a row; newest first.
 *
 * @param reading `to` resumes a scan that was stopped at a block.
 */
export async function scan(
  chain: Chain,
  me: bigint,
  reading: Reading & {
    onEmc: (emc: Address, terms: Terms) => void;
    from?: bigint;
    to?: bigint;
  },
): Promise<void> {
  const contracts = { [SYSTEM.Consent]: "Consent", [SYSTEM.Changes]: "Changes" };
  const topics = [[eventTopic("Consent", "Made"), eventTopic("Changes", "Amended")]];
  const query: Query = { contracts, topics };
  if (reading.from !== undefined) query.from = reading.from;
  if (reading.to !== undefined) query.to = reading.to;
  const known = new Set<Address>();
  await logs(chain, query, {
    ...reading,
    onFound: (part) => {
      for (const { args } of [...part].reverse()) {
        const emc = args.emc as Address;
        if (known.has(emc)) continue;
        const terms = tableOf(args);
        if (!nodesOf(terms).some((row) => row.party === me)) continue;
        known.add(emc);
        reading.onEmc(emc, terms);
      }
      reading.onFound?.(part);
    },
  });
}

/** What a currency is called and how it is split. The symbol is the token's word, made printable. */
export async function readCurrency(chain: Chain, currency: Address): Promise<Currency> {
  if (currency === NATIVE) {
    return { symbol: chain.id === 137 ? "POL" : chain.id === 100 ? "xDAI" : "ETH", decimals: 18 };
  }
  const [symbol, decimals] = await Promise.all([
    chain.read("Token", currency, "symbol").catch(() => "?") as Promise<string>,
    chain.read("Token", currency, "decimals") as Promise<bigint | number>,
  ]);
  return { symbol: printable(String(symbol), 12), decimals: Math.min(Number(decimals), 77) };
}

export async function readBalance(
  chain: Chain,
  currency: Address,
  of: Address,
): Promise<bigint> {
  if (currency === NATIVE) return chain.balance(of);
  return (await chain.read("Token", currency, "balanceOf", of)) as bigint;
}

/** How the nodes of an EMC rate each other, from its events; null: that has not begun. */
export async function readReviewFrom(
  chain: Chain,
  emc: Address,
  events: readonly Happened[],
): Promise<ReviewStanding | null> {
  const opened = events.find((each) => each.room === "Reputation" && each.name === "ReviewOpened");
  if (!opened) return null;
  const [phase, review] = (await Promise.all([
    ask(chain, "Reputation", "phase_of", emc),
    ask(chain, "Reputation", "review_of", emc),
  ])) as [bigint, readonly [Hex, bigint, bigint, bigint, bigint, bigint]];
  const phases = { 1: "UNOPENED", 2: "COMMIT", 4: "REVEAL", 8: "CLOSED" } as const;
  return {
    emc,
    phase: phases[Number(phase) as keyof typeof phases] ?? "UNOPENED",
    commit_until: opened.args.commit_until as bigint,
    reveal_until: opened.args.reveal_until as bigint,
    members: opened.args.members as ReviewStanding["members"],
    committed: bits(review[3]),
    revealed: bits(review[4]),
    finalised: bits(review[5]),
  };
}

/** The places of the bits that are set. */
export function bits(word: bigint): number[] {
  const found: number[] = [];
  for (let i = 0; word >> BigInt(i); i++) if ((word >> BigInt(i)) & 1n) found.push(i);
  return found;
}

// ---- parts

function tableOf(args: Record<string, unknown>): Terms {
  return termsFromTable(args.terms as Head, args.rows as PackedRow[]);
}

type Known = { -readonly [K in keyof RowStanding]: RowStanding[K] };

async function readRows(chain: Chain, emc: Address, terms: Terms): Promise<Known[]> {
  const accounts = await accountsOf(
    chain,
    nodesOf(terms).map((row) => row.party),
  );
  return Promise.all(
    terms.rows.map(async (row) => {
      const id = BigInt(row.id);
      const view = (name: string) => chain.read("EMC", emc, name, id);
      const [payee, earned, credit, notice] = (await Promise.all([
        view("payee_of"),
        view("earned"),
        view("credits"),
        isNode(row) ? ask(chain, "Conduct", "notice_of", emc, id) : 0n,
      ])) as [Address, [bigint, bigint], bigint, bigint];
      return {
        row,
        controller: controllerOf(row, accounts),
        payee,
        earned: earned[0],
        held: earned[1],
        credit,
        notice_at: notice,
        cover: 0n,
      };
    }),
  );
}

function controllerOf(
  { party }: { party: bigint | Address },
  accounts: ReadonlyMap<string, Address>,
): Address {
  return typeof party === "bigint" ? (accounts.get(String(party)) ?? NATIVE) : party;
}

async function readFormers(
  chain: Chain,
  emc: Address,
  terms: Terms,
  epochs: ReadonlyMap<number, Terms>,
): Promise<Former[]> {
  const gone = new Map<number, Row>();
  for (const each of epochs.values()) {
    for (const row of each.rows) if (!rowOf(terms, row.id)) gone.set(row.id, row);
  }
  const nodes = [...gone.values()].filter(isNode);
  const accounts = await accountsOf(
    chain,
    nodes.map((row) => row.party),
  );
  const found = await Promise.all(
    [...gone.values()].map(async (row) => {
      const id = BigInt(row.id);
      const [payee, earned, credit] = (await Promise.all(
        ["payee_of", "earned", "credits"].map((name) => chain.read("EMC", emc, name, id)),
      )) as [Address, [bigint, bigint], bigint];
      const account = controllerOf(row, accounts);
      return { row: row.id, party: row.party, account, payee, held: earned[1], credit };
    }),
  );
  return found.filter((each) => each.held || each.credit).sort((a, b) => a.row - b.row);
}

/** Whether the only other node has dropped a value of a measure, and none was counted since. */
async function isDisputed(chain: Chain, emc: Address, terms: Terms): Promise<boolean> {
  const found = await Promise.all(
    assessedOf(terms).map(({ metric }) =>
      ask(chain, "Goals", "is_disputed", emc, headOf(terms), metric),
    ),
  );
  return found.some(Boolean);
}

async function readValues(
  chain: Chain,
  emc: Address,
  epochs: ReadonlyMap<number, Terms>,
): Promise<OpenValue[]> {
  if (!(await ask(chain, "Goals", "has_open", emc))) return [];
  // also of a node that has left: its value counts, and delays the end
  const nodes = new Set([...epochs.values()].flatMap((terms) => nodesOf(terms).map((row) => row.id)));
  const metrics = new Set([...epochs.values()].flatMap((terms) => assessedOf(terms).map((each) => each.metric)));
  const places = [...metrics].flatMap((metric) => [...nodes, ASSESSOR].map((submitter) => ({ metric, submitter })));
  const found = await Promise.all(
    places.map(async ({ metric, submitter }) => ({
      submitter,
      metric,
      ...((await ask(chain, "Goals", "open_value", emc, metric, BigInt(submitter))) as {
        amount: bigint;
        measured_at: bigint;
        final_at: bigint;
        evidence: Hex;
      }),
    })),
  );
  return found
    .filter((each) => each.final_at)
    .map(({ submitter, metric, amount, measured_at, final_at, evidence }) => ({
      submitter,
      metric,
      amount,
      measured_at,
      final_at,
      evidence,
    }));
}

async function readCharges(
  chain: Chain,
  emc: Address,
  terms: Terms,
  events: readonly Happened[],
): Promise<Charge[]> {
  const cited = new Map<string, { row: number; clause: string; clause_hash: Hex }>();
  for (const { room, name, args } of events) {
    if (room !== "Conduct" || name !== "Charged" || !rowOf(terms, Number(args.row))) continue;
    const [row, clause, clause_hash] = [Number(args.row), args.clause as string, args[hashOf("clause")] as Hex];
    cited.set(`${row} ${clause_hash}`, { row, clause, clause_hash });
  }
  const found = await Promise.all(
    [...cited.values()].map(async ({ row, clause, clause_hash }) => {
      const [charged_at, by] = (await ask(chain, "Conduct", "charge_of", emc, BigInt(row), clause_hash)) as [
        bigint,
        bigint,
      ];
      const cured_by = charged_at + terms.leaving.cure;
      const is_text = keccak256(stringToHex(clause)) === clause_hash;
      return { row, clause, is_text, charged_at, cured_by, accusers: bits(by) };
    }),
  );
  return found.filter((each) => each.charged_at);
}

async function readProposals(
  chain: Chain,
  emc: Address,
  terms: Terms,
  epoch: number,
  events: readonly Happened[],
): Promise<OpenProposal[]> {
  const proposed = new Map<Hex, { after: Terms; by: Set<number> }>();
  for (const { room, name, args } of events) {
    if (room !== "Changes" || name !== "Proposed" || args.epoch !== BigInt(epoch + 1)) continue;
    const hash = args.terms_hash as Hex;
    const after = withShareWords(terms, args.shares as bigint[]);
    if (termsHash(after) !== hash) throw new DeskError("terms-unproven", { epoch: `${epoch + 1}` });
    const known = proposed.get(hash) ?? { after, by: new Set() };
    known.by.add(Number(args.row));
    proposed.set(hash, known);
  }
  const found = await Promise.all(
    [...proposed].map(async ([terms_hash, { after, by }]) => {
      const next = BigInt(epoch + 1);
      const matter = (await ask(
        chain,
        "Changes",
        "renegotiation_matter",
        emc,
        next,
        terms_hash,
      )) as Hex;
      const [opened_at, until] = (await ask(chain, "Changes", "proposal_of", matter)) as [
        bigint,
        bigint,
      ];
      return { matter, terms_hash, after, by: [...by], opened_at, until };
    }),
  );
  return found.filter((each) => each.opened_at && each.until >= chain.block.timestamp);
}

interface Paid {
  payee: Address;
  amount: bigint;
}

interface Ordered {
  amount: bigint;
  customer: Hex;
}

function payoutsFrom(events: readonly Happened[], epochs: ReadonlyMap<number, Terms>): Payout[] {
  const found: Payout[] = [];
  let batch: Happened | null = null;
  for (const event of events) {
    if (event.name === "Batch") batch = event;
    if (event.name !== "Payout") continue;
    const args = event.args as unknown as Omit<Payout, "payments" | "epoch"> & {
      epoch: bigint;
      credited: bigint;
      payments: readonly Paid[];
    };
    const rows = epochs.get(Number(args.epoch))?.rows ?? [];
    const isOrder = args.payer !== NATIVE && args.payer !== event.at;
    const orders = batch
      ? (batch.args.orders as Ordered[]).map((each, i) => ({
          number: (batch!.args.first as bigint) + BigInt(i),
          ...each,
        }))
      : isOrder
        ? [{ number: args.number, amount: args.gross, customer: args.customer }]
        : [];
    found.push({
      block: event.block,
      transaction: event.transaction,
      payer: args.payer,
      epoch: Number(args.epoch),
      number: args.number,
      customer: args.customer,
      gross: args.gross,
      received: args.received,
      total: args.total,
      held: args.held,
      orders: orders.filter((each) => each.amount),
      payments: args.payments.map(({ payee, amount }, i) => ({
        row: rows[i]?.id ?? -1,
        payee,
        amount,
        credited: ((args.credited >> BigInt(i)) & 1n) === 1n,
      })),
    });
    batch = null;
  }
  return found;
}
