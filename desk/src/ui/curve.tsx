/** What a row earns as proceeds grow, drawn; the table beside it says the same in figures. */

import type { Currency, Outlook } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { money } from "./format.ts";

const WIDE = 600;
const HIGH = 240;
const LEFT = 8;
const UNDER = 26;

/** @param points Ascending; of an agreement that is new, `before` is nothing and is not drawn. */
export function Curve({
  points,
  marks,
  currency,
  hasBefore,
}: {
  points: readonly Outlook[];
  marks: readonly { at: bigint; name: string }[];
  currency: Currency;
  hasBefore: boolean;
}) {
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last || last.level === first.level) return null;
  const most = points.reduce((top, each) => [each.before, each.after].reduce(max, top), 1n);
  const wide = last.level - first.level;
  const x = (level: bigint): number => LEFT + share(level - first.level, wide) * (WIDE - 2 * LEFT);
  const y = (earned: bigint): number => HIGH - UNDER - share(earned, most) * (HIGH - UNDER - 18);
  const line = (of: "before" | "after"): string =>
    points.map((each) => `${x(each.level).toFixed(1)},${y(each[of]).toFixed(1)}`).join(" ");
  return (
    <figure class="curve">
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={say("curve.what")}>
        <line class="axis" x1={LEFT} y1={HIGH - UNDER} x2={WIDE - LEFT} y2={HIGH - UNDER} />
        {marks
          .filter(({ at }) => at > first.level && at < last.level)
          .map(({ at, name }) => (
            <g key={name}>
              <line class="mark" x1={x(at)} y1={14} x2={x(at)} y2={HIGH - UNDER} />
              <text x={x(at)} y={10} text-anchor="middle">
                {name}
              </text>
            </g>
          ))}
        {hasBefore && <polyline class="before" points={line("before")} />}
        <polyline class="after" points={line("after")} />
        <text x={LEFT} y={HIGH - 8}>
          {money(first.level, currency)}
        </text>
        <text x={WIDE - LEFT} y={HIGH - 8} text-anchor="end">
          {money(last.level, currency)}
        </text>
      </svg>
      <figcaption>
        {hasBefore && (
          <span>
            <svg viewBox="0 0 36 8" width="36" height="8" aria-hidden="true">
              <line class="before" x1="0" y1="4" x2="36" y2="4" />
            </svg>{" "}
            {say("change.now")}
          </span>
        )}
        <span>
          <svg viewBox="0 0 36 8" width="36" height="8" aria-hidden="true">
            <line class="after" x1="0" y1="4" x2="36" y2="4" />
          </svg>{" "}
          {say(hasBefore ? "change.after" : "change.yours")}
        </span>
        <span>{say("curve.top", { amount: money(most, currency) })}</span>
      </figcaption>
    </figure>
  );
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

/** A part from 0 to 1, near enough for a picture. */
function share(part: bigint, of: bigint): number {
  return of > 0n ? Number((part * 10_000n) / of) / 10_000 : 0;
}
