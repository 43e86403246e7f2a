/** Agreeing: the page rebuilds what is signed, shows what the wallet must show, and checks what it gave. */

import { useRef, useState } from "preact/hooks";
import { approval, checkAhead, checkedHashes, messageOf, revocation, voiceOf } from "../chain/deciding.ts";
import { withSignature } from "../core/files.ts";
import { signatureOf } from "../core/signatures.ts";
import {
  type Currency,
  type Decision,
  DeskError,
  type Hashes,
  type Message,
  type Paper,
  type Voice,
} from "../core/types.ts";
import { DAY } from "../core/units.ts";
import { say } from "../i18n/words.ts";
import { ActButton, signed } from "./act.tsx";
import { AskedTold, useAsking } from "./asking.tsx";
import { Connect } from "./connect.tsx";
import { moment, money, part, span, whole } from "./format.ts";
import {
  Button,
  Choice,
  Facts,
  Hash,
  hashFact,
  LinkTo,
  More,
  nameOf,
  Notice,
  Part,
  Problem,
  Screen,
  Table,
  worded,
} from "./parts.tsx";
import { checkPaper, ReadTold } from "./paper.tsx";
import { judge, type Judged, type Read, useJudged, useRead } from "./reading.ts";
import { go, paths } from "./route.ts";
import { putSigned, state, useDesk } from "./store.ts";
import { NewAddresses } from "./terms.tsx";
import { kindOf, titleOf } from "./titles.ts";
import { type View, viewOf } from "./view.ts";

const SPANS = ["1", "7", "30", "90"] as const;

export function Sign({ id, paper }: { id: string; paper: Paper }) {
  const { connection } = useDesk();
  const judged = useJudged(paper);
  const decision = judged.value?.decision ?? null;
  const account = connection?.accounts[0];
  let voice: Voice | null = null;
  let problem: unknown = null;
  let view: View | null = null;
  try {
    if (decision) {
      checkPaper(paper, decision);
      view = viewOf(paper, judged.value);
      voice = account ? voiceOf(decision, account) : null;
    }
  } catch (error) {
    problem = error;
  }
  return (
    <Screen title={say("sign.title", { what: titleOf(paper) })}>
      <p>
        <LinkTo to={paths.paper(id)}>{say("sign.read")}</LinkTo>
      </p>
      <ReadTold read={judged} chain_id={paper.chain_id} />
      {!connection && (
        <Part title={say("sign.wallet")}>
          <Connect />
        </Part>
      )}
      {judged.value && !decision && <Notice kind="good" title={say("paper.in_force")} />}
      {problem !== null && <Problem error={problem} />}
      {decision && voice && view && problem === null && (
        <Signing id={id} paper={paper} judged={judged} decision={decision} voice={voice} view={view} />
      )}
    </Screen>
  );
}

function Signing({
  id,
  paper,
  judged,
  decision,
  voice,
  view,
}: {
  id: string;
  paper: Paper;
  judged: Read<Judged>;
  decision: Decision;
  voice: Voice;
  view: View;
}) {
  const [days, setDays] = useState<(typeof SPANS)[number]>(paper.paper === "agreement" ? "7" : "30");
  const asking = useAsking();
  // one deadline for what is shown and what is signed, however often the chain is read in between
  const began = useRef(judged.value!.chain.block.timestamp);
  const deadline = began.current + BigInt(days) * DAY;
  const message = messageOf(decision, voice, deadline);
  const chain = judged.value!.chain;
  const hashes = useRead(`${decision.matter} ${voice.account} ${deadline} ${chain.block.number}`, () =>
    checkAhead(chain, decision).then(() => checkedHashes(chain, decision, voice, message)),
  );
  const name = nameOf(view.labels, voice.row);
  const said = decision.words.find((each) => each.voice.row === voice.row);
  const why = asking.asked
    ? say("wallet.asking")
    : hashes.error !== null
      ? say("why.problem")
      : !hashes.value
        ? say("busy.chain")
        : said?.how === "approved"
          ? say("why.agreed")
          : false;

  // read once more: what is signed must be what the chain would count now
  const fresh = async () => {
    const { chain, decision } = await judge(paper);
    if (!decision) throw new DeskError("not-active");
    checkPaper(paper, decision);
    await checkAhead(chain, decision);
    return { chain, decision };
  };

  const agree = (): Promise<void> =>
    asking.ask(async (signal) => {
      const { connection } = state;
      if (!connection) throw new DeskError("wallet-none");
      const now = await fresh();
      const own = voiceOf(now.decision, voice.account);
      const asked_for = messageOf(now.decision, own, deadline);
      const { digest } = await checkedHashes(now.chain, now.decision, own, asked_for);
      // what is signed is what was shown
      if (digest !== hashes.value!.digest) throw new DeskError("meanwhile", { why: say("error.digest-differs") });
      const data = await signed(connection, voice.account, asked_for, { signal });
      await putSigned(withSignature(paper, signatureOf(asked_for, data)));
      go(paths.paper(id, "gather"));
    }, judged.again);

  return (
    <>
      <p class="lead">{say("sign.as", { row: name, kind: worded("kind", kindOf(paper)) })}</p>
      {said && said.how !== "missing" && <Notice kind="good" title={say(`word.you.${said.how}`)} />}
      {said?.why && <Notice kind="care" title={worded("error", said.why.code)} />}
      <NewAddresses view={view} />
      <Choice
        name={say("sign.valid")}
        value={days}
        of={SPANS.map((each) => {
          const long = BigInt(each) * DAY;
          return [each, say("sign.valid.until", { span: span(long), at: moment(began.current + long) })] as const;
        })}
        onChange={setDays}
      />
      {hashes.error !== null && <Problem error={hashes.error} />}
      <Button kind="main" why={why} onClick={() => void agree()}>
        {say(`sign.${kindOf(paper)}`, { row: name })}
      </Button>
      <AskedTold {...asking} />
      {hashes.error === null && <Device message={message} hashes={hashes.value} view={view} />}
      <More title={say("sign.otherwise")}>
        <h3>{say("approve")}</h3>
        <p>{say("approve.hint")}</p>
        <ActButton
          chain_id={paper.chain_id}
          kind="plain"
          of={voice.account}
          why={said?.how === "approved" && say("why.agreed")}
          make={async () => approval((await fresh()).decision, deadline)}
          onDone={judged.again}
        >
          {say("approve")}
        </ActButton>
        <h3>{say("revoke")}</h3>
        <p>{say("revoke.hint")}</p>
        <ActButton
          chain_id={paper.chain_id}
          kind="danger"
          of={voice.account}
          make={() => revocation(decision)}
          onDone={judged.again}
        >
          {say("revoke")}
        </ActButton>
      </More>
    </>
  );
}

/** What the wallet must show: the message in its order, then the hashes in the order of devices. */
function Device({
  message,
  hashes,
  view,
}: {
  message: Message;
  hashes: (Hashes & { contract: string }) | null;
  view: View;
}) {
  return (
    <Part title={say("device.title")}>
      <p>{say("device.lead")}</p>
      <Facts
        of={[
          hashFact(say("device.domain"), hashes?.domain ?? ""),
          hashFact(say("device.message"), hashes?.message ?? ""),
          hashFact(say("device.digest"), hashes?.digest ?? ""),
          hashes !== null && [
            say("device.contract"),
            hashes.contract === hashes.digest ? `✓ ${say("device.same")}` : `✕ ${say("device.other")}`,
          ],
        ]}
      />
      <Table
        caption={say("device.fields", { domain: message.domain.name, chain: String(message.domain.chainId) })}
        columns={[say("fields.field"), say("device.value"), say("device.means")]}
        lines={message.types[message.primaryType]!.map(({ name, type }) => {
          const value = String(message.message[name]);
          return [
            <code>{name}</code>,
            type === "address" || type === "bytes32" ? (
              <Hash of={value} what={name} />
            ) : (
              <code>{value}</code>
            ),
            meaning(name, value, view.currency),
          ];
        })}
      />
    </Part>
  );
}

function meaning(name: string, value: string, currency: Currency): string {
  if (["base", "leading", "upside", "lower", "upper", "running"].includes(name)) return part(BigInt(value));
  if (["ends", "deadline", "charged", "measured"].includes(name)) return moment(BigInt(value));
  if (name === "cost") return money(BigInt(value), currency);
  if (name === "epoch" || name === "me" || name === "row") return whole(BigInt(value));
  return worded("field", name) === name ? "" : worded("field", name);
}
