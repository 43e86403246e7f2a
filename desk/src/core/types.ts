/**
 * What the desk knows: the shapes that core, chain, wallet and screens share.
 *
 * Amounts are base units, parts ppm, spans seconds, times Unix seconds, all of them bigint. Fields
 * are spelt as in the contracts' ABI and in the files, so that one word names one thing everywhere.
 */

import type { Address, Hex } from "viem";

export type { Address, Hex };

/** What a JSON file holds; whole numbers are exact. A number with a point keeps its text. */
export type Json = null | boolean | string | bigint | Fraction | Json[] | { [key: string]: Json };

/** A number of a JSON file that is not whole, as written. */
export class Fraction {
  constructor(readonly text: string) {}
}

// ---- terms

export type Kind = "experience" | "solution";
export type Gate = "none" | "benchmark" | "target";

/** What a goal counts: the hash of its word, and two amounts in its unit. */
export interface Measure {
  metric: Hex;
  benchmark: bigint;
  target: bigint;
}

export interface Goal {
  /** One to three, ascending by metric. */
  measures: readonly Measure[];
  deadline: bigint;
  gate: bigint;
  ends_emc: boolean;
}

export interface Renegotiation {
  quorum: bigint;
  interval: bigint;
  window: bigint;
  objections: bigint;
}

export interface Leaving {
  notice: bigint;
  cure: bigint;
  expulsion: bigint;
  margin: bigint;
}

export interface Assessment {
  assessor: Address;
  window: bigint;
  objections: bigint;
  grace: bigint;
}

export interface Review {
  commit: bigint;
  reveal: bigint;
}

export interface Bar {
  registry: Address;
  stars: bigint;
  emcs: bigint;
  proceeds: bigint;
  currency: Address;
  admits_unrated: boolean;
}

/** `IConsent.Terms`, as the ABI has it. */
export interface Head {
  version: bigint;
  nonce: bigint;
  kind: bigint;
  canvas: Hex;
  currency: Address;
  backstop: Address;
  sink: bigint;
  starts_at: bigint;
  ends_at: bigint;
  disburse_at: bigint;
  goal: Goal;
  renegotiation: Renegotiation;
  leaving: Leaving;
  assessment: Assessment;
  review: Review;
  bar: Bar;
}

/** One line of the table. */
export interface Row {
  /** Never reused. */
  id: number;
  /** A node's ME id, or the address of a beneficiary's controller. */
  party: bigint | Address;
  payee: Address;
  running: bigint;
  base: bigint;
  leading: bigint;
  upside: bigint;
  lower: bigint;
  upper: bigint;
  /** Cost cover, base units. */
  cost: bigint;
}

/** Everything that all nodes sign. */
export interface Terms extends Head {
  rows: readonly Row[];
}

/** `IConsent.Row`: the three words of a row. */
export interface PackedRow {
  party: bigint;
  pay: bigint;
  limits: bigint;
}

// ---- messages

export type Room = "Consent" | "Changes" | "Conduct" | "Goals";
export type MessageName = "Agreement" | "Departure" | "Expulsion" | "Disbanding" | "Assessment";
export type Act = "formation" | "renegotiation" | "amendment";

export interface Field {
  name: string;
  type: string;
}

/** EIP-712 typed data as hashed; `plain` in messages.ts gives what a wallet is asked with. */
export interface Message {
  types: Record<string, readonly Field[]>;
  /** One of ours, or a token's. */
  primaryType: string;
  domain: { name: string; version: string; chainId: number; verifyingContract: Address };
  message: Record<string, bigint | string>;
}

/** What a hardware wallet shows, in its order; `digest` is what the key signs. */
export interface Hashes {
  domain: Hex;
  message: Hex;
  digest: Hex;
}

/** A node's word as files carry it. */
export interface Signature {
  /** Row id. */
  index: number;
  signer: Address;
  nonce: bigint;
  deadline: bigint;
  data: Hex;
}

// ---- files

/** What to call a row, as the file says: a name is never a fact. */
export interface Label {
  row: number;
  key: string;
  name: string;
  role: string;
}

export interface Currency {
  symbol: string;
  decimals: number;
}

/** An agreement on its way to being signed; terms, hash and address were rebuilt. */
export interface Agreement {
  paper: "agreement";
  chain_id: number;
  consent: Address;
  implementation: Address;
  /** Of the nodes, in the order of the rows. */
  accounts: readonly Address[];
  made_at: bigint;
  nonce: bigint;
  terms: Terms;
  terms_hash: Hex;
  emc: Address;
  /** The canvas document: words and names. Its hash is the one in the terms. */
  canvas: { [key: string]: Json };
  parties: { [key: string]: Json };
  labels: readonly Label[];
  currency: Currency;
  signatures: readonly Signature[];
  /** Where canvas and parties say something else than the table: fields, in words of the canvas. */
  misfits: readonly string[];
}

export interface Share {
  row: number;
  base: bigint;
  leading: bigint;
  upside: bigint;
}

export type Change =
  | { kind: "renegotiation"; shares: readonly Share[] }
  | { kind: "amendment"; terms: Terms }
  | { kind: "expulsion"; accused: number; clause: string }
  | { kind: "disbanding" }
  | {
      kind: "assessment";
      /** The measure's word. */
      metric: string;
      submitter: number;
      amount: bigint;
      measured_at: bigint;
      evidence: Hex;
    };

/** A change on its way to being agreed on. What it makes of the terms in force is rebuilt. */
export interface Proposal {
  paper: "proposal";
  chain_id: number;
  emc: Address;
  /** In force when it was drawn up. */
  epoch: number;
  /** Of the terms that would be in force with it. */
  terms_hash: Hex;
  change: Change;
  signatures: readonly Signature[];
}

export type Paper = Agreement | Proposal;

/** A file left out of a merge, or a signature in it, and why. */
export interface Refused {
  name: string;
  /** Row of the signature; undefined if the whole file is left out. */
  row?: number;
  reason: DeskError;
}

export interface Merged {
  paper: Paper;
  /** The file that each row's signature is from, by row id. */
  sources: ReadonlyMap<number, string>;
  refused: readonly Refused[];
  /** Rows whose signature only the chain can judge (contract wallets; of a proposal all). */
  unchecked: readonly number[];
}

// ---- money

/** Proceeds by where they went, in base units times PPM. */
export interface Spans {
  running: bigint;
  cost: bigint;
  base: bigint;
  leading: bigint;
  upside: bigint;
}

/** What one row may have at given proceeds; `flows` is paid whatever the gate does. */
export interface Entitlement {
  flows: bigint;
  held: bigint;
  total: bigint;
  running: bigint;
  cost: bigint;
  base: bigint;
  leading: bigint;
  upside: bigint;
}

/** What terms mean for money from a moment on, in proceeds since then. */
export interface Page {
  terms: Terms;
  start: bigint;
  /** What is still open of each cost cover, by row id. */
  covers: ReadonlyMap<number, bigint>;
  /** Where COST, BASE and LEADING end; null never ends. */
  ends: readonly [bigint, bigint | null, bigint | null];
  /** Null: an assessment opens the gate. */
  gate_at: bigint | null;
}

/** What a row earns between now and some cumulative proceeds, under terms before and after. */
export interface Outlook {
  level: bigint;
  before: bigint;
  after: bigint;
}

/** How far a row's shares may still move, ppm. */
export interface Headroom {
  down: bigint;
  up: bigint;
}

/** Where an EMC's money stands; amounts by row id. */
export interface Life {
  page: Page;
  epoch: number;
  /** The last final assessment, by metric. */
  values: Map<Hex, bigint>;
  /** Of the page's proceeds: all, and what is shared out. */
  since: bigint;
  shared: bigint;
  /** What earlier pages left over, until it is counted. */
  dust: bigint;
  /** What the gate holds from earlier pages, for rows that stay and for rows that left. */
  forward: Map<number, bigint>;
  left: Map<number, bigint>;
  is_open: boolean;
  has_failed: boolean;
  swept: bigint;
  /** Paid or credited, in all and on this page. */
  earned: Map<number, bigint>;
  here: Map<number, bigint>;
  credits: Map<number, bigint>;
}

// ---- chain

/** EIP-1193, as a wallet or an RPC address answers. */
export interface Provider {
  request(args: { method: string; params?: unknown }): Promise<unknown>;
  on?(event: string, listener: (value: never) => void): unknown;
  removeListener?(event: string, listener: (value: never) => void): unknown;
}

/** As of when something was read. */
export interface Block {
  number: bigint;
  hash: Hex;
  timestamp: bigint;
}

export type Stage = "ACTIVE" | "ENDED" | "CLOSED";

/** Everything that came in is in exactly one of these places. */
export interface Accounts {
  received: bigint;
  paid: bigint;
  credited: bigint;
  held: bigint;
  pending: bigint;
  dust: bigint;
}

/** A row as it stands on chain. */
export interface RowStanding {
  row: Row;
  /** Who speaks for it now: a node's account, or a beneficiary's controller. */
  controller: Address;
  /** Where it is paid now. */
  payee: Address;
  /** On the page in force: paid or credited, and held for it behind the gate. */
  earned: bigint;
  held: bigint;
  credit: bigint;
  /** When the node gave notice; 0n if it did not. */
  notice_at: bigint;
  /** What is still open of its cost cover. */
  cover: bigint;
}

/** A row that left and for which money waits: behind the gate, or to be withdrawn. */
export interface Former {
  row: number;
  /** A node's ME id, or the address of a beneficiary's controller. */
  party: bigint | Address;
  /** Who speaks for it now. */
  account: Address;
  payee: Address;
  held: bigint;
  credit: bigint;
}

export interface OpenValue {
  /** Row id, 128 for the assessor. */
  submitter: number;
  metric: Hex;
  amount: bigint;
  measured_at: bigint;
  final_at: bigint;
  evidence: Hex;
}

export interface Charge {
  row: number;
  clause: string;
  /** Whether the clause is what was cited, which may be no text: then nobody can sign for it here. */
  is_text: boolean;
  /** When it was first raised, and until when the breach can be remedied. */
  charged_at: bigint;
  cured_by: bigint;
  /** Row ids that stand by it. */
  accusers: readonly number[];
}

/** A renegotiation that was opened on chain. */
export interface OpenProposal {
  matter: Hex;
  terms_hash: Hex;
  after: Terms;
  /** Row ids of those who proposed it. */
  by: readonly number[];
  opened_at: bigint;
  until: bigint;
}

/** An EMC at one block, terms proven by the hash that Consent keeps. */
export interface Standing {
  chain_id: number;
  block: Block;
  emc: Address;
  stage: Stage;
  epoch: number;
  terms: Terms;
  terms_hash: Hex;
  /** Terms of every epoch, by number. */
  epochs: ReadonlyMap<number, Terms>;
  currency: Currency;
  accounts: Accounts;
  /** Cumulative proceeds. */
  total: bigint;
  /** What came by plain transfer and is not booked. */
  unbooked: bigint;
  is_gate_open: boolean;
  rows: readonly RowStanding[];
  formers: readonly Former[];
  backstop_credit: bigint;
  /** Where the money stands, for what the next sale would do. */
  life: Life;
  /** Row ids that were expelled. */
  expelled: readonly number[];
  /** How the nodes rate each other, once that has begun. */
  review: ReviewStanding | null;
  values: readonly OpenValue[];
  is_missed: boolean;
  is_disputed: boolean;
  charges: readonly Charge[];
  proposals: readonly OpenProposal[];
  /** From when on shares can change again; 0n: now. */
  renegotiable_from: bigint;
  /** Names, if a file of it is known; addresses are facts, names are not. */
  labels: readonly Label[];
}

/** An ME that was a node of an EMC that has ended. */
export interface Member {
  me: bigint;
  /** Row id in which it was last. */
  row: bigint;
  /** 0n: from the first epoch on. */
  joined_at: bigint;
  /** 0n: was there at the end. */
  left_at: bigint;
  is_expelled: boolean;
}

export type Phase = "UNOPENED" | "COMMIT" | "REVEAL" | "CLOSED";

export interface ReviewStanding {
  emc: Address;
  phase: Phase;
  commit_until: bigint;
  reveal_until: bigint;
  members: readonly Member[];
  /** Places in the list of members. */
  committed: readonly number[];
  revealed: readonly number[];
  finalised: readonly number[];
}

/** A payment run. */
export interface Payout {
  block: bigint;
  transaction: Hex;
  timestamp?: bigint;
  payer: Address;
  epoch: number;
  number: bigint;
  customer: Hex;
  gross: bigint;
  received: bigint;
  total: bigint;
  held: bigint;
  /** The orders of a batch; one of an only order; none of a run that nobody ordered. */
  orders: readonly { number: bigint; amount: bigint; customer: Hex }[];
  /** By place in the terms of the epoch. */
  payments: readonly { row: number; payee: Address; amount: bigint; credited: boolean }[];
}

/** Any other event of an EMC or about it. */
export interface Happened {
  /** The contract that said it, and where it is. */
  room: string;
  at: Address;
  name: string;
  args: Record<string, unknown>;
  block: bigint;
  index: number;
  transaction: Hex;
}

/** How far a long reading is. */
export interface Progress {
  done: bigint;
  of: bigint;
  found: number;
}

// ---- agreeing

/** A node whose word counts. */
export interface Voice {
  row: number;
  me: bigint;
  account: Address;
  /** Its row in the terms that would follow; null if it is not in them. */
  after: Row | null;
}

export interface Word {
  voice: Voice;
  how: "signed" | "approved" | "missing";
  /** Why a signature in the file does not count. */
  why?: DeskError;
}

/** An agreement or a change beside the chain: who must agree, who has, and what to send. */
export interface Decision {
  paper: Paper;
  kind: "formation" | Change["kind"];
  room: Room;
  /** The contract that counts it. */
  at: Address;
  emc: Address;
  /** The name under which it is approved on chain. */
  matter: Hex;
  before: Terms | null;
  after: Terms;
  /** The epoch that a signature names. */
  epoch: number;
  words: readonly Word[];
  /** How many must agree. */
  needed: number;
  /** Where the terms let nodes object to a renegotiation. */
  window: {
    opened_at: bigint;
    closes_at: bigint;
    until: bigint;
    objectors: readonly number[];
    allowed: number;
  } | null;
  /** When it can be sent at the earliest, 0n: now; and the last second, 0n: no end. */
  from: bigint;
  until: bigint;
  /** Of an expulsion, when the row was charged first. */
  charged_at: bigint | null;
  /** By account in lower case: how often it has revoked. */
  nonces: ReadonlyMap<string, bigint>;
}

/** A transaction to be sent. */
export interface Call {
  to: Address;
  data: Hex;
  value: bigint;
  /** What it does: contract and function, for words on the button. */
  contract: string;
  act: string;
}

/** Something that waits, for the list at home. */
export interface Task {
  what:
    | "sign"
    | "object"
    | "submit"
    | "withdraw"
    | "disburse"
    | "absorb"
    | "end"
    | "disband"
    | "record_miss"
    | "assess"
    | "object_value"
    | "finalise"
    | "drop"
    | "answer_charge"
    | "expel"
    | "leave"
    | "open_review"
    | "commit"
    | "reveal"
    | "finalise_review";
  emc: Address;
  /** Who may: row ids; empty: anyone. */
  rows: readonly number[];
  /** From when on, 0n: now; until when, 0n: no end. */
  since: bigint;
  until: bigint;
  amount?: bigint;
  /** The row it is about. */
  row?: number;
  submitter?: number;
  /** The measure it is about. */
  metric?: Hex;
  clause?: string;
  matter?: Hex;
}

// ---- what goes wrong

/** Causes, each with a text in every language. `details` of each are named in errors.ts. */
export type ErrorCode =
  // files
  | "file-too-large"
  | "file-too-deep"
  | "file-not-json"
  | "file-twice"
  | "file-altered"
  | "file-format"
  | "file-field"
  | "file-terms"
  | "file-hash"
  | "file-address"
  | "file-chain"
  | "file-canvas"
  // merging and signatures
  | "other-paper"
  | "no-node"
  | "other-signer"
  | "signed-twice"
  | "signed-earlier"
  | "not-a-signature"
  | "signed-other"
  | "expired"
  | "revoked"
  | "signature-too-long"
  // the chain
  | "rpc-unreachable"
  | "rpc-refused"
  | "rpc-answer"
  | "rpc-differs"
  | "no-emc"
  | "no-call"
  | "made-already"
  | "no-system"
  | "terms-unproven"
  | "other-chain"
  | "other-epoch"
  | "not-active"
  | "no-charge"
  | "no-value"
  | "no-voice"
  | "refused"
  | "meanwhile"
  | "stopped"
  // the wallet
  | "wallet-none"
  | "wallet-declined"
  | "wallet-unauthorized"
  | "wallet-unsupported"
  | "wallet-disconnected"
  | "wallet-chain-unknown"
  | "wallet-chain"
  | "wallet-pending"
  | "wallet-internal"
  | "wallet-silent"
  | "digest-differs"
  // the server of `emc desk`
  | "server";

/** Something that a person can do something about. */
export class DeskError extends Error {
  constructor(
    readonly code: ErrorCode,
    /** What to fill in: fields, reasons, addresses; text of strangers is made printable. */
    readonly details: Readonly<Record<string, string>> = {},
  ) {
    super(`${code} ${JSON.stringify(details)}`);
    this.name = "DeskError";
  }
}
