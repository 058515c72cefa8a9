import type { Reader, Reading } from "../reading/reader.ts";
import { isDemo } from "../api/snapshot.ts";
import { type Figures, ageOf } from "../freshness/figures.ts";
import type { Instant } from "../freshness/instant.ts";
import { agoWords, inWords } from "../freshness/words.ts";
import { listedWords } from "../holdings/counts.ts";
import { MomentTime } from "./moment.tsx";
import { RefreshButton } from "./refresh-button.tsx";
import { useNow } from "./watch.ts";

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
        </p>
      </div>
      <RefreshButton reader={reader} reading={reading} hasSession={hasSession} say={say} />
    </section>
  );
}

function Freshness({ reader, reading, hasSession, isOpen }: Omit<StatusCardProps, "say">) {
  const now = useNow();
  const { figures, trouble, asking, isSlow } = reading;
  const due = reader.dueIn(now);
  const parts = [figures ? origin(figures, now) : "Nothing read yet"];
  if (asking !== "no") {
    // Where nobody signs in it may be the demo, which reads from nowhere.
    if (!figures) parts[0] = isOpen ? "Reading the holdings…" : "Reading from Coinbase…";
    if (isSlow) parts.push("this takes longer than usual…");
    else if (figures) parts.push("reading again…");
  } else if (hasSession && due !== null && reading.asked !== null) {
    const what =
      trouble !== null || figures?.snapshot.stale === true ? "next attempt" : "next reading";
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
  return isDemo(figures.snapshot) ? `Sample figures, made ${ago}` : `Read ${ago} from Coinbase`;
}

function tone({ figures, trouble, asking }: Reading, hasSession: boolean): string {
  if (!hasSession || (figures !== null && (figures.snapshot.stale || trouble !== null)))
    return "old";
  if (trouble !== null) return "bad";
  return figures === null || asking !== "no" ? "busy" : "good";
}
