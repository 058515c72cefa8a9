import { inWords } from "../freshness/words.ts";
import type { Reader, Reading } from "../reading/reader.ts";
import { useNow } from "./watch.ts";

/** Waits as long as the API asked to (Retry-After), and says so. */
export function RetryButton({
  reader,
  reading,
  say,
}: {
  reader: Reader;
  reading: Reading;
  say: (text: string) => void;
}) {
  const now = useNow();
  const wait = Math.ceil(reader.heldFor("read", now));
  const isBusy = reading.asking !== "no";
  const retry = async () => {
    if (isBusy) return;
    if (reader.heldFor("read") > 0) {
      say(`Trying again is possible ${inWords(Math.ceil(reader.heldFor("read")))}.`);
      return;
    }
    const outcome = await reader.read("read");
    if (outcome === "trouble") say("Still not possible.");
    else if (outcome !== "ended" && outcome !== "dropped") {
      say("The holdings are read.");
      // This button goes with its notice, and the focus must not fall to the top of the page.
      document.getElementById("main")?.focus();
    }
  };
  return (
    <button
      type="button"
      class="button retry"
      aria-disabled={isBusy || wait > 0}
      onClick={() => {
        void retry();
      }}
    >
      {isBusy ? "Trying…" : "Try again"}
      {!isBusy && wait > 0 && <span aria-hidden="true"> {inWords(wait)}</span>}
    </button>
  );
}
