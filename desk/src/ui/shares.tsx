/** Proposing other shares: what does not fit the terms is said while one types. */

import { useState } from "preact/hooks";
import { TRANCHES } from "../core/terms.ts";
import type { Row, Share, Standing } from "../core/types.ts";
import { percent, PPM, typedPercent } from "../core/units.ts";
import { say } from "../i18n/words.ts";
import { moment, part, partChange, whole } from "./format.ts";
import { Button, Facts, Field, Notice, Row as RowName } from "./parts.tsx";
import { drawUp, emcScreen } from "./screen.tsx";

type Tranche = (typeof TRANCHES)[number];

export const Shares = emcScreen("shares.of", "shares.lead", Proposing);

function Proposing({ standing }: { standing: Standing }) {
  const [given, setGiven] = useState<Readonly<Record<string, string>>>({});
  const { terms, labels, block } = standing;
  const at = (row: Row, tranche: Tranche): string => given[`${row.id} ${tranche}`] ?? percent(row[tranche]);
  const found = terms.rows.map((row) => ({
    row,
    shares: TRANCHES.map((tranche) => typedPercent(at(row, tranche))),
  }));
  const wrong = found.map(({ row, shares }) =>
    shares.map((share, i) => fault(share, row, TRANCHES[i]!, BigInt(row.id) === terms.sink)),
  );
  const sums = TRANCHES.map((_, i) => found.reduce((sum, { shares }) => sum + (shares[i] ?? 0n), 0n));
  const changed: Share[] = found
    .filter(({ row, shares }) => TRANCHES.some((tranche, i) => row[tranche] !== shares[i]))
    .map(({ row, shares: [base, leading, upside] }) => ({
      row: row.id,
      base: base ?? 0n,
      leading: leading ?? 0n,
      upside: upside ?? 0n,
    }));
  const off = sums.findIndex((sum) => sum !== PPM);
  const why =
    standing.stage !== "ACTIVE"
      ? say("error.not-active")
      : wrong.flat().some(Boolean)
        ? say("shares.wrong")
        : off >= 0
          ? say("shares.sum.wrong", { tranche: say(`tranche.${TRANCHES[off]!}.short`), sum: part(sums[off]!) })
          : !changed.length && say("change.nothing");
  const { quorum, window } = terms.renegotiation;
  const nodes = terms.rows.filter((row) => typeof row.party === "bigint").length;
  return (
    <>
      <Facts
        of={[
          [say("shares.needs"), whole((quorum * BigInt(nodes) + PPM - 1n) / PPM)],
          standing.renegotiable_from > block.timestamp && [say("shares.from"), moment(standing.renegotiable_from)],
        ]}
      />
      {window > 0n && <p>{say("window.open.hint")}</p>}
      {terms.rows.map((row, place) => (
        <fieldset key={row.id}>
          <legend>
            <RowName labels={labels} row={row.id} />
          </legend>
          <p class="hint">{say("bounds.from_to", { lower: part(row.lower), upper: part(row.upper) })}</p>
          <div class="three">
            {TRANCHES.map((tranche, i) => (
              <Field
                key={tranche}
                name={say("shares.field", { tranche: say(`tranche.${tranche}.short`) })}
                value={at(row, tranche)}
                inputMode="decimal"
                onInput={(text) => setGiven({ ...given, [`${row.id} ${tranche}`]: text })}
                wrong={wrong[place]![i]}
              />
            ))}
          </div>
        </fieldset>
      ))}
      <div role="status">
        <Facts
          of={TRANCHES.map((tranche, i) => {
            const rest = PPM - sums[i]!;
            const told = rest ? ` ✕ ${say("shares.rest", { part: partChange(rest) })}` : " ✓";
            return [say("shares.sum", { tranche: say(`tranche.${tranche}.short`) }), part(sums[i]!) + told] as const;
          })}
        />
      </div>
      <Button
        kind="main"
        why={why}
        onClick={() => drawUp(standing, { kind: "renegotiation", shares: changed })}
      >
        {say("shares.do")}
      </Button>
      <Notice kind="plain" title={say("paper.drawn")} />
    </>
  );
}

/** The contract's rule: inside the bounds; the sink may keep what it took over. */
function fault(share: bigint | null, row: Row, tranche: Tranche, is_sink: boolean): string {
  if (share === null) return say("shares.percent");
  const most = is_sink && row[tranche] > row.upper ? row[tranche] : row.upper;
  if (share >= row.lower && share <= most) return "";
  return say("shares.outside", { lower: part(row.lower), upper: part(most) });
}
