/** What every screen is made of. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { DeskError, type Address, type Label } from "../core/types.ts";
import { type Key, has, say } from "../i18n/words.ts";
import { reasonTold } from "./reasons.ts";
import { groups } from "./format.ts";

type Children = { children?: ComponentChildren };

/** Whether a screen was shown before: the first one leaves the focus where the browser puts it. */
let isUnderWay = false;

/** A screen with its one heading, which is read out when one comes to it from another. */
export function Screen({ title, lead, children }: Children & { title: string; lead?: string | undefined }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isUnderWay) {
      heading.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isUnderWay = true;
  }, []);
  useEffect(() => {
    document.title = `${title} · ${say("desk")}`;
  }, [title]);
  return (
    <main id="main">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {lead && <p class="lead">{lead}</p>}
      {children}
    </main>
  );
}

const heading = (): HTMLElement | null => document.querySelector("main h1");

/** What the heading of the screen says. */
export const screenTitle = (): string => heading()?.textContent ?? "";

/** The keyboard goes on from the heading of the screen, where what had the focus is gone; nothing moves. */
export const toHeading = (): void => heading()?.focus({ preventScroll: true });

export function Part({ title, children, id }: Children & { title: string; id?: string }) {
  const own = useId();
  return (
    <section aria-labelledby={own} id={id}>
      <h2 id={own}>{title}</h2>
      {children}
    </section>
  );
}

export function More({ title, children, open }: Children & { title: string; open?: boolean }) {
  return (
    <details open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** Something that must not be overlooked: said by word, mark and frame, never by colour alone. */
export function Notice({
  kind,
  title,
  children,
}: Children & { kind: "good" | "care" | "stop" | "plain"; title?: string | undefined }) {
  const mark = { good: "✓", care: "!", stop: "✕", plain: "i" }[kind];
  return (
    <div class={`notice ${kind}`} role={kind === "stop" ? "alert" : undefined}>
      <span class="mark" aria-hidden="true">
        {mark}
      </span>
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  );
}

/** Why something failed and what to do, in words. */
export function Problem({ error, children }: Children & { error: unknown }) {
  const { title, hint } = problemTold(error);
  return (
    <Notice kind="stop" title={title}>
      {hint && <p>{hint}</p>}
      {children}
    </Notice>
  );
}

export function problemTold(error: unknown): { title: string; hint: string } {
  if (!(error instanceof DeskError)) {
    const said = error instanceof Error ? error.message : String(error);
    return { title: say("error.unknown"), hint: said.slice(0, 300) };
  }
  if (error.code === "refused") {
    const reason = error.details["reason"] ?? "";
    return { title: reasonTold(reason), hint: say("error.refused.hint", { reason }) };
  }
  const title = `error.${error.code}`;
  const hint = `error.${error.code}.hint`;
  return {
    title: has(title) ? say(title, error.details) : error.message,
    hint: has(hint) ? say(hint, error.details) : "",
  };
}

/** A name and a value; what is not there is left out. */
export type Fact = readonly [string, ComponentChildren] | null | undefined | false;

/** An address or a hash in full, by its name. */
export function hashFact(name: string, of: string): Fact {
  return [name, <Hash of={of} what={name} />];
}

/** Names and values. */
export function Facts({ of }: { of: readonly Fact[] }) {
  return (
    <dl class="facts">
      {of.map(
        (each) =>
          each && (
            <div key={each[0]}>
              <dt>{each[0]}</dt>
              <dd>{each[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** Its title; numbers stand to the right. */
export type Column = string | { right: string };

const titleIn = (column: Column): string => (typeof column === "string" ? column : column.right);
const sideOf = (column: Column): string | undefined => (typeof column === "string" ? undefined : "right");

/** A table that becomes a list of cards on a phone: each cell says its column. */
export function Table({
  caption,
  columns,
  lines,
}: {
  caption: string;
  columns: readonly Column[];
  lines: readonly (readonly ComponentChildren[])[];
}) {
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          {columns.map((each) => (
            <th key={titleIn(each)} scope="col" class={sideOf(each)}>
              {titleIn(each)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map((line, at) => (
          <tr key={at}>
            {line.map((cell, place) => {
              const column = columns[place]!;
              const Cell = place ? "td" : "th";
              return (
                <Cell key={place} scope={place ? undefined : "row"} class={sideOf(column)} data-column={titleIn(column)}>
                  <span>{cell}</span>
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A full address or hash in groups; copied without the gaps, and the copy is spoken of. */
export function Hash({ of, what }: { of: string; what?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard
      ?.writeText(of)
      .then(() => setCopied(true))
      .catch(() => setCopied(false));
  };
  return (
    <span class="hash">
      <code>
        {groups(of).map((group, at) => (
          <span key={at}>{group}</span>
        ))}
      </code>
      <button type="button" class="small" onClick={copy} aria-label={say("copy.what", { what: what ?? of })}>
        {copied ? say("copied") : say("copy")}
      </button>
      <span role="status" class="unseen">
        {copied ? say("copied.what", { what: what ?? of }) : ""}
      </span>
    </span>
  );
}

/** What to call a row: a name is what a file says, the number is the fact. */
export function nameOf(labels: readonly Label[], row: number): string {
  const label = labels.find((each) => each.row === row);
  return label ? say("row.named", { name: label.name, row: String(row) }) : say("row", { row: String(row) });
}

export function Row({ labels, row }: { labels: readonly Label[]; row: number }) {
  return <bdi>{nameOf(labels, row)}</bdi>;
}

type Press = (event: Event) => void;

/** A button that says why it cannot be pressed, and stays reachable to say so. */
export function Button({
  children,
  onClick,
  why,
  kind = "plain",
  type = "button",
}: Children & {
  onClick?: Press;
  why?: string | undefined | false;
  kind?: "main" | "plain" | "danger";
  type?: "button" | "submit";
}) {
  const id = useId();
  return (
    <span class="pressed">
      <button
        type={type}
        class={kind}
        aria-disabled={why ? "true" : undefined}
        aria-describedby={why ? id : undefined}
        onClick={(event) => {
          if (why) event.preventDefault();
          else onClick?.(event);
        }}
      >
        {children}
      </button>
      {why && (
        <span class="why" id={id}>
          {why}
        </span>
      )}
    </span>
  );
}

export function LinkTo({ to, children, kind }: Children & { to: string; kind?: "button" }) {
  return (
    <a href={`#${to}`} class={kind}>
      {children}
    </a>
  );
}

/** A field with its name and, below it, what is wrong or meant. */
export function Field({
  name,
  value,
  onInput,
  hint,
  wrong,
  ...more
}: {
  name: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string | undefined;
  wrong?: string | undefined | false;
  inputMode?: "url" | "numeric" | "decimal";
  type?: "datetime-local";
  /** Several lines. */
  rows?: number | undefined;
  spellcheck?: boolean;
  maxLength?: number;
}) {
  const id = useId();
  const told = wrong || hint;
  const Input = more.rows ? "textarea" : "input";
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <Input
        id={id}
        value={value}
        onInput={(event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value)}
        aria-invalid={wrong ? "true" : undefined}
        aria-describedby={told ? `${id}-told` : undefined}
        autocomplete="off"
        {...more}
      />
      {told && (
        <p id={`${id}-told`} class={wrong ? "wrong" : "hint"}>
          {told}
        </p>
      )}
    </div>
  );
}

export function Choice<V extends string>({
  name,
  value,
  of,
  onChange,
}: {
  name: string;
  value: V;
  of: readonly (readonly [V, string])[];
  onChange: (value: V) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as V)}>
        {of.map(([each, told]) => (
          <option key={each} value={each} selected={each === value}>
            {told}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A screen of what a link says, or of what is wrong with it. */
export function FromLink<T>({
  by,
  title,
  children,
}: {
  by: () => T;
  title: string;
  children: (found: T) => VNode;
}) {
  let found: T;
  try {
    found = by();
  } catch (error) {
    return (
      <Screen title={title}>
        <Problem error={error} />
      </Screen>
    );
  }
  return children(found);
}

/** Something takes its time: said to those who do not see it too. */
export function Busy({ children }: Children) {
  return (
    <p class="busy" role="status">
      <span class="wheel" aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}

/** How far a long reading is. */
export function Far({ done, of, what }: { done: bigint; of: bigint; what: string }) {
  const percent = of > 0n ? Number((done * 100n) / of) : 0;
  return (
    <div class="far">
      <progress max={100} value={percent} aria-label={what} />
      <p>{what}</p>
    </div>
  );
}

/** What a thing is in words of a catalogue, by a key that was put together; else the word itself. */
export function worded(prefix: string, word: string): string {
  const key = `${prefix}.${word}`;
  return has(key) ? say(key as Key) : word;
}

export function isSame(one: Address | string, other: Address | string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
