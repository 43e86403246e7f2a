/** The frame around every screen. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { home } from "../chain/home.ts";
import type { Address } from "../core/types.ts";
import { type Language, NAMES, say } from "../i18n/words.ts";
import { Amend } from "./amend.tsx";
import { Ask } from "./ask.tsx";
import { Useful } from "./boundary.tsx";
import { CallLate } from "./calling.tsx";
import { Calls, CallScreen } from "./calls.tsx";
import { Charge, Disband } from "./conduct.tsx";
import { useWallets, Whose } from "./connect.tsx";
import { Gather } from "./gather.tsx";
import { HomeScreen } from "./home.tsx";
import { takeFolder } from "./intake.ts";
import { Leave } from "./leave.tsx";
import { Look, LookIn } from "./look.tsx";
import { Me } from "./me.tsx";
import { Assess, Reports } from "./measure.tsx";
import { Money } from "./money.tsx";
import { OrderScreen } from "./order.tsx";
import { MyOrders, Returns } from "./orders.tsx";
import { OpenPaper } from "./open.tsx";
import { PaperScreen } from "./paper.tsx";
import { Pay } from "./pay.tsx";
import { Busy, LinkTo, Notice, Screen, toHeading } from "./parts.tsx";
import { Rate } from "./rate.tsx";
import { Redirect } from "./redirect.tsx";
import { paths, useRoute } from "./route.ts";
import type { Where } from "./screen.tsx";
import { SentTold } from "./sent.tsx";
import { Shares } from "./shares.tsx";
import { Sign } from "./sign.tsx";
import { change, useDesk } from "./store.ts";

export function App() {
  useWallets();
  const { language } = useDesk();
  const [ready, setReady] = useState(false);
  useEffect(() => {
    void home()
      .then((server) => {
        change({ server });
        if (server) void takeFolder(server).catch(() => undefined);
      })
      .catch(() => undefined)
      .finally(() => setReady(true));
  }, []);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        {say("top.skip")}
      </a>
      <header>
        <nav aria-label={say("top.nav")}>
          <LinkTo to={paths.home}>{say("home.nav")}</LinkTo>
          <LinkTo to="/open">{say("open.nav")}</LinkTo>
          <LinkTo to={paths.look}>{say("look.nav")}</LinkTo>
        </nav>
        <Whose />
        <label class="language">
          <span class="unseen">{say("top.language")}</span>
          <select
            value={language}
            onChange={(event) => change({ language: event.currentTarget.value as Language })}
          >
            {Object.entries(NAMES).map(([each, name]) => (
              <option key={each} value={each} selected={each === language} lang={each}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </header>
      {ready ? (
        <Useful>
          <Here key={language} />
        </Useful>
      ) : (
        <Busy>{say("busy")}</Busy>
      )}
      <SentTold />
    </>
  );
}

/** Past the frame, without leaving the screen. */
function skip(event: Event): void {
  event.preventDefault();
  toHeading();
  scrollTo(0, 0);
}

/** What can be done about one EMC, by the last part of the route. */
const EMC_SCREENS = new Map<string, (where: Where) => ComponentChildren>([
  ["money", Money],
  ["leave", Leave],
  ["redirect", Redirect],
  ["rate", Rate],
  ["shares", Shares],
  ["amend", Amend],
  ["charge", Charge],
  ["disband", Disband],
  ["assess", Assess],
  ["ask", Ask],
  ["returns", Returns],
  ["report", Reports],
  ["call", CallLate],
]);

function Here() {
  const [first = "", second = "", third = "", fourth = ""] = useRoute();
  const { papers } = useDesk();
  if (first === "") return <HomeScreen />;
  if (first === "open") return <OpenPaper />;
  if (first === "look") return <Look />;
  if (first === "me") return <Me />;
  if (first === "calls") return <Calls />;
  if (first === "call" && /^[0-9]{1,15}$/.test(second) && /^[0-9]{1,30}$/.test(third)) {
    return <CallScreen key={third} chain_id={Number(second)} number={BigInt(third)} />;
  }
  if (first === "order") return <OrderScreen link={second} />;
  if (first === "orders") return <MyOrders />;
  if (first === "pay") return <Pay request={second} />;
  if (first === "paper") {
    const paper = papers.get(second);
    if (!paper) return <Nowhere text={say("paper.gone")} />;
    if (third === "sign") return <Sign key={second} id={second} paper={paper} />;
    if (third === "gather") return <Gather key={second} id={second} paper={paper} />;
    return <PaperScreen key={second} id={second} paper={paper} />;
  }
  if (first === "emc" && /^[0-9]{1,15}$/.test(second) && /^0x[0-9a-fA-F]{40}$/.test(third)) {
    const Found = EMC_SCREENS.get(fourth) ?? LookIn;
    return <Found key={`${second} ${third}`} chain_id={Number(second)} emc={third as Address} />;
  }
  return <Nowhere text={say("nowhere.hint")} />;
}

function Nowhere({ text }: { text: string }) {
  return (
    <Screen title={say("nowhere")}>
      <Notice kind="care">
        <p>{text}</p>
      </Notice>
      <p>
        <LinkTo to={paths.home} kind="button">
          {say("home.nav")}
        </LinkTo>
      </p>
    </Screen>
  );
}
