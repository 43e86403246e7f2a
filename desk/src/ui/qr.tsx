/** A link as a QR code: black on white, with the quiet zone that readers need. */

import { useMemo } from "preact/hooks";
import { type Code, qr } from "../core/qr.ts";
import { say } from "../i18n/words.ts";
import { Button, Notice } from "./parts.tsx";
import { download } from "./store.ts";

const QUIET = 4;

/** Null: too long for a code. */
function drawn(text: string): Code | null {
  try {
    return qr(text);
  } catch {
    return null;
  }
}

export function QrCode({ of }: { of: string }) {
  // not once more with every letter that is typed beside it
  const code = useMemo(() => drawn(of), [of]);
  if (!code) return <Notice kind="plain" title={say("qr.long")} />;
  const { rows } = code;
  const size = rows.length + 2 * QUIET;
  const path = rows
    .map((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")).join(""))
    .join("");
  const box = `0 0 ${size} ${size}`;
  const file =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}"><path fill="#fff" d="M0 0h${size}v${size}H0z"/>` +
    `<path d="${path}"/></svg>\n`;
  return (
    <figure class="qr">
      <svg viewBox={box} role="img" aria-label={say("qr.what")} shape-rendering="crispEdges">
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" />
      </svg>
      <figcaption>
        <Button onClick={() => download("payment.svg", file, "image/svg+xml")}>{say("qr.save")}</Button>
      </figcaption>
    </figure>
  );
}
