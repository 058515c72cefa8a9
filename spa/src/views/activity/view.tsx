import "../../styles/forms.css";
import "./activity.css";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { labels } from "../../api/snapshot.ts";
import { hasSession } from "../../auth/session.ts";
import { allDigits, fewDigits, useAllDigits } from "../../digits.ts";
import type { ViewProps } from "../../shell/frame.tsx";
import { Link, ViewTitle } from "../../shell/link.tsx";
import { EndedNotice } from "../../shell/notice.tsx";
import { NotRead } from "../../shell/outcome.tsx";
import { DigitsButton } from "../../shell/tools.tsx";
import { useStore } from "../../store.ts";
import { number } from "../../words.ts";
import { EntryLine } from "./entry.tsx";
import { type Feed, type Listed, keyOf } from "./feed.ts";
import { ALL, filterQuery } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { feedOf, useFilter, useKeptScroll, useSettled } from "./place.ts";

/** Every entry of the ledger, the newest first: trades, deposits, withdrawals, fees. */
export default function ActivityView(view: ViewProps) {
  const { session, state, reader, send, isHidden, say } = view;
  const [filter, setFilter] = useFilter();
  const [settled, settle] = useSettled(filter);
  const [isAllDigits, setAllDigits] = useAllDigits();
  const { figures } = useStore(reader.reading);
  const feed = useMemo(() => feedOf(settled, send), [settled, send]);
  const listed = useStore(feed.listed);
  const isOpen = hasSession(state);
  useEffect(() => {
    if (isOpen && feed.listed.value.entries.length === 0) void feed.more();
  }, [feed, isOpen]);
  useKeptScroll(feed);
  const named = useMemo(
    () => (figures ? labels(figures.snapshot) : new Map<string, string>()),
    [figures],
  );
  const held = figures?.snapshot.holdings.map(({ currency }) => currency) ?? [];
  const manner = { digits: isAllDigits ? allDigits : fewDigits, isHidden };
  const { entries, failure } = listed;
  return (
    <>
      <div class="notices" role="status">
        {state.phase === "expired" && (
          <EndedNotice asOf={null} session={session} isRefused={state.isRefused} />
        )}
      </div>
      <ViewTitle title="Activity" tab="Activity" />
      <section class="sheet" aria-label="Activity">
        <Filters
          filter={filter}
          setFilter={setFilter}
          submit={settle}
          currencies={[...new Set(held)].sort()}
        />
        <div class="entries-head">
          <p class="found" role="status">
            {foundWords(listed)}
          </p>
          <DigitsButton isAllDigits={isAllDigits} setAllDigits={setAllDigits} />
        </div>
        {entries.length > 0 && (
          <ol class="entries">
            {entries.map((entry) => (
              <li key={keyOf(entry)}>
                <EntryLine
                  entry={entry}
                  label={named.get(entry.connection_id) ?? null}
                  {...manner}
                />
              </li>
            ))}
          </ol>
        )}
        {entries.length === 0 && !listed.hasMore && (
          <NothingFound
            isFiltered={filterQuery(settled) !== ""}
            clear={() => {
              setFilter(ALL);
              document.getElementById("search")?.focus();
            }}
          />
        )}
        {failure === null && listed.hasMore && <More feed={feed} listed={listed} />}
      </section>
      {failure && (
        <NotRead
          failure={failure}
          again={() => {
            feed.again();
          }}
          say={say}
        />
      )}
    </>
  );
}

function foundWords({ entries, hasMore, isAsking }: Listed): string {
  if (entries.length === 0) return isAsking ? "Opening…" : "";
  const words = `${number(entries.length)} ${entries.length === 1 ? "entry" : "entries"}`;
  return hasMore ? `${words} so far, the newest first` : `${words}, the newest first`;
}

/** Lists more when it comes into sight, or is pressed. */
function More({ feed, listed }: { feed: Feed; listed: Listed }) {
  const place = useRef<HTMLDivElement>(null);
  const { entries, isAsking } = listed;
  useEffect(() => {
    const { current } = place;
    if (!current || entries.length === 0) return;
    // Anew for new entries: what is in sight already does not come into it. Where none came, a
    // person decides whether to look further.
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) void feed.more();
      },
      { rootMargin: "600px" },
    );
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, [feed, entries]);
  return (
    <div class="more" ref={place}>
      <button
        type="button"
        class="button"
        aria-disabled={isAsking}
        onClick={() => {
          void feed.more();
        }}
      >
        {isAsking ? "Loading…" : "Load more"}
      </button>
    </div>
  );
}

function NothingFound({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  return (
    <div class="nothing">
      <h2>{isFiltered ? "No entry matches" : "No entry is known yet"}</h2>
      {isFiltered ? (
        <p>
          Nothing that is known has all of this.{" "}
          <button type="button" class="button button-small" onClick={clear}>
            Clear the filter
          </button>
        </p>
      ) : (
        <p>
          Entries appear here as the past is read.{" "}
          <Link to="/history" class="link">
            How far it is read
          </Link>
        </p>
      )}
    </div>
  );
}
