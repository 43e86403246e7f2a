/** What waits about an EMC, each with the one thing to do about it. */

import * as calls from "../chain/calls.ts";
import { propose } from "../core/files.ts";
import { ASSESSOR, rowOf } from "../core/terms.ts";
import type { Call, Change, OpenProposal, Proposal, Standing, Task } from "../core/types.ts";
import { say } from "../i18n/words.ts";
import { left, money, moment } from "./format.ts";
import { counted } from "./rules.ts";
import { Button, LinkTo, nameOf } from "./parts.tsx";
import { go, paths } from "./route.ts";
import { ActNow } from "./screen.tsx";
import { put, useDesk } from "./store.ts";

/** A renegotiation that is open on chain, as the paper that people sign. */
export function paperOf(standing: Standing, open: OpenProposal): Proposal {
  const shares = open.after.rows
    .filter((row) => {
      const old = rowOf(standing.terms, row.id);
      return !old || old.base !== row.base || old.leading !== row.leading || old.upside !== row.upside;
    })
    .map(({ id, base, leading, upside }) => ({ row: id, base, leading, upside }));
  return proposed(standing, { kind: "renegotiation", shares });
}

function proposed(standing: Standing, change: Change): Proposal {
  return propose(standing.chain_id, standing.emc, standing.epoch, standing.terms, change);
}

/** What a task is, in words. */
export function taskTold(standing: Standing, task: Task): string {
  const rows = task.row === undefined ? "" : nameOf(standing.labels, task.row);
  return say(`task.${task.what}`, {
    amount:
      task.amount === undefined
        ? ""
        : ["object_value", "finalise", "drop"].includes(task.what)
          ? counted({ metric: task.metric! }, task.amount, standing.currency)
          : money(task.amount, standing.currency),
    row: task.row === 128 ? say("address.backstop") : rows,
    by:
      task.submitter === undefined
        ? ""
        : task.submitter === ASSESSOR
          ? say("address.assessor")
          : nameOf(standing.labels, task.submitter),
    clause: task.clause ?? "",
  });
}

export function Tasks({
  standing,
  tasks,
  again,
}: {
  standing: Standing;
  tasks: readonly Task[];
  again: () => void;
}) {
  const now = standing.block.timestamp;
  return (
    <ul class="tasks">
      {tasks.map((task, at) => (
        <li key={`${task.what} ${task.row} ${task.matter} ${at}`}>
          <p>
            <strong>{taskTold(standing, task)}</strong>
          </p>
          <p>
            {task.since > now && say("task.since", { at: moment(task.since), left: left(task.since, now) })}
            {task.until > 0n &&
              ` ${say("task.until", { at: moment(task.until), left: left(task.until, now) })}`}
          </p>
          {task.since <= now && <Todo standing={standing} task={task} again={again} />}
        </li>
      ))}
    </ul>
  );
}

function Todo({ standing, task, again }: { standing: Standing; task: Task; again: () => void }) {
  const { connection } = useDesk();
  const { chain_id, emc } = standing;
  const account = connection?.accounts[0]?.toLowerCase();
  const own = standing.rows.find((each) => each.controller.toLowerCase() === account)?.row.id;
  const act = (make: (now: Standing) => Call, label: string, kind: "main" | "danger" = "main") => (
    <ActNow standing={standing} again={again} make={make} kind={kind}>
      {label}
    </ActNow>
  );
  const screen = (name: string, label: string) => (
    <LinkTo to={paths.emc(chain_id, emc, name)} kind="button">
      {label}
    </LinkTo>
  );
  const paper = (make: () => Proposal, label: string) => (
    <Button kind="main" onClick={() => go(paths.paper(put(make())))}>
      {label}
    </Button>
  );
  const row = task.row ?? own;
  switch (task.what) {
    case "sign":
    case "object":
    case "submit": {
      const open = standing.proposals.find((each) => each.matter === task.matter);
      return open ? paper(() => paperOf(standing, open), say("task.read")) : null;
    }
    case "disband":
      return paper(() => proposed(standing, { kind: "disbanding" }), say("task.read"));
    case "expel":
      return paper(
        () => proposed(standing, { kind: "expulsion", accused: task.row!, clause: task.clause ?? "" }),
        say("task.read"),
      );
    case "withdraw":
      return act(() => calls.withdraw(emc, task.row!), say("do.withdraw"));
    case "disburse":
      return act(() => calls.disburse(emc), say("do.disburse"));
    case "absorb":
      return act(() => calls.absorb(emc), say("do.absorb"));
    case "end":
      return act(() => calls.end(emc), say("do.end"), "danger");
    case "record_miss":
      return act((now) => calls.recordMiss(now), say("do.record_miss"));
    case "finalise":
      return act((now) => calls.finaliseValue(now, task.metric!, task.submitter!), say("do.finalise"));
    case "drop":
      return act(() => calls.dropValue(emc, task.metric!, task.submitter!), say("do.drop"));
    case "object_value":
      return row === undefined
        ? null
        : act((now) => calls.objectToValue(now, own ?? row, task.metric!, task.submitter!), say("do.object_value"), "danger");
    case "leave":
      return act((now) => calls.leave(now, task.row!), say("do.leave"));
    case "open_review":
    case "commit":
    case "reveal":
    case "finalise_review":
      return screen("rate", say("rate.open"));
    case "assess":
      return screen("assess", say("assess.do"));
    case "answer_charge":
      return screen("report", say("report.do"));
  }
}
