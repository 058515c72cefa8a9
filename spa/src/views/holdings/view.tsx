import { useMemo, useState } from "preact/hooks";
import type { Snapshot } from "../../api/shapes.ts";
import { labels, readSources, isDemo } from "../../api/snapshot.ts";
import { dayOf } from "../../days.ts";
import { hasSession } from "../../auth/session.ts";
import type { ViewProps } from "../../shell/frame.tsx";
import { Link, ViewTitle } from "../../shell/link.tsx";
import { serverTime } from "../../freshness.ts";
import { sum } from "../../money.ts";
import { useCopy } from "../../shell/browser.ts";
import { useMinute, useStore } from "../../store.ts";
import { allDigits, fewDigits, useAllDigits } from "../../digits.ts";
import { HiddenAccounts } from "./hidden.tsx";
import { hiddenWords, matching, narrowedTo, sorted } from "./listing.ts";
import { Notices } from "./notices.tsx";
import { usePlace, withoutValues } from "./place.ts";
import { useTrends } from "./spark.tsx";
import { StatusCard } from "./status.tsx";
import { HoldingsTable } from "./table.tsx";
import { Toolbar } from "./toolbar.tsx";
import { Worth } from "./worth.tsx";

/** What the account holds, how old each figure is and how far to trust it. */
export function HoldingsView({ session, state, reader, send, isHidden, say }: ViewProps) {
  const reading = useStore(reader.reading);
  const [place, setPlace] = usePlace();
  const [isAllDigits, setAllDigits] = useAllDigits();
  const [showsHidden, setShowsHidden] = useState(false);
  const minute = useMinute();
  const { figures, failure } = reading;
  const snapshot = figures?.snapshot ?? null;
  const value = snapshot?.value ?? null;
  const order = value === null ? withoutValues(place) : place;
  const { filter } = place;
  const { column, descending } = order;
  const connection = (snapshot && narrowedTo(snapshot, place)?.connection_id) ?? "";
  const rows = useMemo(
    () => sorted(snapshot?.holdings ?? [], { column, descending }),
    [snapshot, column, descending],
  );
  const found = useMemo(
    () => matching(snapshot?.holdings ?? [], { filter, connection }),
    [snapshot, filter, connection],
  );
  const named = useMemo(
    () => (snapshot ? labels(snapshot) : new Map<string, string>()),
    [snapshot],
  );
  const listed = useMemo(
    () => (connection === "" ? (snapshot?.holdings ?? []) : inConnection(snapshot, connection)),
    [snapshot, connection],
  );
  const total = useMemo(() => totalOf(listed), [listed]);
  const digits = isAllDigits ? allDigits : fewDigits;
  const copy = useCopy(say);
  const trends = useTrends({
    send,
    today: snapshot === null ? null : dayOf(Date.parse(snapshot.as_of)),
    currency: value?.currency ?? null,
    isOpen: hasSession(state),
  });
  const now = figures === null ? 0 : serverTime(figures, minute);

  return (
    <>
      <ViewTitle title="Your holdings">
        {snapshot !== null && isDemo(snapshot) && <span class="ribbon">Demo: sample figures</span>}
      </ViewTitle>
      {figures !== null && value !== null && figures.snapshot.holdings.length > 0 && (
        <Worth figures={figures} value={value} digits={digits} isHidden={isHidden} copy={copy} />
      )}
      {snapshot === null && failure === null && <WorthToCome />}
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
            reader={reader}
            isHidden={isHidden}
            isAllDigits={isAllDigits}
            setAllDigits={setAllDigits}
            showsHidden={showsHidden}
            setShowsHidden={setShowsHidden}
            say={say}
          />
          <HoldingsTable
            rows={rows}
            found={found}
            labels={named}
            total={total}
            valuedIn={value?.currency ?? null}
            trends={trends}
            place={order}
            setPlace={setPlace}
            digits={digits}
            now={now}
            isHidden={isHidden}
            copy={copy}
          />
          {showsHidden && <HiddenAccounts snapshot={snapshot} connection={connection} />}
        </section>
      )}
    </>
  );
}

function inConnection(snapshot: Snapshot | null, connection: string): Snapshot["holdings"] {
  return (snapshot?.holdings ?? []).filter(({ connection_id: id }) => id === connection);
}

/** Of what has a value; null where nothing has. */
function totalOf(holdings: Snapshot["holdings"]): string | null {
  const values = holdings.map(({ value }) => value).filter((value) => value !== null);
  return values.length === 0 ? null : sum(values);
}

/** Nothing is held, which is an answer and no failure. */
function NothingToShow({ snapshot }: { snapshot: Snapshot }) {
  const hidden = hiddenWords(snapshot.hidden);
  if (readSources(snapshot).length === 0) {
    return (
      <section class="nothing" aria-label="Holdings">
        <h2>Nothing is connected</h2>
        <p>Connect an account, or go on with one that is paused.</p>
        <p>
          <Link to="/connections" class="button button-main">
            Connections
          </Link>
        </p>
      </section>
    );
  }
  return (
    <section class="nothing" aria-label="Holdings">
      <h2>No holdings</h2>
      <p>
        {snapshot.account_count === 0
          ? "No account was found with the keys that are connected."
          : "Every account that was read is empty or too small to show."}
      </p>
      {hidden !== null && <p class="small">{hidden}.</p>}
    </section>
  );
}

function WorthToCome() {
  return (
    <div class="worth skeleton" aria-hidden="true">
      <span class="bone bone-total" />
    </div>
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
          <WorthToCome />
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
