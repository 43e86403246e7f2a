/** What the page remembers: who looks, through what, and which papers and EMCs are known. */

import { useEffect, useState } from "preact/hooks";
import type { Home } from "../chain/home.ts";
import { fileName, readPaper, writePaper } from "../core/files.ts";
import type { Address, Agreement, Hex, Label, Paper } from "../core/types.ts";
import { type Language, preferred, speak } from "../i18n/words.ts";
import type { Connection, Wallet } from "../wallet/wallet.ts";

export interface Known {
  chain_id: number;
  emc: Address;
}

/** A transaction that a wallet has sent on this visit. */
export interface Sent {
  hash: Hex;
  /** What was done, in the words of its button. */
  what: string;
  /** What it is about or the screen on which it was, and the route to that. */
  where: string;
  at: string;
  state: "sent" | "done" | "reverted";
  /** What it brought about, or why the contract refused it. */
  told: string;
  /** Waits for it no longer. */
  stop: () => void;
}

interface State {
  language: Language;
  wallets: readonly Wallet[];
  connection: Connection | null;
  server: Home | null;
  /** By `paperKey`. */
  papers: ReadonlyMap<string, Paper>;
  known: readonly Known[];
  /** RPC addresses that were typed in, by chain id. */
  nodes: Readonly<Record<string, string>>;
  /** What became of papers that were to be kept in the server's folder: a name, or why not. */
  kept: ReadonlyMap<string, string | Error>;
  /** Newest first. */
  sent: readonly Sent[];
}

const KEPT = "emc-desk/1";
/** More than this is not kept from one visit to the next. */
const MOST_KEPT = 40;

export let state: State = {
  language: "en",
  wallets: [],
  connection: null,
  server: null,
  papers: new Map(),
  known: [],
  nodes: {},
  kept: new Map(),
  sent: [],
};
const listeners = new Set<() => void>();

export function change(part: Partial<State>): void {
  state = { ...state, ...part };
  if (part.language) speak(part.language);
  if (part.language || part.papers || part.known || part.nodes) keep();
  for (const each of listeners) each();
}

/** The state, drawn again whenever it changes. */
export function useDesk(): State {
  const [, draw] = useState(0);
  useEffect(() => {
    const again = (): void => draw((n) => n + 1);
    listeners.add(again);
    return () => void listeners.delete(again);
  }, []);
  return state;
}

/** What a paper is about: two files with one key ask for the same. */
export function paperKey(paper: Paper): string {
  const what = paper.paper === "agreement" ? "formation" : paper.change.kind;
  return `${paper.chain_id}:${paper.emc.toLowerCase()}:${paper.terms_hash.slice(2, 18)}:${what}`;
}

/** Puts a paper on the desk, in the place of what was there of the same. */
export function put(paper: Paper): string {
  const key = paperKey(paper);
  const papers = new Map(state.papers);
  papers.set(key, paper);
  change({ papers });
  remember(paper.chain_id, paper.emc);
  return key;
}

/** Puts a paper with new signatures on the desk, and into the server's folder where there is one. */
export async function putSigned(paper: Paper): Promise<string> {
  const key = put(paper);
  const { server } = state;
  if (server) {
    const name = fileName(paper);
    const saved = await server.write(name, writePaper(paper)).then(
      () => name,
      (error: Error) => error,
    );
    change({ kept: new Map(state.kept).set(key, saved) });
  }
  return key;
}

export function putAway(key: string): void {
  const papers = new Map(state.papers);
  papers.delete(key);
  change({ papers });
}

export function remember(chain_id: number, emc: Address): void {
  const is = (each: Known): boolean =>
    each.chain_id === chain_id && each.emc.toLowerCase() === emc.toLowerCase();
  if (!state.known.some(is)) change({ known: [...state.known, { chain_id, emc }] });
}

/** The agreement of an EMC, if it lies on the desk. */
export function agreementOf(chain_id: number, emc: Address): Agreement | null {
  for (const paper of state.papers.values()) {
    if (paper.paper !== "agreement" || paper.chain_id !== chain_id) continue;
    if (paper.emc.toLowerCase() === emc.toLowerCase()) return paper;
  }
  return null;
}

/** What its agreement calls the rows of an EMC. */
export function namesOf(chain_id: number, emc: Address): readonly Label[] {
  return agreementOf(chain_id, emc)?.labels ?? [];
}

function keep(): void {
  const { language, papers, known, nodes } = state;
  const kept = {
    language,
    known: known.slice(-MOST_KEPT),
    nodes,
    papers: [...papers.values()].slice(-MOST_KEPT).map(writePaper),
  };
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // a page from a disk, or a full one: then it lasts as long as the page
  }
}

/** What an earlier visit left; papers are rebuilt as if a stranger had sent them. */
export function restore(): void {
  let kept: Partial<Record<"language" | "known" | "nodes" | "papers", unknown>> = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    // as on a first visit
  }
  const papers = new Map<string, Paper>();
  for (const text of Array.isArray(kept.papers) ? kept.papers : []) {
    try {
      const paper = readPaper(new TextEncoder().encode(String(text)));
      papers.set(paperKey(paper), paper);
    } catch {
      // of an older desk
    }
  }
  const spoken = ["en", "de", "zh"].find((each) => each === kept.language);
  change({
    language: (spoken as Language) ?? preferred(navigator.languages),
    papers,
    known: Array.isArray(kept.known) ? kept.known.filter(isKnown) : [],
    nodes: typeof kept.nodes === "object" && kept.nodes ? (kept.nodes as Record<string, string>) : {},
  });
}

function isKnown(found: unknown): found is Known {
  const each = found as Partial<Known> | null;
  return Number.isInteger(each?.chain_id) && /^0x[0-9a-fA-F]{40}$/.test(each?.emc ?? "");
}

/** Takes a file home: the browser saves it. */
export function download(name: string, text: string, type = "application/json"): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
