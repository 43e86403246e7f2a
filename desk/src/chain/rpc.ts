/** Answers of a node, through a wallet's provider or an RPC address, with words for what fails. */

import { hexToBigInt, hexToString, isHex, numberToHex } from "viem/utils";
import { decodeAnswer, encodeCall } from "../core/abi.ts";
import { printable } from "../core/text.ts";
import { DeskError, type Address, type Block, type Hex, type Provider } from "../core/types.ts";

const TIMEOUT = 30_000;
/** Questions in one request. */
const BATCH = 100;
/** Larger answers are no node's. */
const MAX_ANSWER = 64 * 2 ** 20;
const ERROR_SELECTOR = "08c379a0";

interface Question {
  method: string;
  params: readonly unknown[];
}

/** A provider that takes several questions at once. */
interface Batching extends Provider {
  batch?(questions: readonly Question[]): Promise<readonly (() => unknown)[]>;
}

/** An error as JSON-RPC and EIP-1193 have it. */
interface RpcError {
  code?: number;
  message?: string;
  data?: unknown;
}

/** An RPC address, or the pipe of `emc desk`, as a provider. */
export function rpcProvider(url: string, headers: Record<string, string> = {}): Provider {
  let counter = 0;
  const post = async (body: unknown): Promise<unknown> => {
    let text;
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT),
        credentials: "omit",
        referrerPolicy: "no-referrer",
      });
      if (answer.status === 502) throw new Error("nobody behind the pipe");
      text = await answer.text();
      if (!answer.ok && !text.startsWith("{") && !text.startsWith("[")) {
        throw new DeskError("rpc-refused", { reason: `HTTP ${answer.status}` });
      }
    } catch (error) {
      if (error instanceof DeskError) throw error;
      throw new DeskError("rpc-unreachable", { url: printable(url) });
    }
    if (text.length > MAX_ANSWER) throw new DeskError("rpc-answer", { method: "" });
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new DeskError("rpc-answer", { method: "" });
    }
  };
  const asked = ({ method, params }: Question) => ({
    jsonrpc: "2.0",
    id: ++counter,
    method,
    params,
  });
  const result = (answer: unknown, method: string): unknown => {
    if (typeof answer !== "object" || answer === null) throw new DeskError("rpc-answer", { method });
    const { error, result } = answer as { error?: RpcError; result?: unknown };
    if (error) throw error;
    return result;
  };
  const request = async ({ method, params = [] }: { method: string; params?: unknown }) =>
    result(await post(asked({ method, params: params as unknown[] })), method);
  const batching: Batching = {
    request,
    async batch(questions) {
      const sent = questions.map(asked);
      const answers = await post(sent);
      if (!Array.isArray(answers)) throw new DeskError("rpc-refused", { reason: "batch" });
      const by = new Map(answers.map((each: { id?: unknown }) => [each?.id, each]));
      return sent.map(
        ({ id, method }) =>
          () =>
            result(by.get(id), method),
      );
    },
  };
  return batching;
}

/** Reading a chain at one block, so that what is shown together belongs together. */
export interface Chain {
  readonly id: number;
  readonly provider: Provider;
  /** As of when everything is read. */
  readonly block: Block;
  /** Another view, at the newest block. */
  latest(): Promise<Chain>;
  /** A view of a contract; several at a time are sent together. @throws DeskError refused, rpc-… */
  read(contract: string, at: Address, name: string, ...args: unknown[]): Promise<unknown>;
  /** Whatever a call would answer. @throws DeskError refused, rpc-… */
  call(call: { to: Address; data: Hex; from?: Address; value?: bigint }): Promise<Hex>;
  code(at: Address): Promise<Hex>;
  balance(at: Address): Promise<bigint>;
  ask(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Whether the block is still the chain's. @throws DeskError rpc-differs: read again */
  confirm(): Promise<void>;
}

/** @throws DeskError rpc-…: no node answers; other-chain: it is another one than `expected`. */
export async function openChain(provider: Provider, expected?: number): Promise<Chain> {
  const ask = queued(provider);
  const [id, block] = await Promise.all([
    ask("eth_chainId", []).then((said) => Number(quantity(said, "eth_chainId"))),
    blockOf(ask, "latest"),
  ]);
  if (expected !== undefined && id !== expected) {
    throw new DeskError("other-chain", { chain: String(id), expected: String(expected) });
  }
  const tag = numberToHex(block.number);
  const call: Chain["call"] = async ({ to, data, from, value }) => {
    const tx = { to, data, ...(from && { from }), ...(value && { value: numberToHex(value) }) };
    const said = await ask("eth_call", [tx, tag]);
    if (!isHex(said)) throw new DeskError("rpc-answer", { method: "eth_call" });
    return said;
  };
  return {
    id,
    provider,
    block,
    ask,
    call,
    latest: () => openChain(provider, id),
    async read(contract, at, name, ...args) {
      const said = await call({ to: at, data: encodeCall(contract, name, args) });
      try {
        return decodeAnswer(contract, name, said);
      } catch {
        throw new DeskError("rpc-answer", { method: `${contract}.${name}` });
      }
    },
    async code(at) {
      const said = await ask("eth_getCode", [at, tag]);
      if (!isHex(said)) throw new DeskError("rpc-answer", { method: "eth_getCode" });
      return said;
    },
    async balance(at) {
      return quantity(await ask("eth_getBalance", [at, tag]), "eth_getBalance");
    },
    async confirm() {
      const again = await blockOf(ask, tag);
      if (again.hash !== block.hash) throw new DeskError("rpc-differs", { block: tag });
    },
  };
}

const CHAINS: Record<number, [string, boolean]> = {
  1: ["Ethereum", false],
  10: ["OP Mainnet", false],
  100: ["Gnosis", false],
  137: ["Polygon", false],
  8453: ["Base", false],
  42161: ["Arbitrum One", false],
  84532: ["Base Sepolia", true],
  11155111: ["Sepolia", true],
};
const LOCAL = [1337, 31337];

/** What people know a chain as, and whether money there is a test's; of unknown ones it is real. */
export function chainName(id: number): { name: string; is_test: boolean; is_local: boolean } {
  const is_local = LOCAL.includes(id);
  const [name, is_test] = CHAINS[id] ?? [is_local ? "local chain" : `chain ${id}`, is_local];
  return { name, is_test, is_local };
}

/** A number as JSON-RPC writes it. @throws DeskError rpc-answer */
export function quantity(said: unknown, method: string): bigint {
  if (typeof said !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(said)) {
    throw new DeskError("rpc-answer", { method });
  }
  return hexToBigInt(said as Hex);
}

/** What a provider threw, as an error of the desk. */
export function explained(error: unknown): DeskError {
  if (error instanceof DeskError) return error;
  const reason = reasonOf(error);
  if (reason !== null) return new DeskError("refused", { reason });
  const { message, code } = (error ?? {}) as RpcError;
  return new DeskError("rpc-refused", {
    reason: printable(String(message ?? error)),
    code: String(code ?? ""),
  });
}

/** Why a contract refused, in its own words; null: no contract did. */
export function reasonOf(error: unknown): string | null {
  const seen = new Set<unknown>();
  let isRevert = false;
  const search = (value: unknown, depth: number): string | null => {
    if (depth > 6 || seen.has(value)) return null;
    if (typeof value === "string") {
      const found = new RegExp(`0x${ERROR_SELECTOR}([0-9a-f]{128,})`, "i").exec(value);
      if (found) return textOf(found[1]!);
      const said = /reverted(?: with reason string)?[:,]? ['"]?([a-z]+: [^'"\n]{1,64})/.exec(value);
      if (said) return printable(said[1]!.trim());
      isRevert ||= /revert/i.test(value);
      return null;
    }
    if (typeof value !== "object" || value === null) return null;
    seen.add(value);
    const own = ["data", "message", "cause", "error", "originalError", "body", "info", "reason"];
    for (const name of own) {
      const found = search((value as Record<string, unknown>)[name], depth + 1);
      if (found !== null) return found;
    }
    return null;
  };
  const found = search(error, 0);
  return found ?? (isRevert || (error as RpcError | null)?.code === 3 ? "" : null);
}

function textOf(data: string): string {
  const size = Number(BigInt(`0x${data.slice(64, 128)}`) & 0xffffn);
  const text = data.slice(128, 128 + 2 * Math.min(size, 1024));
  return printable(hexToString(`0x${text.length % 2 ? text.slice(0, -1) : text}`));
}

/** Questions of one moment together, where the provider takes them so. */
function queued(provider: Batching): Chain["ask"] {
  interface Waiting extends Question {
    resolve: (value: unknown) => void;
    reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let batches = provider.batch !== undefined;
  const single = ({ method, params, resolve, reject }: Waiting) =>
    provider.request({ method, params }).then(resolve, reject);
  const send = async (questions: Waiting[]): Promise<void> => {
    if (questions.length === 1 || !batches) {
      await Promise.all(questions.map(single));
      return;
    }
    let answers;
    try {
      answers = await provider.batch!(questions);
    } catch (error) {
      if ((error as DeskError).code === "rpc-unreachable") {
        for (const each of questions) each.reject(error);
        return;
      }
      // a node that takes one question at a time
      batches = false;
      await Promise.all(questions.map(single));
      return;
    }
    questions.forEach(({ resolve, reject }, i) => {
      try {
        resolve(answers[i]!());
      } catch (error) {
        reject(error);
      }
    });
  };
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let at = 0; at < all.length; at += BATCH) void send(all.slice(at, at + BATCH));
  };
  return (method, params) =>
    new Promise<unknown>((resolve, reject) => {
      if (!waiting.length) queueMicrotask(flush);
      waiting.push({ method, params, resolve, reject: (error) => reject(explained(error)) });
    });
}

async function blockOf(ask: Chain["ask"], tag: string): Promise<Block> {
  const method = "eth_getBlockByNumber";
  const found = (await ask(method, [tag, false])) as Record<string, unknown> | null;
  if (!found || !isHex(found.hash)) throw new DeskError("rpc-answer", { method });
  return {
    number: quantity(found.number, method),
    hash: found.hash,
    timestamp: quantity(found.timestamp, method),
  };
}
