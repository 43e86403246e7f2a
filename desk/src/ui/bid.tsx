/** Writing a bid, openly or under seal; and opening a seal. */

import { useState } from "preact/hooks";
import { placeBid, type Offer, type Posting, seal, sealBid, unseal } from "../chain/bidding.ts";
import type { Chain } from "../chain/rpc.ts";
import { SYSTEM } from "../chain/system.ts";
import { type Bid, documentHash, plainNumber, plainText, readSeal, type SealedBid, writeDocument, writeSeal } from "../core/bid.ts";
import generated from "../core/generated.json";
import { DeskError } from "../core/types.ts";
import { isKey } from "../core/text.ts";
import { PPM, typedPercent } from "../core/units.ts";
import { say } from "../i18n/words.ts";
import { Do } from "./calls.tsx";
import { part, whole } from "./format.ts";
import { bytesOf } from "./intake.ts";
import { Drop } from "./open.tsx";
import { Button, Field, Notice, Problem } from "./parts.tsx";
import { addressOf } from "./redirect.tsx";
import { bytesIn } from "./screen.tsx";
import { download, useDesk } from "./store.ts";

interface Seen {
  chain: Chain;
  posting: Posting;
}

const TEXTS = ["key", "name", "solution", "obligations", "expected_performance", "resources"] as const;
const NUMBERS = ["asked", "lower", "upper", "cost_cover", "running_cost"] as const;
type Name = (typeof TEXTS)[number] | (typeof NUMBERS)[number] | "payee" | "uri";
const LISTS: readonly Name[] = ["obligations", "expected_performance", "resources"];
const LIMITS = generated.limits;

/** What is wrong with a bid, field by field; nothing if it can be made. */
function faults(given: Readonly<Record<Name, string>>, { lower, upper }: Posting): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  if (!isKey(given.key)) found.key = say("doc.key.wrong");
  for (const name of ["name", "solution", "obligations", "expected_performance"] as const) {
    const most = name === "solution" ? LIMITS.prose : name === "name" ? LIMITS.line : Infinity;
    const fault = textFault(plainText(given[name]), most);
    if (fault) found[name] = fault;
  }
  for (const name of LISTS) {
    const fault = linesFault(given[name]);
    if (fault) found[name] = fault;
  }
  const [asked, least, most, running] = (["asked", "lower", "upper", "running_cost"] as const).map((name) => {
    const value = typedPercent(given[name]);
    if (value === null || value > PPM) found[name] = say("shares.percent");
    return value ?? 0n;
  }) as [bigint, bigint, bigint, bigint];
  if (!found.asked && (asked < least || asked > most)) found.asked = say("bid.own_bounds");
  if (!found.asked && (asked < lower || asked > upper)) {
    found.asked = say("shares.outside", { lower: part(lower), upper: part(upper) });
  }
  if (running >= PPM) found.running_cost = say("shares.percent");
  if (!/^[0-9]+([.,][0-9]+)?$/.test(given.cost_cover.trim())) found.cost_cover = say("assess.number");
  const { wrong } = addressOf(given.payee.trim());
  if (wrong) found.payee = wrong;
  if (bytesIn(given.uri.trim()) > LIMITS.uri) found.uri = say("text.long", { most: whole(LIMITS.uri) });
  return found;
}

export const textFault = (text: string, most = LIMITS.line): string =>
  !text ? say("bid.missing") : text.length > most ? say("text.many", { most: whole(most) }) : "";

export const linesFault = (text: string): string => {
  const lines = linesOf(text);
  const fits = lines.length <= LIMITS.lines && lines.every((each) => each.length <= LIMITS.line);
  return fits ? "" : say("bid.lines", { lines: whole(LIMITS.lines), most: whole(LIMITS.line) });
};

export const linesOf = (text: string): string[] => text.split("\n").map(plainText).filter(Boolean);

function bidOf(given: Readonly<Record<Name, string>>): Bid {
  return {
    key: given.key,
    name: plainText(given.name),
    solution: plainText(given.solution),
    obligations: linesOf(given.obligations),
    expected_performance: linesOf(given.expected_performance),
    resources: linesOf(given.resources),
    share: {
      lower: plainNumber(given.lower),
      upper: plainNumber(given.upper),
      asked: plainNumber(given.asked),
    },
    cost_cover: plainNumber(given.cost_cover),
    running_cost: plainNumber(given.running_cost),
    payee: addressOf(given.payee.trim()).address!,
  };
}

export function BidForm({
  seen,
  me,
  again,
  isBetter,
}: {
  seen: Seen;
  me: bigint;
  again: () => void;
  isBetter: boolean;
}) {
  const { connection } = useDesk();
  const { posting, chain } = seen;
  const isSealed = posting.reveal > 0n;
  const [given, setGiven] = useState<Readonly<Record<Name, string>>>(() => ({
    key: "",
    name: "",
    solution: "",
    obligations: "",
    expected_performance: "",
    resources: "",
    asked: "",
    lower: "",
    upper: "",
    cost_cover: "0",
    running_cost: "0",
    payee: connection?.accounts[0] ?? "",
    uri: "",
  }));
  const [kept, setKept] = useState<SealedBid | null>(null);
  const [saved, setSaved] = useState("");
  const [error, setError] = useState<unknown>(null);
  const wrong = faults(given, posting);
  const titleOf = (name: Name): string => say(name === "uri" ? "call.uri" : `doc.${name}`);
  const first = (Object.keys(given) as Name[]).flatMap((name) => (wrong[name] ? [`${titleOf(name)}: ${wrong[name]}`] : []))[0];
  const field = (name: Name, hint?: string) => (
    <Field
      key={name}
      name={titleOf(name)}
      value={given[name]}
      rows={LISTS.includes(name) || name === "solution" ? 3 : name === "payee" ? 2 : undefined}
      hint={hint}
      wrong={given[name] !== "" && wrong[name]}
      onInput={(text) => {
        setGiven({ ...given, [name]: text });
        // what is sent must be what lies in the file
        setKept(null);
        setSaved("");
      }}
    />
  );
  const save = async (): Promise<void> => {
    setError(null);
    try {
      const bid = bidOf(given);
      const document = documentHash(bid);
      download(`bid-${posting.number}-${bid.key}.json`, writeDocument(bid));
      setSaved(document);
      if (!isSealed) return;
      const place = { chain_id: chain.id, contract: SYSTEM.CallForBids, call: posting.number, me };
      const made = await sealBid(chain, place, typedPercent(given.asked)!, document);
      const text = writeSeal(made, bid);
      download(sealName(made), text);
      keep(made, text);
      setKept(made);
    } catch (problem) {
      setError(problem);
    }
  };
  const why = first || (!saved && say("rate.salt.first")) || (isSealed && !kept && say("rate.salt.first"));
  return (
    <>
      {TEXTS.map((name) =>
        field(name, LISTS.includes(name) ? say("bid.line_each") : name === "key" ? say("doc.key.hint") : undefined),
      )}
      {NUMBERS.map((name) => field(name))}
      {field("payee")}
      {!isSealed && field("uri", say("me.uri.hint"))}
      {isSealed && <Notice kind="care" title={say("bid.seal.hint")} />}
      <Button kind={saved ? "plain" : "main"} why={first} onClick={() => void save()}>
        {say("bid.save")}
      </Button>
      {error !== null && <Problem error={error} />}
      <Do
        seen={seen}
        again={again}
        why={why}
        make={() =>
          isSealed
            ? seal(kept!)
            : placeBid(posting.number, typedPercent(given.asked)!, documentHash(bidOf(given)), given.uri.trim())
        }
        what={say(isSealed ? "bid.seal" : isBetter ? "bid.better" : "bid.place")}
      />
    </>
  );
}

const sealName = ({ call, commitment }: SealedBid): string => `bid-${call}-${commitment.slice(2, 10)}.salt.json`;
const keyOf = (of: { commitment: string }): string => `emc-desk/bid-${of.commitment}`;

function keep(of: SealedBid, text: string): void {
  try {
    localStorage.setItem(keyOf(of), text);
  } catch {
    // it was downloaded
  }
}

/** Opens a seal with what was kept, here or in the file that was saved. */
export function Unseal({ seen, me, own, again }: { seen: Seen; me: bigint; own: Offer; again: () => void }) {
  const [found, setFound] = useState<SealedBid | null>(() => {
    try {
      const text = localStorage.getItem(keyOf({ commitment: own.hash }));
      return text ? readSeal(new TextEncoder().encode(text)) : null;
    } catch {
      return null;
    }
  });
  const [error, setError] = useState<unknown>(null);
  const bring = async (files: readonly File[]): Promise<void> => {
    setError(null);
    try {
      const read = readSeal(await bytesOf(files[0]!));
      if (read.commitment !== own.hash || read.me !== me) throw new DeskError("other-paper", {});
      setFound(read);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <>
      {found ? <Notice kind="good" title={say("bid.seal.found")} /> : <p>{say("rate.salt.bring")}</p>}
      <Drop onFiles={(files) => void bring(files)} />
      {error !== null && <Problem error={error} />}
      <Do seen={seen} again={again} why={!found && say("rate.salt.missing")} make={() => unseal(found!, "")} what={say("bid.open")} />
    </>
  );
}
