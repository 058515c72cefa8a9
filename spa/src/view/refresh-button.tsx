import { inWords, shortWords } from "../freshness/words.ts";
import { isDemo } from "../api/snapshot.ts";
import type { Outcome, Reader, Reading } from "../reading/reader.ts";
import { RefreshIcon } from "./icons.tsx";
import { useNow } from "./watch.ts";

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
      <span id="refresh-wait" class="unseen" hidden>
        Possible again {inWords(wait)}
      </span>
    </button>
  );
}

const REFRESHED: Record<Outcome, string> = {
  read: "Read again from Coinbase.",
  cached: "Coinbase was read a moment ago: these are those figures.",
  stale: "Coinbase could not be read: these are the last good figures.",
  trouble: "The holdings could not be read.",
  ended: "Your session has ended.",
  dropped: "",
};
