// What the desk's core says: one JSON question a line in, one JSON answer a line out.
import { createInterface } from "node:readline";
import { tasks } from "../../desk/src/chain/agenda.ts";
import * as calls from "../../desk/src/chain/calls.ts";
import {
  approval,
  canSubmit,
  checkAhead,
  checkedHashes,
  decideChange,
  decideFormation,
  messageOf,
  revocation,
  submission,
} from "../../desk/src/chain/deciding.ts";
import { logs } from "../../desk/src/chain/logs.ts";
import * as reviews from "../../desk/src/chain/reviews.ts";
import { openChain, rpcProvider } from "../../desk/src/chain/rpc.ts";
import { readPayouts, readStanding, scan } from "../../desk/src/chain/standing.ts";
import { identityOf } from "../../desk/src/chain/system.ts";
import { edited } from "../../desk/src/core/amending.ts";
import * as checkout_ from "../../desk/src/core/checkout.ts";
import { qr } from "../../desk/src/core/qr.ts";
import { outlooks, simulate, levels, headroom } from "../../desk/src/core/forecast.ts";
import { agreementMessage, merge, propose, readPaper, termsAfter, writePaper } from "../../desk/src/core/files.ts";
import { parse } from "../../desk/src/core/json.ts";
import { adopt, begun, behindGate, coversOf, heldOf, leave, shareOut, totalOf } from "../../desk/src/core/life.ts";
import * as messages from "../../desk/src/core/messages.ts";
import { normalised, recovered } from "../../desk/src/core/signatures.ts";
import {
  documentOfTerms,
  emcAddress,
  isNode,
  packedRows,
  rowOf,
  shareWords,
  termsFromDocument,
  termsFromTable,
  headOf,
  termsHash,
  withShares,
  without,
} from "../../desk/src/core/terms.ts";
import { DeskError, Fraction } from "../../desk/src/core/types.ts";
import { entitlement, isOpen, page } from "../../desk/src/core/waterfall.ts";

type Any = any;

const bytes = (text: string) => new TextEncoder().encode(text);
const amounts = (found: Any) => new Map(found.map(([row, amount]: Any) => [Number(row), amount]));

const ASKED: Record<string, (asked: Any) => unknown> = {
  terms({ terms }) {
    const found = termsFromDocument(terms);
    const again = termsFromTable(headOf(found), packedRows(found));
    return {
      hash: termsHash(found),
      packed: packedRows(found).map(({ party, pay, limits }) => [party, pay, limits]),
      words: shareWords(found),
      document: documentOfTerms(again),
    };
  },
  without: ({ terms, row }) => termsHash(without(termsFromDocument(terms), Number(row))),
  shares: ({ terms, shares }) =>
    termsHash(
      withShares(
        termsFromDocument(terms),
        shares.map((each: Any) => ({ ...each, row: Number(each.row) })),
      ),
    ),
  address: ({ consent, implementation, accounts, hash }) =>
    emcAddress(consent, implementation, accounts, hash),
  async message({ kind, domain, values, terms, row, signature }) {
    const filled = { ...values };
    for (const name of ["epoch", "row", "accused"]) {
      if (name in filled) filled[name] = Number(filled[name]);
    }
    if (terms) filled.terms = termsFromDocument(terms);
    if (kind === "agreement") filled.row = rowOf(filled.terms, Number(row));
    const own = { ...domain, chain_id: Number(domain.chain_id) };
    const message = (messages as Any)[kind](own, filled);
    return {
      wallet: messages.forWallet(message),
      hashes: messages.hashes(message),
      signer: signature && recovered(message, signature),
    };
  },
  normalised: ({ signature }) => normalised(signature),
  waterfall({ terms, start, covers, values, is_open, at }) {
    const found = termsFromDocument(terms);
    const meant = page(found, { start, covers: amounts(covers), values: new Map(values), is_open });
    return at.map((since: bigint) => ({
      is_open: isOpen(meant, since),
      rows: found.rows.map((row) => entitlement(meant, row, since)),
    }));
  },
  forecast({ before, after, total, covers, values }) {
    const [was, becomes] = [before, after].map(termsFromDocument) as [Any, Any];
    const now = { total, covers: amounts(covers) as Any, values: new Map(values) as Any };
    return {
      levels: levels(was, total),
      headroom: becomes.rows.map(headroom),
      outlooks: becomes.rows.map((row: Any) => outlooks(was, becomes, row.id, now)),
    };
  },
  history({ terms, steps }) {
    const life = begun(termsFromDocument(terms));
    const found = [];
    for (const step of steps) {
      let said: unknown = null;
      if (step.what === "sale") said = [...shareOut(life, step.amount, step.gathers, step.opens)];
      if (step.what === "value") life.values.set(step.metric, step.amount);
      for (const row of step.gone ?? []) leave(life, Number(row));
      if (step.what === "leaves") said = leave(life, Number(step.row));
      if (step.terms) {
        const begins = adopt(life, termsFromDocument(step.terms), life.epoch + 1);
        said ??= begins;
      }
      found.push({
        said,
        total: totalOf(life),
        held: heldOf(life),
        is_open: life.is_open,
        behind: [...behindGate(life)],
        covers: [...coversOf(life)],
      });
    }
    return found;
  },
  paper({ text }) {
    const found = readPaper(bytes(text));
    return {
      text: writePaper(found),
      terms_hash: found.terms_hash,
      emc: found.emc,
      misfits: found.paper === "agreement" ? found.misfits : [],
      labels: found.paper === "agreement" ? found.labels : [],
      digests:
        found.paper === "agreement"
          ? found.terms.rows
              .filter(isNode)
              .map((row) =>
                messages.hashes(agreementMessage(found, row.id, found.accounts[0]!, 7n, 3n)).digest,
              )
          : [],
    };
  },
  amended({ chain_id, emc, terms, currency, given, leaves, joins }) {
    const numbers = (found: bigint[]) => found.map(Number);
    const draft = { given, leaves: numbers(leaves), joins: numbers(joins) };
    const before = termsFromDocument(terms);
    const { after, faults } = edited(before, draft, { ...currency, decimals: Number(currency.decimals) });
    if (!after) return { faults: Object.fromEntries(faults), file: null };
    const change = { kind: "amendment" as const, terms: after };
    return { faults: {}, file: writePaper(propose(Number(chain_id), emc, 1, before, change)) };
  },
  after({ text, terms }) {
    const found = readPaper(bytes(text));
    if (found.paper !== "proposal") throw new Error("no proposal");
    return termsHash(termsAfter(found, termsFromDocument(terms)));
  },
  order({ chain_id, checkout, order }) {
    const found = { ...order, due_at: BigInt(order.due_at), amount: BigInt(order.amount) };
    const slip = { chain_id: Number(chain_id), checkout, currency: checkout, name: "1", order: found };
    const again = checkout_.slipFrom(checkout_.linkOf(slip));
    return {
      hash: checkout_.orderHash(slip, found),
      same: checkout_.orderHash(again, again.order),
      file: checkout_.writeSlip(slip),
    };
  },
  reference: ({ text }) => checkout_.referenceOf(text),
  qr: ({ text }) => {
    const { mask, rows } = qr(text);
    return { mask, rows: rows.map((row) => row.map(Number).join("")) };
  },
  async merge({ texts }) {
    const found = await merge(texts.map((text: string, i: number) => ({ name: `${i}`, bytes: bytes(text) })));
    return {
      text: writePaper(found.paper),
      unchecked: found.unchecked,
      refused: found.refused.map(({ name, row, reason }) => [name, row ?? null, reason.code]),
    };
  },
};

const at = (url: string) => openChain(rpcProvider(url));

const ON_CHAIN: Record<string, (asked: Any) => unknown> = {
  async standing({ url, emc, amount }) {
    const chain = await at(url);
    const standing = await readStanding(chain, emc);
    return {
      ...standing,
      terms: documentOfTerms(standing.terms),
      epochs: [...standing.epochs].map(([epoch, terms]) => [epoch, termsHash(terms)]),
      life: null,
      measured: [...standing.life.values],
      total_by_life: totalOf(standing.life),
      held_by_life: heldOf(standing.life),
      behind: [...behindGate(standing.life)],
      tasks: tasks(standing),
      simulated: amount && simulate(standing, amount),
      payouts: await readPayouts(chain, standing),
    };
  },
  async scan({ url, account }) {
    const chain = await at(url);
    const me = await identityOf(chain, account);
    const found: unknown[] = [];
    await scan(chain, me!.me, { onEmc: (emc) => found.push(emc) });
    return { me: me!.me, found };
  },
  async logs({ url, contracts }) {
    const told: unknown[] = [];
    const found = await logs(await at(url), { contracts }, { onProgress: (each) => told.push(each) });
    return { names: found.map((each) => each.name), told };
  },
  async decide({ url, emc, text, deadline, until }) {
    const chain = await at(url);
    const paper = readPaper(bytes(text));
    const decision =
      paper.paper === "agreement"
        ? await decideFormation(chain, paper)
        : await decideChange(chain, await readStanding(chain, emc), paper);
    await checkAhead(chain, decision);
    const asked = [];
    for (const { voice } of decision.words) {
      const message = messageOf(decision, voice, deadline);
      const hashes = await checkedHashes(chain, decision, voice, message);
      asked.push({ row: voice.row, account: voice.account, hashes, wallet: messages.forWallet(message) });
    }
    return {
      words: decision.words.map(({ voice, how, why }) => [voice.row, how, why?.code ?? null]),
      needed: decision.needed,
      window: decision.window,
      can: canSubmit(decision, chain.block.timestamp),
      send: submission(decision),
      approve: approval(decision, until ?? 0n),
      revoke: revocation(decision),
      asked,
    };
  },
  async call({ url, emc, name, args }) {
    const standing = emc && (await readStanding(await at(url), emc));
    const given = args.map((each: Any) =>
      each === "standing" ? standing : each?.row === undefined ? each : Number(each.row),
    );
    return (calls as Any)[name](...given);
  },
  async openWindow({ url, emc, row, text, until }) {
    const standing = await readStanding(await at(url), emc);
    const paper = readPaper(bytes(text)) as Any;
    return calls.openWindow(standing, Number(row), termsAfter(paper, standing.terms), until);
  },
  async simulated({ url, call, from }) {
    return calls.simulated(await at(url), { ...call, value: BigInt(call.value) }, from);
  },
  async review({ url, emc, me, stars }) {
    const chain = await at(url);
    const review = await reviews.readReview(chain, emc);
    const place = review!.members.findIndex((each) => each.me === me);
    const given = review!.members.map((each) => stars[String(each.me)] ?? [0, 0, 0, 0]);
    const ratings = reviews.packStars(given.map((four: Any) => four.map(Number)));
    const made = reviews.salted(chain.id, emc, me, ratings);
    const again = reviews.readSalt(bytes(reviews.writeSalt(made)));
    return {
      phase: review!.phase,
      members: review!.members.length,
      salt: reviews.writeSalt(made),
      same: JSON.stringify(again, plain) === JSON.stringify(made, plain),
      commit: reviews.commit(review!, place, made.commitment),
      reveal: reviews.reveal(review!, place, ratings, made.salt),
      finalise: reviews.finaliseReview(review!),
    };
  },
  async openReview({ url, emc }) {
    return reviews.openReview(await readStanding(await at(url), emc));
  },
  async record({ url, me }) {
    return reviews.readRecord(await at(url), me);
  },
};

const plain = (_: string, value: unknown) =>
  typeof value === "bigint" ? value.toString() : value instanceof Fraction ? value.text : value;

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const asked = parse(line) as Any;
    answer = { answer: await { ...ASKED, ...ON_CHAIN }[asked.ask as string]!(asked) };
  } catch (error) {
    if (error instanceof DeskError) answer = { code: error.code, details: error.details };
    else answer = { error: (error as Error).stack };
  }
  console.log(JSON.stringify(answer, plain));
}
