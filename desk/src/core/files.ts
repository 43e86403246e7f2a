/**
 * Files that strangers mail: agreements and proposals. Every hash in them is recomputed; nothing
 * is believed that does not rebuild. Mirrors `emc.files.bundle`, `proposal` and `signature_files`.
 */

import { getAddress } from "viem/utils";
import { at, canvasHash, currencyOf, labelsOf, misfitsOf } from "./canvas.ts";
import { Fields } from "./fields.ts";
import generated from "./generated.json";
import { isDocument, load, sealed } from "./json.ts";
import * as messages from "./messages.ts";
import { fault } from "./signatures.ts";
import {
  ASSESSOR,
  documentOfTerms,
  emcAddress,
  nodesOf,
  rowOf,
  termsFromDocument,
  termsHash,
  withShares,
  without,
} from "./terms.ts";
import { KEY, printable } from "./text.ts";
import {
  DeskError,
  type Address,
  type Agreement,
  type Change,
  type Hex,
  type Json,
  type Merged,
  type Message,
  type Paper,
  type Proposal,
  type Refused,
  type Signature,
  type Terms,
} from "./types.ts";
import { PPM } from "./units.ts";

export { MAX_BYTES } from "./json.ts";

const FORMATS = generated.formats;
const WORD = (1n << 256n) - 1n;
/** Row ids in the life of an EMC. */
const IDS = generated.limits.ids - 1;

/**
 * The agreement or the proposal in a file; every hash in it is recomputed.
 *
 * @param bytes At most MAX_BYTES count.
 * @throws DeskError file-…: `field` names what is wrong.
 */
export function readPaper(bytes: Uint8Array): Paper {
  const found = load(bytes);
  const format = at(found, "format");
  if (format === FORMATS.agreement) return agreementFrom(found);
  if (format === FORMATS.proposal) return proposalFrom(found);
  const named = typeof format === "string" ? printable(format, 40) : "";
  throw new DeskError("file-format", { format: named });
}

/** The file's text, with its checks; the commands of the terminal read it. */
export function writePaper(paper: Paper): string {
  return sealed(paper.paper === "agreement" ? documentOfAgreement(paper) : documentOfProposal(paper));
}

/** A file name for it: `breakfast-box.agreement.json`. */
export function fileName(paper: Paper): string {
  if (paper.paper === "proposal") {
    return `${paper.change.kind}-${paper.emc.slice(2, 8).toLowerCase()}-${paper.epoch}.proposal.json`;
  }
  const title = String(paper.canvas.title ?? "").toLowerCase();
  const slug = title.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return `${slug.slice(0, 60) || paper.emc.slice(2, 8).toLowerCase()}.agreement.json`;
}

/** With one more signature, in place of the row's earlier one. */
export function withSignature<P extends Paper>(paper: P, signature: Signature): P {
  const others = paper.signatures.filter((each) => each.index !== signature.index);
  const signatures = [...others, signature].sort((a, b) => a.index - b.index);
  return { ...paper, signatures };
}

/**
 * Merge files that ask for the same, in any order; what does not fit is left out, with its reason.
 *
 * @throws DeskError none can be used: that of the first.
 */
export async function merge(
  files: readonly { name: string; bytes: Uint8Array }[],
): Promise<Merged> {
  let paper: Paper | null = null;
  const sources = new Map<number, string>();
  const refused: Refused[] = [];
  const unchecked = new Set<number>();
  for (const { name, bytes } of files) {
    let read: Paper;
    try {
      read = readPaper(bytes);
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      refused.push({ name, reason: error });
      continue;
    }
    paper ??= { ...read, signatures: [] };
    const other = difference(paper, read);
    if (other) {
      refused.push({ name, reason: new DeskError("other-paper", { field: other }) });
      continue;
    }
    for (const signature of read.signatures) {
      const row = signature.index;
      const before: Signature | undefined = paper.signatures.find((each) => each.index === row);
      const judged = judge(paper, signature);
      const reason = judged instanceof DeskError ? judged : replaced(before, signature);
      if (reason) refused.push({ name, row, reason });
      if (reason || before === signature || (before && equal(before, signature))) continue;
      paper = withSignature(paper, signature);
      sources.set(row, name);
      if (judged === "unknown") unchecked.add(row);
      else unchecked.delete(row);
    }
  }
  if (!paper) throw refused[0]?.reason ?? new DeskError("file-not-json");
  return { paper, sources, refused, unchecked: [...unchecked] };
}

/** Node rows of an agreement without a signature in it. */
export function missing(agreement: Agreement): number[] {
  const signed = new Set(agreement.signatures.map((each) => each.index));
  return nodesOf(agreement.terms)
    .map((row) => row.id)
    .filter((id) => !signed.has(id));
}

/** The message that the signer of an agreement's row signs. @throws DeskError no-node */
export function agreementMessage(
  { chain_id, consent, emc, terms }: Agreement,
  row: number,
  signer: Address,
  deadline: bigint,
  nonce: bigint,
): Message {
  const own = nodesOf(terms).find((each) => each.id === row);
  if (!own) throw new DeskError("no-node", { row: String(row) });
  return messages.agreement(
    { chain_id, room: "Consent", at: consent },
    { act: "formation", emc, epoch: 1, terms, row: own, signer, deadline, nonce },
  );
}

/**
 * What a change makes of the terms in force.
 *
 * @throws DeskError file-hash: they are not those that the file names; no-node: it does not fit.
 */
export function termsAfter(proposal: Proposal, terms: Terms): Terms {
  const after = applied(proposal.change, terms);
  checkHash(proposal.terms_hash, termsHash(after));
  return after;
}

/** A proposal of a change, for a file that has no signatures yet. @throws DeskError no-node */
export function propose(
  chain_id: number,
  emc: Address,
  epoch: number,
  terms: Terms,
  change: Change,
): Proposal {
  const terms_hash = termsHash(applied(change, terms));
  return { paper: "proposal", chain_id, emc, epoch, terms_hash, change, signatures: [] };
}

// ---- agreements

function agreementFrom(document: Json): Agreement {
  const fields = Fields.of(document);
  fields.any("format");
  const chain_id = fields.number("chain_id", 1, Number.MAX_SAFE_INTEGER);
  const consent = fields.address("consent");
  const implementation = fields.address("implementation");
  const accounts = fields.list("accounts", 2, generated.limits.rows, (items, place) =>
    getAddress(items.address(place)),
  );
  const made_at = fields.whole("made_at", 0n, (1n << 40n) - 1n);
  const nonce = fields.whole("nonce", 0n, (1n << 64n) - 1n);
  const canvas = fields.fields("canvas");
  const parties = fields.fields("parties");
  const terms = termsFromDocument(fields.any("terms"));
  const terms_hash = fields.hash("terms_hash");
  const emc = fields.address("emc");
  const signatures = signaturesFrom(fields, generated.limits.rows);
  fields.end();
  checkHash(terms_hash, termsHash(terms));
  if (terms.nonce !== nonce) fields.fail("nonce");
  if (accounts.length !== nodesOf(terms).length) fields.fail("accounts");
  const made = emcAddress(consent, implementation, accounts, terms_hash);
  if (made.toLowerCase() !== emc.toLowerCase()) {
    throw new DeskError("file-address", { file: emc, rebuilt: made });
  }
  if (canvasHash(canvas) !== terms.canvas) throw new DeskError("file-canvas");
  if (parties.chain_id !== BigInt(chain_id)) {
    throw new DeskError("file-chain", { file: String(chain_id) });
  }
  const currency = currencyOf(canvas);
  if (!currency) throw new DeskError("file-field", { field: "canvas.currency" });
  return {
    paper: "agreement",
    chain_id,
    consent: getAddress(consent),
    implementation: getAddress(implementation),
    accounts,
    made_at,
    nonce,
    terms,
    terms_hash,
    emc: made,
    canvas,
    parties,
    labels: labelsOf(canvas, parties, terms),
    currency,
    signatures,
    misfits: misfitsOf(canvas, parties, terms, currency),
  };
}

function documentOfAgreement(paper: Agreement): { [key: string]: Json } {
  return {
    format: FORMATS.agreement,
    chain_id: BigInt(paper.chain_id),
    consent: paper.consent,
    implementation: paper.implementation,
    accounts: [...paper.accounts],
    made_at: paper.made_at,
    nonce: paper.nonce,
    terms_hash: paper.terms_hash,
    emc: paper.emc,
    terms: documentOfTerms(paper.terms),
    parties: paper.parties,
    signatures: paper.signatures.map(plain),
    canvas: paper.canvas,
  };
}

// ---- proposals

function proposalFrom(document: Json): Proposal {
  const fields = Fields.of(document);
  fields.any("format");
  const found: Proposal = {
    paper: "proposal",
    chain_id: fields.number("chain_id", 1, Number.MAX_SAFE_INTEGER),
    emc: getAddress(fields.address("emc")),
    epoch: fields.number("epoch", 1, 2 ** 32 - 1),
    terms_hash: fields.hash("terms_hash"),
    change: changeFrom(fields.inner("change")),
    signatures: signaturesFrom(fields, generated.limits.ids),
  };
  fields.end();
  if (found.change.kind === "amendment") checkHash(found.terms_hash, termsHash(found.change.terms));
  return found;
}

function documentOfProposal(paper: Proposal): { [key: string]: Json } {
  const { change } = paper;
  return {
    format: FORMATS.proposal,
    chain_id: BigInt(paper.chain_id),
    emc: paper.emc,
    epoch: BigInt(paper.epoch),
    terms_hash: paper.terms_hash,
    change: change.kind === "amendment" ? { ...change, terms: documentOfTerms(change.terms) } : whole(change),
    signatures: paper.signatures.map(plain),
  };
}

function changeFrom(fields: Fields): Change {
  const change = changeOf(fields);
  fields.end();
  return change;
}

function changeOf(fields: Fields): Change {
  const kind = fields.any("kind");
  switch (kind) {
    case "renegotiation": {
      const shares = fields.list("shares", 1, generated.limits.rows, (items, place) => {
        const share = items.inner(place);
        const found = {
          row: share.number("row", 0, IDS),
          base: share.whole("base", 0n, PPM),
          leading: share.whole("leading", 0n, PPM),
          upside: share.whole("upside", 0n, PPM),
        };
        share.end();
        return found;
      });
      if (new Set(shares.map((each) => each.row)).size !== shares.length) fields.fail("shares");
      return { kind, shares };
    }
    case "amendment":
      return { kind, terms: termsFromDocument(fields.any("terms")) };
    case "expulsion": {
      const accused = fields.number("accused", 0, IDS);
      return { kind, accused, clause: fields.text("clause", /^[^]/, generated.limits.clause) };
    }
    case "disbanding":
      return { kind };
    case "assessment":
      return {
        kind,
        metric: fields.text("metric", KEY, generated.limits.key),
        submitter: fields.number("submitter", 0, ASSESSOR),
        amount: fields.whole("amount", 0n, WORD),
        measured_at: fields.whole("measured_at", 0n, WORD),
        evidence: fields.hash("evidence"),
      };
    default:
      return fields.fail("kind");
  }
}

function applied(change: Change, terms: Terms): Terms {
  switch (change.kind) {
    case "renegotiation":
      return withShares(terms, change.shares);
    case "amendment":
      return change.terms;
    case "expulsion":
      return without(terms, change.accused);
    default:
      return terms;
  }
}

// ---- what both have

function signaturesFrom(fields: Fields, most: number): Signature[] {
  if (!fields.has("signatures")) return [];
  const found = fields.list("signatures", 0, most, (items, place) => {
    const each = items.inner(place);
    const signature: Signature = {
      index: each.number("index", 0, IDS),
      signer: getAddress(each.address("signer")),
      nonce: each.whole("nonce", 0n, WORD),
      deadline: each.whole("deadline", 0n, WORD),
      data: each.signature("data"),
    };
    each.end();
    return signature;
  });
  if (new Set(found.map((each) => each.index)).size !== found.length) fields.fail("signatures");
  return found;
}

function checkHash(file: Hex, rebuilt: Hex): void {
  if (file !== rebuilt) throw new DeskError("file-hash", { file, rebuilt });
}

/** In what two files ask for different things; empty if they ask for the same. */
function difference(one: Paper, other: Paper): string {
  if (one.paper !== other.paper) return "format";
  const names =
    one.paper === "agreement"
      ? ["chain_id", "consent", "implementation", "accounts", "emc"]
      : ["chain_id", "emc", "epoch", "terms_hash", "change"];
  const plain = (paper: Paper, name: string): string =>
    JSON.stringify(paper[name as keyof Paper], (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    ).toLowerCase();
  return names.find((name) => plain(one, name) !== plain(other, name)) ?? "";
}

/** What the file alone tells of a signature: it counts, only the chain can say, or why not. */
function judge(paper: Paper, signature: Signature): "own" | "unknown" | DeskError {
  if (paper.paper === "proposal") return "unknown";
  const { index, signer, deadline, nonce, data } = signature;
  const row = rowOf(paper.terms, index);
  if (!row || typeof row.party !== "bigint") {
    return new DeskError("no-node", { row: String(index) });
  }
  const message = agreementMessage(paper, index, signer, deadline, nonce);
  // a contract wallet answers by itself
  return fault(message, data, signer) ? "unknown" : "own";
}

/** Why a signature does not take the place of one that is there; null: it may. */
function replaced(before: Signature | undefined, signature: Signature): DeskError | null {
  if (!before || equal(before, signature)) return null;
  if (before.signer !== signature.signer) {
    return new DeskError("other-signer", { signer: signature.signer, before: before.signer });
  }
  const later = signature.nonce - before.nonce || signature.deadline - before.deadline;
  if (later === 0n) return new DeskError("signed-twice");
  return later < 0n ? new DeskError("signed-earlier") : null;
}

function equal(one: Signature, other: Signature): boolean {
  return JSON.stringify(plain(one), text) === JSON.stringify(plain(other), text);
}

const text = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : value;

function plain({ index, signer, nonce, deadline, data }: Signature): { [key: string]: Json } {
  return { index: BigInt(index), signer, nonce, deadline, data };
}

/** Numbers of rows as the file has them. */
function whole(value: unknown): Json {
  if (typeof value === "number") return BigInt(value);
  if (Array.isArray(value)) return value.map(whole);
  if (isDocument(value as Json)) {
    return Object.fromEntries(
      Object.entries(value as object).map(([key, each]) => [key, whole(each)]),
    );
  }
  return value as Json;
}
