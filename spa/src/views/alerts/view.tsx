import "../../styles/forms.css";
import "./alerts.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Alerts, changeAlerts, readAlerts, wanted } from "../../api/alerts.ts";
import type { Failure } from "../../api/client.ts";
import { labels } from "../../api/snapshot.ts";
import { hasSession } from "../../auth/session.ts";
import type { ViewProps } from "../../shell/frame.tsx";
import { ViewTitle } from "../../shell/link.tsx";
import { EndedNotice } from "../../shell/notice.tsx";
import { ChangeFailed, NotRead } from "../../shell/outcome.tsx";
import { useStore } from "../../store.ts";
import type { Change } from "./change.ts";
import { Events } from "./events.tsx";
import { MailChoice } from "./mail.tsx";
import { NewRule } from "./new.tsx";
import { Rules } from "./rules.tsx";

/** What a viewer wants to be told of, by mail or here, and what has fired. */
export default function AlertsView({ session, state, reader, send, isHidden, say }: ViewProps) {
  const [alerts, setAlerts] = useState<Alerts | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [refused, setRefused] = useState<Failure | null>(null);
  const [isStale, setStale] = useState(true);
  const { figures } = useStore(reader.reading);
  const named = useMemo(
    () => (figures ? labels(figures.snapshot) : new Map<string, string>()),
    [figures],
  );
  const isOpen = hasSession(state);
  useEffect(() => {
    if (!isStale || !isOpen) return;
    setStale(false);
    void readAlerts(send).then((answer) => {
      if (answer.kind === "ended") return;
      setFailure(answer.kind === "done" ? null : answer);
      if (answer.kind === "done") setAlerts(answer.value);
    });
  }, [isStale, isOpen, send]);
  /** Set all of it anew, with a change; null when it is done, else why it is not. */
  const change = async (made: Change, done: string): Promise<Failure | null> => {
    if (alerts === null) return null;
    const { enabled, figures: shown } = alerts.mail;
    const answer = await changeAlerts(send, alerts, {
      mail: made.mail ?? { enabled, figures: shown },
      rules: made.rules ?? alerts.rules.map((rule) => wanted(rule)),
    });
    if (answer.kind === "ended") return null;
    if (answer.kind === "done") {
      setAlerts(answer.value);
      setRefused(null);
      say(done);
      return null;
    }
    if (answer.kind === "problem" && answer.code === "conflict") setStale(true);
    return answer;
  };
  const passing = (made: Change, done: string) => {
    void change(made, done).then(setRefused);
  };
  const isSample = state.phase === "open";
  return (
    <>
      <div class="notices" role="status">
        {state.phase === "expired" && (
          <EndedNotice asOf={null} session={session} isRefused={state.isRefused} />
        )}
      </div>
      <ViewTitle title="Alerts" tab="Alerts" />
      {alerts === null && failure === null && <p role="status">Opening…</p>}
      {failure && (
        <NotRead
          failure={failure}
          again={() => {
            setFailure(null);
            setStale(true);
          }}
          say={say}
        />
      )}
      {refused && <ChangeFailed failure={refused} say={say} />}
      {alerts && (
        <>
          <Rules alerts={alerts} labels={named} isSample={isSample} change={passing} />
          {!isSample && (
            <NewRule
              labels={named}
              held={[...new Set(figures?.snapshot.holdings.map(({ currency }) => currency) ?? [])]}
              add={(rule) =>
                change(
                  { rules: [...alerts.rules.map((known) => wanted(known)), rule] },
                  "The alert is set.",
                )
              }
              place={alerts.rules.length}
              say={say}
            />
          )}
          {!isSample && <MailChoice mail={alerts.mail} change={passing} />}
          <Events send={send} isOpen={isOpen} labels={named} isHidden={isHidden} say={say} />
        </>
      )}
    </>
  );
}
