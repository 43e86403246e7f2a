/** What cannot be taken back is confirmed by the last four characters of an address. */

import { useState } from "preact/hooks";
import type { Address } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { Field, Hash } from "./parts.tsx";

export function useLastFour(of: Address | null) {
  const [text, setText] = useState("");
  const right = of !== null && text.trim().toLowerCase() === of.slice(-4).toLowerCase();
  const field = of && (
    <>
      <p>
        <Hash of={of} what={say("confirm.address")} />
      </p>
      <Field
        name={say("confirm.four")}
        value={text}
        onInput={setText}
        maxLength={4}
        spellcheck={false}
        wrong={text.length === 4 && !right && say("confirm.wrong")}
      />
    </>
  );
  return { right, field };
}
