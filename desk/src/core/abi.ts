/** ABIs of the contracts, from generated.json, and what crosses the wire by them. */

import type { AbiParameter } from "viem";
import {
  decodeAbiParameters,
  encodeAbiParameters,
  hexToString,
  keccak256,
  stringToHex,
} from "viem/utils";
import generated from "./generated.json";
import type { Address, Hex } from "./types.ts";

/** Types and names: `u amount`, with a star where it is a topic; a struct's type is `#` and its place. */
interface Contract {
  /** Types of arguments and answers: `a,h>bool`. */
  functions: Record<string, string>;
  events: Record<string, string>;
}

const contracts = generated.contracts as unknown as Record<string, Contract>;

type Parameter = AbiParameter & { indexed?: boolean };

function parameters(text: string): Parameter[] {
  return text ? text.split(",").map(parameter) : [];
}

const SHORT: Readonly<Record<string, string>> = { u: "uint256", a: "address", h: "bytes32" };

function parameter(text: string): Parameter {
  const [short = "", told = ""] = text.split(" ");
  const type = short.replace(/\w+/, (word) => SHORT[word] ?? word);
  const indexed = told.endsWith("*");
  const name = told.replace("*", "");
  const struct = /^#(\d+)(.*)$/.exec(type);
  if (!struct) return { name, type, indexed };
  const components = parameters(generated.structs[Number(struct[1])]!);
  return { name, type: `tuple${struct[2]}`, components, indexed };
}

/** `Terms` and `Row[]` as the contracts' functions take them. */
export const TABLE: readonly AbiParameter[] = [
  parameter(`${generated.terms} terms`),
  parameter(`${generated.row} rows`),
];

/** `Order` as Checkout takes it. */
export const ORDER: AbiParameter = parameter(`${generated.order_type} order`);

function signature(name: string, inputs: readonly AbiParameter[]): string {
  const spelt = (each: AbiParameter): string =>
    "components" in each
      ? `(${(each.components as readonly AbiParameter[]).map(spelt).join(",")})${each.type.slice(5)}`
      : each.type;
  return `${name}(${inputs.map(spelt).join(",")})`;
}

const topicOf = (name: string, inputs: readonly AbiParameter[]): Hex =>
  keccak256(stringToHex(signature(name, inputs)));

interface Function_ {
  selector: Hex;
  inputs: readonly AbiParameter[];
  outputs: readonly AbiParameter[];
}

const functions = new Map<string, Function_>();

function functionOf(contract: string, name: string): Function_ {
  const key = `${contract}.${name}`;
  let found = functions.get(key);
  if (!found) {
    const packed = contracts[contract]?.functions[name];
    if (!packed) throw new Error(`${key} is not in the ABI`);
    const [inputs, outputs] = packed.split(">").map(parameters);
    const selector = topicOf(name, inputs!).slice(0, 10) as Hex;
    functions.set(key, (found = { selector, inputs: inputs!, outputs: outputs! }));
  }
  return found;
}

/** The data of a call. */
export function encodeCall(contract: string, name: string, args: readonly unknown[]): Hex {
  const { selector, inputs } = functionOf(contract, name);
  return (selector + encodeAbiParameters(inputs, args as never).slice(2)) as Hex;
}

/** What a view answered: its only value, or a list of them. */
export function decodeAnswer(contract: string, name: string, data: Hex): unknown {
  const { outputs } = functionOf(contract, name);
  const found = decodeAbiParameters(outputs, data) as readonly unknown[];
  return outputs.length === 1 ? found[0] : found;
}

interface Event_ {
  name: string;
  inputs: readonly Parameter[];
}

const events = new Map<string, Map<Hex, Event_>>();

function eventsOf(contract: string): Map<Hex, Event_> {
  let found = events.get(contract);
  if (!found) {
    found = new Map();
    for (const [name, packed] of Object.entries(contracts[contract]?.events ?? {})) {
      const inputs = parameters(packed);
      found.set(topicOf(name, inputs), { name, inputs });
    }
    events.set(contract, found);
  }
  return found;
}

/** The first topic of an event. */
export function eventTopic(contract: string, name: string): Hex {
  for (const [topic, each] of eventsOf(contract)) if (each.name === name) return topic;
  throw new Error(`${contract}.${name} is no event`);
}

/** An address as a topic. */
export const addressTopic = (address: Address): Hex =>
  `0x${address.slice(2).toLowerCase().padStart(64, "0")}`;

/** The name under which an event's argument has the hash of a text: what is logged need be no text. */
export const hashOf = (name: string): string => `${name}_hash`;

/** An event by its contract's ABI; null: the ABI does not have it, or it is malformed. */
export function decodeLog(
  contract: string,
  topics: readonly Hex[],
  data: Hex,
): { name: string; args: Record<string, unknown> } | null {
  const event = topics[0] && eventsOf(contract).get(topics[0]);
  if (!event) return null;
  const args: Record<string, unknown> = {};
  try {
    const indexed = event.inputs.filter((each) => each.indexed);
    const others = event.inputs.filter((each) => !each.indexed);
    if (topics.length !== indexed.length + 1) return null;
    // text lies there as bytes do
    const plain = others.map((each) => (each.type === "string" ? { ...each, type: "bytes" } : each));
    const values = decodeAbiParameters(plain, data) as readonly unknown[];
    indexed.forEach((each, i) => {
      args[each.name!] = decodeAbiParameters([each], topics[i + 1]!)[0];
    });
    others.forEach((each, i) => {
      const isText = each.type === "string";
      args[each.name!] = isText ? hexToString(values[i] as Hex) : values[i];
      if (isText) args[hashOf(each.name!)] = keccak256(values[i] as Hex);
    });
  } catch {
    return null;
  }
  return { name: event.name, args };
}
