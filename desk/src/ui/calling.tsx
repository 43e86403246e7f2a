/** Calling for bids: the document is saved first, its hash and what the contract must know are sent. */

import { useState } from "preact/hooks";
import { openCall } from "../chain/bidding.ts";
import type { Chain } from "../chain/rpc.ts";
import { type CallPaper, documentHash, plainNumber, plainText, writeDocument } from "../core/bid.ts";
import generated from "../core/generated.json";
import { NATIVE } from "../core/terms.ts";
import { SYMBOL } from "../core/text.ts";
import type { Standing } from "../core/types.ts";
import { DAY, PPM, typedPercent } from "../core/units.ts";
import { type Key, say } from "../i18n/words.ts";
import { ActButton } from "./act.tsx";
import { linesFault, linesOf, textFault } from "./bid.tsx";
import { whole } from "./format.ts";
import { Button, Field } from "./parts.tsx";
import { go } from "./route.ts";
import { bytesIn, emcScreen } from "./screen.tsx";
import { download } from "./store.ts";

const LIMITS = generated.limits;
const FIELDS: readonly (readonly [string, Key, string?])[] = [
  ["title", "doc.title"],
  ["role", "call.role"],
  ["scenario", "doc.scenario"],
  ["proposition", "doc.proposition"],
  ["needs", "doc.needs"],
  ["lower", "place.row.lower"],
  ["upper", "place.row.upper"],
  ["places", "calling.places", "1"],
  ["closes", "call.closes"],
  ["reveal", "call.reveal", "0"],
  ["symbol", "call.symbol"],
  ["decimals", "call.decimals"],
  ["uri", "call.uri"],
];
const LONG = ["scenario", "proposition", "needs"];

/** To join a running EMC; only its leader may. */
export const CallLate = emcScreen("calling.of", "calling.lead", ({ seen, standing }) => (
  <CallForm chain={seen.chain} late={standing} again={() => go("/calls")} />
));

const numberOf = (text: string): bigint | null => (/^[0-9]{1,4}$/.test(text.trim()) ? BigInt(text.trim()) : null);

export function CallForm({ chain, late, again }: { chain: Chain; late?: Standing; again: () => void }) {
  const [given, setGiven] = useState<Readonly<Record<string, string>>>(() => ({
    ...Object.fromEntries(FIELDS.map(([name, , value = ""]) => [name, value])),
    ...(late && { symbol: late.currency.symbol, decimals: String(late.currency.decimals) }),
  }));
  const [saved, setSaved] = useState(false);
  const text = (name: string): string => plainText(given[name]!);
  const [lower, upper, places, reveal] = [typedPercent(given["lower"]!), typedPercent(given["upper"]!), numberOf(given["places"]!), numberOf(given["reveal"]!)];
  const closes_at = BigInt(Math.floor(new Date(given["closes"]!).getTime() / 1000) || 0);
  const decimals = numberOf(given["decimals"]!);
  const wrong: Record<string, string | false> = {
    title: textFault(text("title")),
    role: textFault(text("role")) || (bytesIn(text("role")) > LIMITS.role && say("text.long", { most: whole(LIMITS.role) })),
    scenario: textFault(text("scenario"), LIMITS.prose),
    proposition: textFault(text("proposition"), LIMITS.prose),
    needs: linesFault(given["needs"]!) || (!linesOf(given["needs"]!).length && say("bid.missing")),
    lower: lower === null && say("shares.percent"),
    upper: (upper === null || upper < (lower ?? 0n) || !upper || upper > PPM) && say("calling.bounds"),
    places: (!places || places > LIMITS.places) && say("assess.number"),
    closes: closes_at <= chain.block.timestamp && say("calling.over"),
    reveal: reveal === null && say("assess.number"),
    symbol: !SYMBOL.test(text("symbol")) && say("bid.missing"),
    decimals: (decimals === null || decimals > LIMITS.decimals) && say("assess.number"),
    uri: bytesIn(text("uri")) > LIMITS.uri && say("text.long", { most: whole(LIMITS.uri) }),
  };
  const first = FIELDS.flatMap(([name, title]) => (wrong[name] ? [`${say(title)}: ${wrong[name]}`] : []))[0];
  const paper = (): CallPaper => ({
    title: text("title"),
    role: text("role"),
    scenario: text("scenario"),
    proposition: text("proposition"),
    needs: linesOf(given["needs"]!),
    share: { lower: plainNumber(given["lower"]!), upper: plainNumber(given["upper"]!) },
    places: Number(places),
    deadline: new Date(Number(closes_at) * 1000).toISOString().replace(".000", ""),
    sealed: reveal! > 0n,
    // as files without seals have it, and spelt as they spell it
    reveal: !reveal ? "2d" : reveal % 7n ? `${reveal}d` : `${reveal / 7n}w`,
    currency: { symbol: text("symbol"), decimals: Number(decimals) },
  });
  return (
    <>
      {FIELDS.filter(([name]) => !late || (name !== "symbol" && name !== "decimals")).map(([name, title]) => (
        <Field
          key={name}
          name={say(title)}
          value={given[name]!}
          rows={LONG.includes(name) ? 3 : undefined}
          {...(name === "closes" && { type: "datetime-local" as const })}
          hint={name === "needs" ? say("bid.line_each") : name === "uri" ? say("me.uri.hint") : undefined}
          wrong={given[name] !== "" && wrong[name]}
          onInput={(typed) => {
            setGiven({ ...given, [name]: typed });
            setSaved(false);
          }}
        />
      ))}
      <Button
        kind={saved ? "plain" : "main"}
        why={first}
        onClick={() => {
          download(`call-${text("role").replace(/\W+/g, "-")}.json`, writeDocument(paper()));
          setSaved(true);
        }}
      >
        {say("file.save")}
      </Button>
      <ActButton
        chain_id={chain.id}
        why={first || (!saved && say("rate.salt.first"))}
        make={() => {
          const call = {
            emc: late?.emc ?? NATIVE,
            role: text("role"),
            document: documentHash(paper()),
            lower: lower!,
            upper: upper!,
            places: places!,
            closes_at,
            reveal: reveal! * DAY,
            bar: { registry: NATIVE, stars: 0n, emcs: 0n, proceeds: 0n, currency: NATIVE, admits_unrated: false },
          };
          return openCall(call, text("uri"), late?.terms);
        }}
        onDone={again}
      >
        {say("calling.do")}
      </ActButton>
    </>
  );
}
