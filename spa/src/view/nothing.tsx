import type { Snapshot } from "../api/answer.ts";
import { hiddenWords } from "../holdings/counts.ts";

/** Nothing is held, which is an answer and no failure. */
export function NothingToShow({ snapshot }: { snapshot: Snapshot }) {
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
