import { useMemo } from "preact/hooks";
import { type Snapshot, isDemo } from "../../api/snapshot.ts";
import { hasSession } from "../../auth/session.ts";
import type { ViewProps } from "../../shell/frame.tsx";
import { useStore } from "../../store.ts";
import { hiddenWords, matching, sorted } from "./listing.ts";
import { Notices } from "./notices.tsx";
import { usePlace } from "./place.ts";
import { StatusCard } from "./status.tsx";
import { HoldingsTable } from "./table.tsx";
import { Toolbar } from "./toolbar.tsx";

/** What the account holds, how old each figure is and how far to trust it. */
export function HoldingsView({ session, state, reader, isHidden, say }: ViewProps) {
  const reading = useStore(reader.reading);
  const [place, setPlace] = usePlace();
  const { figures, failure } = reading;
  const snapshot = figures?.snapshot ?? null;
  const { filter, column, descending } = place;
  const rows = useMemo(
    () => sorted(snapshot?.holdings ?? [], { column, descending }),
    [snapshot, column, descending],
  );
  const found = useMemo(() => matching(snapshot?.holdings ?? [], filter), [snapshot, filter]);

  return (
    <>
      <h1 class="title">
        Your holdings
        {snapshot !== null && isDemo(snapshot) && <span class="ribbon">Demo: sample figures</span>}
      </h1>
      <StatusCard
        reader={reader}
        reading={reading}
        hasSession={hasSession(state)}
        isOpen={state.phase === "open"}
        say={say}
      />
      <Notices reader={reader} reading={reading} session={session} state={state} say={say} />
      {snapshot === null && failure === null && <Skeleton part="table" />}
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
    </>
  );
}

/** Nothing is held, which is an answer and no failure. */
function NothingToShow({ snapshot }: { snapshot: Snapshot }) {
  const hidden = hiddenWords(snapshot.hidden);
  return (
    <section class="nothing" aria-label="Holdings">
      <h2>No holdings</h2>
      <p>
        {snapshot.account_count === 0
          ? "Coinbase knows no account of this key."
          : "Every account that Coinbase returned is empty or too small to show."}
      </p>
      {hidden !== null && <p class="small">{hidden}.</p>}
    </section>
  );
}

const ROWS = Array.from({ length: 12 }, (_, index) => index);

/** The place of what is coming, so that nothing jumps when it comes. */
export function Skeleton({ part = "page" }: { part?: "page" | "table" }) {
  return (
    <>
      {part === "page" && (
        <>
          <h1 class="title">Your holdings</h1>
          <div class="status" data-tone="busy">
            <span class="dot" aria-hidden="true" />
            <div class="status-text">
              <p class="status-line">Opening…</p>
              <p class="status-more" />
            </div>
          </div>
        </>
      )}
      <div class="sheet skeleton" aria-hidden="true">
        <div class="toolbar">
          <span class="bone bone-wide" />
        </div>
        {ROWS.map((row) => (
          <div key={row} class="bones">
            <span class="bone" />
            <span class="bone" />
            <span class="bone" />
            <span class="bone" />
          </div>
        ))}
      </div>
    </>
  );
}
