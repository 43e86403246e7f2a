/** What was sent on this visit, in one place: it outlasts the screens it was sent from. */

import { useRef } from "preact/hooks";
import { say } from "../i18n/words.ts";
import { Button, Hash, LinkTo, More, Notice, toHeading } from "./parts.tsx";
import { change, type Sent, state, useDesk } from "./store.ts";

/** More are not kept. */
const MOST = 10;

/** Newest first. */
export function keepSent(sent: Sent): void {
  const others = state.sent.filter((each) => each.hash !== sent.hash);
  change({ sent: [sent, ...others].slice(0, MOST) });
}

export function tellSent(hash: string, part: Partial<Sent>): void {
  change({ sent: state.sent.map((each) => (each.hash === hash ? { ...each, ...part } : each)) });
}

const titleOf = ({ what, state }: Sent): string => `${what}: ${say(`sent.${state}`)}`;
const KINDS = { sent: "plain", done: "good", reverted: "stop" } as const;

export function SentTold() {
  const { sent } = useDesk();
  const place = useRef<HTMLElement>(null);
  const putAway = ({ hash, stop }: Sent): void => {
    stop();
    change({ sent: state.sent.filter((each) => each.hash !== hash) });
    // the button is gone: the keyboard goes on from the next act, or from the screen
    setTimeout(() => {
      const next = place.current?.querySelector("summary");
      if (next) next.focus();
      else toHeading();
    });
  };
  const [newest] = sent;
  return (
    <>
      <p role="status" class="unseen">
        {newest && titleOf(newest)}
      </p>
      {sent.length > 0 && (
        <aside class="sent" aria-label={say("sent.title")} ref={place}>
          {sent.map((each) => (
            <Notice key={each.hash} kind={KINDS[each.state]}>
              <More title={titleOf(each)} open={each.told !== ""}>
                {each.told && <p>{each.told}</p>}
                <p>
                  <LinkTo to={each.at}>{each.where}</LinkTo>
                </p>
                <Hash of={each.hash} what={say("act.transaction")} />
              </More>
              <Button onClick={() => putAway(each)}>{say("sent.away")}</Button>
            </Notice>
          ))}
        </aside>
      )}
    </>
  );
}
