/** Bringing papers: dropped, chosen, from the folder of the desk's server, or a link. */

import { useEffect, useState } from "preact/hooks";
import { isSlip, linkOf, readSlip } from "../core/checkout.ts";
import type { Refused } from "../core/types.ts";
import { count, say } from "../i18n/words.ts";
import { bytesOf, take, type Taken } from "./intake.ts";
import { Busy, Button, Field, LinkTo, Notice, Part, Problem, problemTold, Screen } from "./parts.tsx";
import { titleOf } from "./titles.ts";
import { isRequest } from "./payment.ts";
import { go, paths } from "./route.ts";
import { useDesk } from "./store.ts";

export function OpenPaper() {
  const { server, papers } = useDesk();
  const [taken, setTaken] = useState<Taken | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [folder, setFolder] = useState<readonly { name: string; size: number }[]>([]);

  useEffect(() => {
    if (server) void server.files().then(setFolder).catch(setError);
  }, [server]);

  const bring = async (load: () => Promise<{ name: string; bytes: Uint8Array }[]>): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const brought = await load();
      // requests and signed payments have a screen of their own
      const slip = brought.find((each) => isSlip(each.bytes));
      if (slip) return go(paths.order(linkOf(readSlip(slip.bytes))));
      const found = await take(brought);
      setTaken(found);
      if (found.keys.length === 1 && !found.refused.length) go(paths.paper(found.keys[0]!));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const bringFiles = (files: readonly File[]): Promise<void> =>
    bring(() => Promise.all(files.map(async (file) => ({ name: file.name, bytes: await bytesOf(file) }))));

  return (
    <Screen title={say("open.title")} lead={say("open.lead")}>
      <Drop many onFiles={(files) => void bringFiles(files)} />
      {busy && <Busy>{say("open.busy")}</Busy>}
      {error !== null && <Problem error={error} />}
      {taken && <TakenTold taken={taken} />}
      {folder.length > 0 && server && (
        <Part title={say("open.folder")}>
          <ul class="plain">
            {folder.map(({ name }) => (
              <li key={name}>
                <Button onClick={() => void bring(async () => [{ name, bytes: await server.read(name) }])}>
                  <bdi>{name}</bdi>
                </Button>
              </li>
            ))}
          </ul>
        </Part>
      )}
      <Link />
      {papers.size > 0 && (
        <Part title={say("open.here")}>
          <Papers keys={[...papers.keys()]} />
        </Part>
      )}
    </Screen>
  );
}

/** A place to drop files on, which is also a button to choose them. */
export function Drop({ onFiles, many = false }: { onFiles: (files: readonly File[]) => void; many?: boolean }) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const dragged = (event: DragEvent): void => {
      event.preventDefault();
      setOver(event.type === "dragover");
      const files = event.type === "drop" ? [...(event.dataTransfer?.files ?? [])] : [];
      if (files.length) onFiles(files);
    };
    const types = ["dragover", "dragleave", "drop"] as const;
    for (const each of types) addEventListener(each, dragged);
    return () => {
      for (const each of types) removeEventListener(each, dragged);
    };
  });
  return (
    <label class={over ? "drop over" : "drop"}>
      <strong>{say(many ? "open.drop" : "open.drop.one")}</strong>
      {many && <span>{say("open.drop.hint")}</span>}
      <input
        type="file"
        multiple={many}
        accept=".json,application/json"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          if (files.length) onFiles(files);
        }}
      />
    </label>
  );
}

export function TakenTold({ taken }: { taken: Taken }) {
  return (
    <div role="status">
      {taken.keys.length > 0 && (
        <Notice kind="good" title={count("open.taken", taken.keys.length)}>
          <Papers keys={taken.keys} />
        </Notice>
      )}
      {taken.refused.length > 0 && (
        <Notice kind="stop" title={count("open.refused", taken.refused.length)}>
          <ul>
            {taken.refused.map((each, at) => (
              <li key={at}>
                <RefusedTold of={each} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}

function RefusedTold({ of }: { of: Refused }) {
  const { title, hint } = problemTold(of.reason);
  return (
    <>
      <strong>
        <bdi>{of.name.slice(0, 120)}</bdi>
        {of.row !== undefined && `, ${say("row", { row: String(of.row) })}`}
      </strong>
      : {title} {hint}
    </>
  );
}

function Papers({ keys }: { keys: readonly string[] }) {
  const { papers } = useDesk();
  return (
    <ul>
      {keys.map((key) => {
        const paper = papers.get(key);
        return (
          paper && (
            <li key={key}>
              <LinkTo to={paths.paper(key)}>{titleOf(paper)}</LinkTo>
            </li>
          )
        );
      })}
    </ul>
  );
}

/** A payment request, or the address of an EMC. */
function Link() {
  const [text, setText] = useState("");
  const told = text.trim();
  const isPay = isRequest(told);
  return (
    <Part title={say("open.link")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isPay) go(paths.pay(told));
        }}
      >
        <Field
          name={say("open.link.field")}
          value={text}
          onInput={setText}
          spellcheck={false}
          maxLength={500}
        />
        <Button type="submit" why={!isPay && say("open.link.wrong")}>
          {say("open.link.go")}
        </Button>
      </form>
    </Part>
  );
}
