// What the desk's core says: one JSON question a line in, one JSON answer a line out.
import { createInterface } from "node:readline";
import { outlooks, levels, headroom } from "../../desk/src/core/forecast.ts";
import { agreementMessage, merge, readPaper, termsAfter, writePaper } from "../../desk/src/core/files.ts";
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
      signer: signature && (await recovered(message, signature)),
    };
  },
  normalised: ({ signature }) => normalised(signature),
  waterfall({ terms, start, covers, value, is_open, at }) {
    const found = termsFromDocument(terms);
    const meant = page(found, { start, covers: amounts(covers), value, is_open });
    return at.map((since: bigint) => ({
      is_open: isOpen(meant, since),
      rows: found.rows.map((row) => entitlement(meant, row, since)),
    }));
  },
  forecast({ before, after, total, covers, value }) {
    const [was, becomes] = [before, after].map(termsFromDocument) as [Any, Any];
    const now = { total, covers: amounts(covers) as Any, value };
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
      if (step.what === "value") life.values.set(life.page.terms.goal.metric, step.amount);
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
  after({ text, terms }) {
    const found = readPaper(bytes(text));
    if (found.paper !== "proposal") throw new Error("no proposal");
    return termsHash(termsAfter(found, termsFromDocument(terms)));
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

const plain = (_: string, value: unknown) =>
  typeof value === "bigint" ? value.toString() : value instanceof Fraction ? value.text : value;

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const asked = parse(line) as Any;
    answer = { answer: await ASKED[asked.ask]!(asked) };
  } catch (error) {
    if (error instanceof DeskError) answer = { code: error.code, details: error.details };
    else answer = { error: (error as Error).stack };
  }
  console.log(JSON.stringify(answer, plain));
}
