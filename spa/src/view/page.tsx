import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { isDemo } from "../api/snapshot.ts";
import type { Session, SessionState } from "../auth/session.ts";
import { matching, sorted } from "../holdings/arrange.ts";
import { attend } from "../reading/attendance.ts";
import type { Reader } from "../reading/reader.ts";
import { Frame } from "./frame.tsx";
import { HoldingsTable } from "./holdings-table.tsx";
import { useHiddenAmounts, usePlace } from "./memory.ts";
import { Notices } from "./notices.tsx";
import { NothingToShow } from "./nothing.tsx";
import { Skeleton } from "./skeleton.tsx";
import { StatusCard } from "./status-card.tsx";
import { Toast, type Said } from "./toast.tsx";
import { Toolbar } from "./toolbar.tsx";
import { Tools } from "./tools.tsx";
import { useStore } from "./watch.ts";

interface PageProps {
  session: Session;
  state: SessionState;
  reader: Reader;
}

export function Page({ session, state, reader }: PageProps) {
  const reading = useStore(reader.reading);
  const [place, setPlace] = usePlace();
  const [isHidden, setHidden] = useHiddenAmounts();
  const [said, setSaid] = useState<Said | null>(null);
  const say = useCallback((text: string) => {
    setSaid({ text });
  }, []);
  const hasSession = state.phase === "open" || state.phase === "signed-in";
  useEffect(() => (hasSession ? attend(reader) : undefined), [hasSession, reader]);

  const { figures, trouble } = reading;
  const snapshot = figures?.snapshot ?? null;
  const { filter, column, descending } = place;
  const rows = useMemo(
    () => sorted(snapshot?.holdings ?? [], { column, descending }),
    [snapshot, column, descending],
  );
  const found = useMemo(() => matching(snapshot?.holdings ?? [], filter), [snapshot, filter]);

  return (
    <Frame
      tools={<Tools session={session} state={state} isHidden={isHidden} setHidden={setHidden} />}
      toast={<Toast said={said} />}
    >
      <h1 class="title">
        Your holdings
        {snapshot !== null && isDemo(snapshot) && <span class="ribbon">Demo: sample figures</span>}
      </h1>
      <StatusCard
        reader={reader}
        reading={reading}
        hasSession={hasSession}
        isOpen={state.phase === "open"}
        say={say}
      />
      <Notices reader={reader} reading={reading} session={session} state={state} say={say} />
      {snapshot === null && trouble === null && <Skeleton part="table" />}
      {snapshot !== null && snapshot.holdings.length === 0 && <NothingToShow snapshot={snapshot} />}
      {snapshot !== null && snapshot.holdings.length > 0 && (
        <section class="sheet" aria-label="Holdings">
          <Toolbar
            snapshot={snapshot}
            found={found}
            place={place}
            setPlace={setPlace}
            isHidden={isHidden}
            say={say}
          />
          <HoldingsTable
            rows={rows}
            found={found}
            place={place}
            setPlace={setPlace}
            isHidden={isHidden}
            say={say}
          />
        </section>
      )}
    </Frame>
  );
}
