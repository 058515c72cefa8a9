import type { Point } from "../../api/history.ts";
import { dayWords } from "../../days.ts";
import { Figure, type Manner } from "../../shell/figure.tsx";
import { Link } from "../../shell/link.tsx";
import { shownCode } from "../../words.ts";
import { WHY_WORDS, knownWords } from "./known.ts";
import { hasMoved } from "./marks.tsx";

interface DayProps extends Manner {
  point: Point;
  currency: string;
}

/** The day that is read, in words: its value, how far to trust it, what moved. */
export function Day({ point, currency, ...manner }: DayProps) {
  const { date, value, deposits, withdrawals } = point;
  return (
    <div class="day-read">
      <p aria-live="polite">
        <b>{dayWords(date)}</b>:{" "}
        {value === null ? (
          "nothing is known."
        ) : (
          <>
            <Figure amount={value} currency={currency} {...manner} /> {shownCode(currency)}.{" "}
            {knownWords(point)}.
          </>
        )}
        <Moved what="Deposits" amount={deposits} currency={currency} {...manner} />
        <Moved what="Withdrawals" amount={withdrawals} currency={currency} {...manner} />
        {leftOutWords(point)}
      </p>
      <Link to={`/history/${date}`} class="link">
        Statement of this day
      </Link>
    </div>
  );
}

function Moved({
  what,
  amount,
  currency,
  ...manner
}: Manner & { what: string; amount: string | null; currency: string }) {
  if (!hasMoved(amount)) return null;
  return (
    <>
      {" "}
      {what}:{" "}
      {amount === null ? (
        "without a price"
      ) : (
        <Figure amount={amount} currency={currency} {...manner} />
      )}
      .
    </>
  );
}

/** " Left out: SHIB, no market has it." Known only where the assets are. */
function leftOutWords({ assets, value }: Point): string {
  const left = (assets ?? []).filter((asset) => asset.value === null);
  if (value === null || left.length === 0) return "";
  const named = left.map(({ currency, reason }) =>
    reason === null ? shownCode(currency) : `${shownCode(currency)}, ${WHY_WORDS[reason]}`,
  );
  return ` Left out: ${named.join("; ")}.`;
}
