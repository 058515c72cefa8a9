import type { Reader, Reading } from "../reading/reader.ts";
import { ageOf } from "../freshness/figures.ts";
import { agoWords, inWords } from "../freshness/words.ts";
import { listedWords } from "../holdings/counts.ts";
import { MomentTime } from "./moment.tsx";
import { RefreshButton } from "./refresh-button.tsx";
import { useNow } from "./watch.ts";

interface StatusCardProps {
  reader: Reader;
  reading: Reading;
  hasSession: boolean;
  say: (text: string) => void;
}

/** How old the figures are and when they are read again. Ticks, and is never announced by itself. */
export function StatusCard({ reader, reading, hasSession, say }: StatusCardProps) {
  const { figures } = reading;
  return (
    <section class="status" aria-label="Freshness" data-tone={tone(reading, hasSession)}>
      <span class="dot" aria-hidden="true" />
      <div class="status-text">
        <p class="status-line">
          <Freshness reader={reader} reading={reading} hasSession={hasSession} />
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

function Freshness({ reader, reading, hasSession }: Omit<StatusCardProps, "say">) {
  const now = useNow();
  const { figures, trouble, asking, isSlow } = reading;
  const due = reader.dueIn(now);
  const parts = [
    figures ? `Read ${agoWords(ageOf(figures, now))} from Coinbase` : "Nothing read yet",
  ];
  if (asking !== "no") {
    if (!figures) parts[0] = "Reading from Coinbase…";
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

function tone({ figures, trouble, asking }: Reading, hasSession: boolean): string {
  if (!hasSession || (figures !== null && (figures.snapshot.stale || trouble !== null)))
    return "old";
  if (trouble !== null) return "bad";
  return figures === null || asking !== "no" ? "busy" : "good";
}
