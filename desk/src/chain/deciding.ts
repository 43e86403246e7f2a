/**
 * An agreement or a change beside the chain: who must agree, what each signs, who has, and what to
 * send. Mirrors `emc.client.decisions`; everything is rebuilt, nothing taken from the file.
 */

import { keccak256, stringToHex } from "viem/utils";
import { termsAfter } from "../core/files.ts";
import * as messages from "../core/messages.ts";
import { fault } from "../core/signatures.ts";
import {
  headOf,
  isNode,
  metricOf,
  nodesOf,
  packedRows,
  placeOf,
  shareWords,
} from "../core/terms.ts";
import {
  DeskError,
  type Address,
  type Agreement,
  type Call,
  type Decision,
  type Hashes,
  type Hex,
  type Message,
  type Proposal,
  type Room,
  type Row,
  type Signature,
  type Standing,
  type Terms,
  type Voice,
  type Word,
} from "../core/types.ts";
import { PPM } from "../core/units.ts";
import { callOf } from "./calls.ts";
import type { Chain } from "./rpc.ts";
import { isEmc } from "./standing.ts";
import { accountsOf, SYSTEM } from "./system.ts";

/** What an account with code answers to a signature that it stands by (ERC-1271). */
const STANDS_BY = "0x1626ba7e";

/** Where nothing is wrong but that nobody has agreed, or that it is too early or too late. */
const NOT_YET =
  /^changes: (signature missing|quorum not reached|too soon|not proposed|window is open|proposal expired|objected)/;

/** What is to follow. */
export type Ahead = Pick<Decision, "kind" | "emc" | "before" | "after">;

const ROOMS: Record<Decision["kind"], Room> = {
  formation: "Consent",
  renegotiation: "Changes",
  amendment: "Changes",
  expulsion: "Conduct",
  disbanding: "Conduct",
  assessment: "Goals",
};

/**
 * An agreement that is to be made an EMC.
 *
 * @throws DeskError other-chain, no-system, made-already, refused (the contract's own reason),
 *   file-address: accounts have changed since it was drawn up
 */
export async function decideFormation(chain: Chain, agreement: Agreement): Promise<Decision> {
  const { terms, emc, terms_hash } = agreement;
  checkChain(chain, agreement.chain_id);
  const { consent, implementation } = agreement;
  if (consent !== SYSTEM.Consent || implementation !== SYSTEM.EMC) {
    throw new DeskError("no-system", { consent, implementation });
  }
  if (await isEmc(chain, emc)) throw new DeskError("made-already", { emc });
  const head = headOf(terms);
  const rows = packedRows(terms);
  const rebuilt = (await chain.read("Consent", consent, "check", head, rows)) as Address;
  if (rebuilt !== emc) throw new DeskError("file-address", { file: emc, rebuilt });
  const nodes = nodesOf(terms);
  const [accounts, matter] = await Promise.all([
    accountsOf(
      chain,
      nodes.map((row) => row.party),
    ),
    chain.read("Consent", consent, "formation_matter", emc, terms_hash) as Promise<Hex>,
  ]);
  const voices = nodes.map((row) => ({
    row: row.id,
    me: row.party,
    account: accounts.get(String(row.party))!,
    after: row,
  }));
  const draft: Draft = {
    paper: agreement,
    kind: "formation",
    room: "Consent",
    at: consent,
    emc,
    matter,
    before: null,
    after: terms,
    epoch: 1,
    needed: voices.length,
    window: null,
    from: 0n,
    until: terms.goal.deadline - 1n,
    charged_at: null,
  };
  return decided(chain, draft, voices);
}

/**
 * A change of an EMC that is there.
 *
 * @throws DeskError other-chain, other-epoch, not-active, file-hash, no-charge, no-value
 */
export async function decideChange(
  chain: Chain,
  standing: Standing,
  proposal: Proposal,
): Promise<Decision> {
  checkChain(chain, proposal.chain_id);
  const { emc, terms, epoch } = standing;
  if (proposal.emc !== emc) throw new DeskError("other-paper", { field: "emc" });
  if (standing.stage !== "ACTIVE") throw new DeskError("not-active", { stage: standing.stage });
  if (proposal.epoch !== epoch) {
    throw new DeskError("other-epoch", { file: String(proposal.epoch), epoch: String(epoch) });
  }
  const after = termsAfter(proposal, terms);
  const { change } = proposal;
  const room = ROOMS[change.kind];
  const view = (name: string, ...args: unknown[]) =>
    chain.read(room, SYSTEM[room], name, ...args);
  const isAgreement = change.kind === "renegotiation" || change.kind === "amendment";
  const draft: Draft = {
    paper: proposal,
    kind: change.kind,
    room,
    at: SYSTEM[room],
    emc,
    matter: "0x",
    before: terms,
    after,
    epoch: isAgreement ? epoch + 1 : epoch,
    needed: 0,
    window: null,
    from: 0n,
    until: 0n,
    charged_at: null,
  };
  const voices = await voicesOf(chain, standing, proposal, after);
  const count = BigInt(voices.length);
  const quorum = (part: bigint, of: bigint): number => Number((part * of + PPM - 1n) / PPM);
  draft.needed = voices.length;
  switch (change.kind) {
    case "renegotiation": {
      draft.needed = quorum(terms.renegotiation.quorum, count);
      draft.matter = (await view(
        "renegotiation_matter",
        emc,
        BigInt(epoch + 1),
        proposal.terms_hash,
      )) as Hex;
      draft.from = standing.renegotiable_from;
      if (terms.renegotiation.window) {
        draft.window = await windowOf(chain, standing, draft.matter, voices);
        const { opened_at, closes_at, until } = draft.window;
        if (opened_at && closes_at > draft.from) draft.from = closes_at;
        draft.until = until;
      }
      break;
    }
    case "amendment":
      draft.matter = (await view(
        "amendment_matter",
        emc,
        BigInt(epoch + 1),
        proposal.terms_hash,
      )) as Hex;
      break;
    case "expulsion": {
      draft.needed = Math.max(2, quorum(terms.leaving.expulsion, count));
      const clause = keccak256(stringToHex(change.clause));
      const accused = BigInt(change.accused);
      const [[charged], matter] = (await Promise.all([
        view("charge_of", emc, accused, clause),
        view("expulsion_matter", emc, accused, clause),
      ])) as [[bigint, bigint], Hex];
      if (!charged) throw new DeskError("no-charge", { row: String(accused) });
      draft.matter = matter;
      draft.charged_at = charged;
      draft.from = charged + terms.leaving.cure;
      break;
    }
    case "disbanding":
      draft.matter = (await view("disbanding_matter", emc, BigInt(epoch))) as Hex;
      if (standing.is_missed) {
        const nodes = BigInt(nodesOf(terms).length);
        draft.needed = standing.is_gate_open ? quorum(terms.renegotiation.quorum, nodes) : 1;
      }
      break;
    case "assessment": {
      const { submitter } = change;
      const metric = metricOf(change.metric);
      const open = standing.values.find(
        (each) => each.submitter === submitter && each.metric === metric,
      );
      const same =
        open &&
        open.amount === change.amount &&
        open.measured_at === change.measured_at &&
        open.evidence === change.evidence;
      if (!same) throw new DeskError("no-value", { submitter: String(submitter) });
      draft.matter = (await view("matter", emc, metric, BigInt(submitter))) as Hex;
    }
  }
  return decided(chain, draft, voices);
}

/**
 * What the contracts would refuse of an agreement or of other terms once all have signed.
 *
 * @throws DeskError refused: the contract's own reason
 */
export async function checkAhead(chain: Chain, change: Ahead): Promise<void> {
  const { emc, kind, before, after } = change;
  // its address follows from Consent's, which therefore cannot refuse it
  if ([after.backstop, ...after.rows.map((row) => row.payee)].includes(SYSTEM.Checkout)) {
    throw new DeskError("refused", { reason: "members: payee cannot be paid" });
  }
  if (!before) return;
  const table = [emc, headOf(before), packedRows(before)] as const;
  const call =
    kind === "amendment"
      ? callOf("Changes", SYSTEM.Changes, "amend", [...table, headOf(after), packedRows(after), []])
      : kind === "renegotiation" &&
        callOf("Changes", SYSTEM.Changes, "renegotiate", [...table, shareWords(after), []]);
  if (!call) return;
  try {
    await chain.call(call);
  } catch (problem) {
    const { reason = "" } = (problem as DeskError).details;
    if (!NOT_YET.test(reason)) throw problem;
  }
}

/** The voice of an account. @throws DeskError no-voice */
export function voiceOf(decision: Decision, account: Address): Voice {
  const word = decision.words.find(
    (each) => each.voice.account.toLowerCase() === account.toLowerCase(),
  );
  if (!word) throw new DeskError("no-voice", { account });
  return word.voice;
}

/** What a voice signs. */
export function messageOf(decision: Decision, voice: Voice, deadline: bigint): Message {
  return messageFrom(decision, voice, deadline, nonceOf(decision.nonces, voice));
}

/**
 * The hashes of a message, computed here and asked of the contract's digest view.
 *
 * @throws DeskError digest-differs: nothing may be signed.
 */
export async function checkedHashes(
  chain: Chain,
  decision: Decision,
  voice: Voice,
  message: Message,
): Promise<Hashes & { contract: Hex }> {
  const found = messages.hashes(message);
  const contract = (await chain.read(
    decision.room,
    decision.at,
    ...digestView(decision, voice, message),
  )) as Hex;
  if (contract !== found.digest) {
    throw new DeskError("digest-differs", { page: found.digest, contract });
  }
  return { ...found, contract };
}

/** Whether enough have agreed, nothing objects and the time has come; else why not. */
export function canSubmit(
  decision: Decision,
  now: bigint,
): { yes: true } | { yes: false; why: "missing" | "objections" | "window" | "early" | "late" } {
  const { words, needed, window, from, until } = decision;
  const agreed = words.filter((each) => each.how !== "missing").length;
  if (window && window.objectors.length > window.allowed) return { yes: false, why: "objections" };
  if (agreed < needed) return { yes: false, why: "missing" };
  if (window && !window.opened_at) return { yes: false, why: "window" };
  if (now < from) return { yes: false, why: "early" };
  if (until && now > until) return { yes: false, why: "late" };
  return { yes: true };
}

/** The transaction that puts it in force, with every signature that counts. */
export function submission(decision: Decision): Call {
  const { paper, room, at, emc, before, after } = decision;
  const given = new Map(paper.signatures.map((each) => [each.index, each]));
  // in the order in which the contract asks
  const signatures = decision.words
    .filter((each) => each.how === "signed")
    .map(({ voice }) => given.get(voice.row)!)
    .map(({ index, deadline, data }) => ({ row: BigInt(index), deadline, data }));
  const call = (act: string, ...args: unknown[]): Call => callOf(room, at, act, args);
  if (paper.paper === "agreement") {
    return call("make", headOf(after), packedRows(after), signatures);
  }
  const table = [emc, headOf(before!), packedRows(before!)] as const;
  const { change } = paper;
  switch (change.kind) {
    case "renegotiation":
      return call("renegotiate", ...table, shareWords(after), signatures);
    case "amendment":
      return call("amend", ...table, headOf(after), packedRows(after), signatures);
    case "expulsion": {
      const clause = keccak256(stringToHex(change.clause));
      return call("expel", ...table, BigInt(change.accused), clause, signatures);
    }
    case "disbanding":
      return call("disband", ...table, signatures);
    case "assessment":
      return call("finalise", ...table, metricOf(change.metric), BigInt(change.submitter), signatures);
  }
}

/** Approve on chain instead of signing: what a contract wallet does. */
export function approval({ room, at, emc, matter }: Decision, until: bigint): Call {
  return callOf(room, at, "approve", [emc, matter, until]);
}

/** Void what the caller signed or approved for this EMC in this room. */
export function revocation({ room, at, emc }: Decision): Call {
  return callOf(room, at, "revoke", [emc]);
}

// ---- parts

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Omit<Decision, "words" | "nonces">>;

function checkChain(chain: Chain, expected: number): void {
  if (chain.id !== expected) {
    throw new DeskError("other-chain", { chain: String(chain.id), expected: String(expected) });
  }
}

/** The nodes whose word counts, in the order in which the contracts ask them. */
async function voicesOf(
  chain: Chain,
  standing: Standing,
  { change }: Proposal,
  after: Terms,
): Promise<Voice[]> {
  const { terms } = standing;
  const next = new Map(after.rows.map((row) => [row.id, row]));
  const found: Voice[] = [];
  for (const { row, controller } of standing.rows) {
    if (!isNode(row)) continue;
    if (change.kind === "expulsion" && row.id === change.accused) continue;
    if (change.kind === "assessment" && row.id === change.submitter) continue;
    const stays = next.get(row.id);
    found.push({ row: row.id, me: row.party, account: controller, after: stays ?? null });
  }
  if (change.kind === "amendment") {
    const known = new Set(terms.rows.map((row) => row.id));
    const joining = nodesOf(after).filter((row) => !known.has(row.id));
    const accounts = await accountsOf(
      chain,
      joining.map((row) => row.party),
    );
    for (const row of joining) {
      const account = accounts.get(String(row.party));
      if (!account) throw new DeskError("no-node", { row: String(row.id) });
      found.push({ row: row.id, me: row.party, account, after: row });
    }
  }
  const asksFormers =
    (change.kind === "disbanding" && !standing.is_missed) ||
    (change.kind === "amendment" && touches(terms, after));
  if (asksFormers) {
    for (const { row, party, account, held } of standing.formers) {
      if (typeof party !== "bigint" || !held) continue;
      found.push({ row, me: party, account, after: null });
    }
  }
  if (change.kind === "amendment") {
    const place = new Map(nodesOf(after).map((row, i) => [row.id, i]));
    const rank = ({ row }: Voice) => place.get(row) ?? place.size;
    return found.sort((a, b) => rank(a) - rank(b) || a.row - b.row);
  }
  return change.kind === "disbanding" ? found.sort((a, b) => a.row - b.row) : found;
}

/** Whether a change touches what is held for nodes that left, as Changes judges it. */
function touches(old: Terms, next: Terms): boolean {
  const deciding = ({ goal, assessment, backstop, starts_at, ends_at, leaving }: Terms): string =>
    JSON.stringify([goal, assessment, backstop, starts_at, ends_at, leaving.margin], (_, value) =>
      typeof value === "bigint" ? String(value) : (value as unknown),
    );
  return deciding(old) !== deciding(next);
}

async function windowOf(
  chain: Chain,
  { terms }: Standing,
  matter: Hex,
  voices: readonly Voice[],
): Promise<NonNullable<Decision["window"]>> {
  const view = (name: string, ...args: unknown[]) =>
    chain.read("Changes", SYSTEM.Changes, name, ...args);
  const [[opened_at, until], times] = await Promise.all([
    view("proposal_of", matter) as Promise<[bigint, bigint]>,
    Promise.all(voices.map(({ account }) => view("objected_at", matter, account) as Promise<bigint>)),
  ]);
  const { window, objections } = terms.renegotiation;
  const closes_at = opened_at + window;
  const objectors = voices.filter((_, i) => {
    const at = times[i]!;
    return at && (!opened_at || at < closes_at);
  });
  return {
    opened_at,
    closes_at,
    until,
    objectors: objectors.map(({ row }) => row),
    allowed: Number((objections * BigInt(voices.length)) / PPM),
  };
}

/** What each voice has said so far, every signature checked against the chain. */
async function decided(chain: Chain, draft: Draft, voices: readonly Voice[]): Promise<Decision> {
  const { room, at, emc, matter, paper } = draft;
  const view = (name: string, ...args: unknown[]) => chain.read(room, at, name, ...args);
  const nonces = new Map<string, bigint>();
  const given = new Map(paper.signatures.map((each) => [each.index, each]));
  const words = await Promise.all(
    voices.map(async (voice): Promise<Word> => {
      const { account } = voice;
      const [nonce, until, code] = (await Promise.all([
        view("nonce_of", emc, account),
        view("approved_until", emc, matter, account),
        chain.code(account),
      ])) as [bigint, bigint, Hex];
      nonces.set(account.toLowerCase(), nonce);
      const approved = until >= chain.block.timestamp;
      const signature = given.get(voice.row);
      let why: DeskError | null = null;
      // asking a wallet costs more than reading what it approved
      if (signature && !(approved && code !== "0x")) {
        const message = messageFrom(draft, voice, signature.deadline, nonce);
        why = await faultOf(chain, voice, signature, nonce, message, code !== "0x");
        if (!why) return { voice, how: "signed" };
      }
      if (approved) return { voice, how: "approved" };
      return why ? { voice, how: "missing", why } : { voice, how: "missing" };
    }),
  );
  return { ...draft, words, nonces };
}

/** Why a signature in a file does not count; null if it does. */
async function faultOf(
  chain: Chain,
  { account }: Voice,
  signature: Signature,
  nonce: bigint,
  message: Message,
  isContract: boolean,
): Promise<DeskError | null> {
  if (signature.signer.toLowerCase() !== account.toLowerCase()) {
    return new DeskError("other-signer", { signer: signature.signer, before: account });
  }
  if (signature.deadline < chain.block.timestamp) return new DeskError("expired");
  if (signature.nonce !== nonce) return new DeskError("revoked");
  if (!isContract) return fault(message, signature.data, account);
  const stands = await standsBy(chain, account, messages.hashes(message).digest, signature.data);
  return stands ? null : new DeskError("signed-other", { signer: account, account });
}

/** Whether an account with code stands by a signature (ERC-1271): it is asked, nobody else can say. */
export async function standsBy(
  chain: Chain,
  account: Address,
  digest: Hex,
  signature: Hex,
): Promise<boolean> {
  const bytes = signature.slice(2);
  const word = (number: number) => number.toString(16).padStart(64, "0");
  const data = `${STANDS_BY}${digest.slice(2)}${word(64)}${word(bytes.length / 2)}${bytes.padEnd(
    Math.ceil(bytes.length / 64) * 64,
    "0",
  )}` as Hex;
  try {
    return (await chain.call({ to: account, data })) === `${STANDS_BY}${"0".repeat(56)}`;
  } catch (error) {
    if (error instanceof DeskError && error.code !== "rpc-unreachable") return false;
    throw error;
  }
}

const nonceOf = (nonces: ReadonlyMap<string, bigint>, { account }: Voice): bigint =>
  nonces.get(account.toLowerCase()) ?? 0n;

function messageFrom(draft: Draft, voice: Voice, deadline: bigint, nonce: bigint): Message {
  const { paper, emc, epoch, after, before } = draft;
  const domain = { chain_id: paper.chain_id, room: draft.room, at: draft.at };
  const { account: signer, row, me } = voice;
  const common = { emc, epoch, signer, deadline, nonce };
  const own = { row, me };
  if (paper.paper === "agreement") {
    const act = "formation" as const;
    return messages.agreement(domain, { ...common, act, terms: after, row: voice.after! });
  }
  const { change } = paper;
  switch (change.kind) {
    case "expulsion":
      return messages.expulsion(domain, {
        ...common,
        ...own,
        accused: change.accused,
        charged: draft.charged_at!,
        clause: change.clause,
      });
    case "disbanding":
      return messages.disbanding(domain, { ...common, ...own, terms: before! });
    case "assessment":
      return messages.assessment(domain, {
        ...common,
        ...own,
        metric: change.metric,
        value: change.amount,
        measured: change.measured_at,
        evidence: change.evidence,
      });
    default:
      return voice.after
        ? messages.agreement(domain, {
            ...common,
            act: change.kind,
            terms: after,
            row: voice.after as Row,
          })
        : messages.departure(domain, { ...common, ...own, terms: after });
  }
}

/** The contract's own digest of the same: view and arguments. */
function digestView(
  { paper, emc, epoch, after, before }: Decision,
  voice: Voice,
  { message }: Message,
): [string, ...unknown[]] {
  const { account: signer, me } = voice;
  const { nonce, deadline } = message;
  const last = [signer, nonce, deadline];
  const voter = { row: BigInt(voice.row), me, signer, nonce, deadline };
  const table = [headOf(after), packedRows(after)];
  if (paper.paper === "agreement") {
    return ["formation_digest", emc, ...table, placeOf(after, voice.row), ...last];
  }
  const { change } = paper;
  switch (change.kind) {
    case "renegotiation": {
      const place = placeOf(after, voice.row);
      return ["renegotiation_digest", emc, BigInt(epoch), ...table, place, ...last];
    }
    case "amendment":
      return ["amendment_digest", emc, BigInt(epoch), ...table, voter];
    case "expulsion": {
      const clause = keccak256(stringToHex(change.clause));
      return ["expulsion_digest", emc, BigInt(change.accused), clause, voter];
    }
    case "disbanding":
      return ["disbanding_digest", emc, headOf(before!), voter];
    case "assessment":
      return ["digest", emc, metricOf(change.metric), BigInt(change.submitter), voter];
  }
}
