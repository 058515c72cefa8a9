import { shareOnHold } from "../money/share.ts";

/** How much of the balance is on hold, as a bar; the figure is beside it. */
export function HoldShare({ hold, balance }: { hold: string; balance: string }) {
  const share = shareOnHold(hold, balance);
  return (
    <span class="share" data-empty={share === null}>
      {share && (
        <>
          <svg
            class="bar"
            viewBox="0 0 1000 10"
            preserveAspectRatio="none"
            role="img"
            aria-label={`${share.text.replace("<", "under ")} of the balance is on hold`}
          >
            <rect class="bar-all" width="1000" height="10" />
            <rect class="bar-held" width={Math.max(15, share.permille)} height="10" />
          </svg>
          <span class="share-text" aria-hidden="true">
            {share.text}
          </span>
        </>
      )}
    </span>
  );
}
