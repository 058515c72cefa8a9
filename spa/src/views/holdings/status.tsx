import { useState } from "preact/hooks";
import { readSources, isDemo, isFailing } from "../../api/snapshot.ts";
import type { Snapshot } from "../../api/shapes.ts";
import { exchangeName } from "../../exchanges.ts";
import {
  type Figures,
  type Instant,
  ageOf,
  agoWords,
  inWords,
  shortWords,
} from "../../freshness.ts";
import type { Outcome, Reader, Reading } from "../../reading/reader.ts";
import { RefreshIcon } from "../../shell/icons.tsx";
import { MomentTime } from "../../shell/notice.tsx";
import { useNow } from "../../store.ts";
import { SourceList } from "./sources.tsx";
import { listedWords } from "./listing.ts";

interface StatusCardProps {
  reader: Reader;
  reading: Reading;
  hasSession: boolean;
  /** Whether the API asks for no sign-in. */
  isOpen: boolean;
  say: (text: string) => void;
}

/** How old the figures are and when they are read again. Ticks, and is never announced by itself. */
export function StatusCard({ reader, reading, hasSession, isOpen, say }: StatusCardProps) {
  const { figures } = reading;
  const [isOpened, setOpened] = useState(false);
  const sources = figures && !isDemo(figures.snapshot) ? figures.snapshot.sources : [];
  return (
    <section class="status" aria-label="Freshness" data-tone={tone(reading, hasSession)}>
      <span class="dot" aria-hidden="true" />
      <div class="status-text">
        <p class="status-line">
          <Freshness reader={reader} reading={reading} hasSession={hasSession} isOpen={isOpen} />
        </p>
        <p class="status-more">
          {figures && (
            <>
              As of <MomentTime iso={figures.snapshot.as_of} /> · {listedWords(figures.snapshot)}
            </>
          )}
          {sources.length > 0 && (
            <>
              {" · "}
              <button
                type="button"
                class="opener"
                aria-expanded={isOpened}
                aria-controls="sources"
                onClick={() => {
                  setOpened(!isOpened);
                }}
              >
                {sources.length === 1 ? "Source" : `${sources.length} connections`}
              </button>
            </>
          )}
        </p>
      </div>
      <RefreshButton reader={reader} reading={reading} hasSession={hasSession} say={say} />
      <div id="sources" class="sources" hidden={!isOpened || sources.length === 0}>
        {isOpened && figures && <SourceList figures={figures} sources={sources} />}
      </div>
    </section>
  );
}

function Freshness({ reader, reading, hasSession, isOpen }: Omit<StatusCardProps, "say">) {
  const now = useNow();
  const { figures, failure, asking, isSlow } = reading;
  const due = reader.dueIn(now);
  const parts = [figures ? origin(figures, now) : "Nothing read yet"];
  if (asking !== "no") {
    // Where nobody signs in it may be the demo, which reads from nowhere.
    if (!figures) parts[0] = isOpen ? "Reading the holdings…" : "Reading from Coinbase…";
    if (isSlow) parts.push("this takes longer than usual…");
    else if (figures) parts.push("reading again…");
  } else if (hasSession && due !== null && reading.asked !== null) {
    const what =
      failure !== null || figures?.snapshot.stale === true ? "next attempt" : "next reading";
    parts.push(`${what} ${inWords(due)}`);
  }
  const [first, second] = parts;
  return (
    <>
      <span class="status-now">{first}</span>
      {second !== undefined && (
        <span class="status-next">
          <span class="status-between"> · </span>
          {second}
        </span>
      )}
    </>
  );
}

function origin(figures: Figures, now: Instant): string {
  const ago = agoWords(ageOf(figures, now));
  if (isDemo(figures.snapshot)) return `Sample figures, made ${ago}`;
  const read = readSources(figures.snapshot).filter(({ as_of: asOf }) => asOf !== null);
  const [only] = read;
  if (!only)
    return readSources(figures.snapshot).length === 0 ? "Nothing is connected" : "Not read yet";
  return read.length === 1
    ? `Read ${ago} from ${exchangeName(only.exchange)}`
    : `Oldest of ${read.length} connections read ${ago}`;
}

function isPartlyFresh({ sources }: Snapshot): boolean {
  return (
    sources.some(isFailing) && sources.some((source) => source.as_of !== null && !isFailing(source))
  );
}

function tone({ figures, failure, asking }: Reading, hasSession: boolean): string {
  const isOld =
    figures !== null &&
    (figures.snapshot.stale || failure !== null || figures.snapshot.sources.some(isFailing));
  if (!hasSession || isOld) return "old";
  if (failure !== null) return "bad";
  return figures === null || asking !== "no" ? "busy" : "good";
}

interface RefreshButtonProps {
  reader: Reader;
  reading: Reading;
  hasSession: boolean;
  say: (text: string) => void;
}

/** Stays focusable while it may not be used, and then says why instead. Keeps its width. */
export function RefreshButton({ reader, reading, hasSession, say }: RefreshButtonProps) {
  const now = useNow();
  const wait = Math.ceil(reader.heldFor("refresh", now));
  const isBusy = reading.asking !== "no";
  const refresh = async () => {
    if (!hasSession) {
      say("Sign in again to read the holdings.");
      return;
    }
    if (isBusy) {
      say("The holdings are being read.");
      return;
    }
    const held = Math.ceil(reader.heldFor("refresh"));
    if (held > 0) {
      say(`Refresh is possible again ${inWords(held)}.`);
      return;
    }
    const outcome = await reader.read("refresh");
    const { figures } = reader.reading.value;
    const isPart = figures !== null && isPartlyFresh(figures.snapshot);
    if (outcome === "stale" && isPart) {
      say("Read again, but not every connection: the notice says which.");
      return;
    }
    const isRead = outcome === "read" || outcome === "cached";
    const isSample = isRead && figures !== null && isDemo(figures.snapshot);
    say(isSample ? "These are the demo’s sample figures." : REFRESHED[outcome]);
  };
  return (
    <button
      type="button"
      class="button refresh"
      aria-disabled={isBusy || wait > 0 || !hasSession}
      aria-describedby={wait > 0 ? "refresh-wait" : undefined}
      data-busy={isBusy}
      onClick={() => {
        void refresh();
      }}
    >
      <span class="refresh-words">
        <RefreshIcon />
        Refresh
      </span>
      <span class="refresh-wait" aria-hidden="true">
        {wait > 0 && !isBusy ? shortWords(wait) : ""}
      </span>
      <span id="refresh-wait" class="visually-hidden" hidden>
        Possible again {inWords(wait)}
      </span>
    </button>
  );
}

const REFRESHED: Record<Outcome, string> = {
  read: "Read again from Coinbase.",
  cached: "Coinbase was read a moment ago: these are those figures.",
  stale: "Coinbase could not be read: these are the last good figures.",
  failure: "The holdings could not be read.",
  ended: "Your session has ended.",
  dropped: "",
};
