import "../../styles/forms.css";
import "../../styles/ranges.css";
import "./insights.css";
import { useEffect, useState } from "preact/hooks";
import type { Failure } from "../../api/client.ts";
import { type Insights, readInsights } from "../../api/insights.ts";
import { changeProfile } from "../../api/viewer.ts";
import { hasSession } from "../../auth/session.ts";
import { longDayWords } from "../../days.ts";
import type { ViewProps } from "../../shell/frame.tsx";
import { ViewTitle } from "../../shell/link.tsx";
import { EndedNotice } from "../../shell/notice.tsx";
import { ChangeFailed, NotRead } from "../../shell/outcome.tsx";
import { Features } from "./features.tsx";
import { Observations } from "./observations.tsx";
import { PersonaCard } from "./persona.tsx";

/** What the account's past says about it, each figure with what it rests on. */
export default function InsightsView({ session, state, send, isHidden, say }: ViewProps) {
  const [insights, setInsights] = useState<Insights | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [refused, setRefused] = useState<Failure | null>(null);
  const [isStale, setStale] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const isOpen = hasSession(state);
  useEffect(() => {
    if (!isStale || !isOpen) return;
    setStale(false);
    void readInsights(send).then((answer) => {
      if (answer.kind === "ended") return;
      setFailure(answer.kind === "done" ? null : answer);
      if (answer.kind === "done") setInsights(answer.value);
    });
  }, [isStale, isOpen, send]);
  const turn = async (on: boolean) => {
    if (isBusy) return;
    setBusy(true);
    const answer = await changeProfile(send, null, { insights: on });
    setBusy(false);
    if (answer.kind === "ended") return;
    setRefused(answer.kind === "done" ? null : answer);
    if (answer.kind !== "done") return;
    say(on ? "Insights are on." : "Insights are off, and what was kept of them is deleted.");
    setStale(true);
  };
  const again = () => {
    setFailure(null);
    setStale(true);
  };
  return (
    <>
      <div class="notices" role="status">
        {state.phase === "expired" && (
          <EndedNotice asOf={null} session={session} isRefused={state.isRefused} />
        )}
      </div>
      <ViewTitle title="Insights" tab="Insights" />
      {insights === null && failure === null && <p role="status">Opening…</p>}
      {failure && <NotRead failure={failure} again={again} say={say} />}
      {insights && (
        <>
          <p class="small advice">{insights.notice}</p>
          {refused && <ChangeFailed failure={refused} say={say} />}
          <Found insights={insights} isHidden={isHidden} />
          <Switch
            state={insights.state}
            isDemo={state.phase === "open"}
            isBusy={isBusy}
            turn={(on) => void turn(on)}
          />
        </>
      )}
    </>
  );
}

function Found({ insights, isHidden }: { insights: Insights; isHidden: boolean }) {
  const { state, features, persona, recommendations } = insights;
  if (state === "off") return null;
  if (features === null && persona === null) {
    return (
      <section class="nothing" aria-label="Insights">
        <h2>The first insights come with the next run</h2>
        <p>They are worked out once a day from what is known of your accounts’ past.</p>
      </section>
    );
  }
  return (
    <>
      {insights.as_of !== null && (
        <p class="small">Of the days before {longDayWords(insights.as_of.slice(0, 10))}, in UTC.</p>
      )}
      {persona && <PersonaCard persona={persona} />}
      <Observations observations={recommendations} isHidden={isHidden} />
      {features && <Features periods={features.periods} />}
    </>
  );
}

interface SwitchProps {
  state: Insights["state"];
  isDemo: boolean;
  isBusy: boolean;
  turn: (on: boolean) => void;
}

/** Whether there are insights is the viewer's to say. */
function Switch({ state, isDemo, isBusy, turn }: SwitchProps) {
  if (isDemo) return null;
  const isOff = state === "off";
  return (
    <section class="panel" aria-labelledby="insights-switch">
      <h2 id="insights-switch">{isOff ? "Insights are switched off" : "Switch insights off"}</h2>
      <p>
        {isOff
          ? "Nothing is worked out of your accounts’ past. Switched on, the first figures come with the next run."
          : "Nothing more is worked out then, and what is kept of your insights is deleted. Your accounts and their history stay."}
      </p>
      <p class="row">
        <button
          type="button"
          class={isOff ? "button button-main" : "button"}
          aria-disabled={isBusy}
          onClick={() => {
            turn(isOff);
          }}
        >
          {isOff ? "Switch on" : "Switch off"}
        </button>
      </p>
    </section>
  );
}
