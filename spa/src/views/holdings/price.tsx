import type { Holding, Price, Value } from "../../api/shapes.ts";
import { agoWords } from "../../freshness.ts";
import { type AmountFormat, joined } from "../../money.ts";
import { shownCode } from "../../words.ts";
import { priceDigits } from "../../digits.ts";

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

type LeftOut = Value["excluded"][number]["reason"];

const NO_PRICE: Record<NonNullable<Price["reason"]>, string> = {
  no_market: "no price: no market here has it",
  feed_failed: "no price: it could not be read",
  rate_limited: "no price: prices were asked for too often, they come later",
};

/** Why something has no value, in the middle of a sentence. */
export const WHY_LEFT_OUT: Record<LeftOut, string> = {
  no_market: "without a market",
  feed_failed: "with a price that could not be read",
  rate_limited: "with prices that were asked for too often",
  delisted: "delisted",
};

/** What one is worth, over which books, how old that is and how far to trust it. */
export function PriceLine({
  holding,
  currency: valuedIn,
  now,
  format,
}: {
  holding: Holding;
  /** What values are in. */
  currency: string;
  /** In milliseconds; a minute more or less does not matter. */
  now: number;
  format: AmountFormat;
}) {
  const { price, currency } = holding;
  if (price === null || (price.route.length === 0 && price.status === "live")) return null;
  const amount = price.amount;
  return (
    <span class="price" data-status={price.status}>
      {amount !== null && (
        <span>
          1 {shownCode(currency)} = {joined(format(priceDigits(amount)))} {shownCode(valuedIn)}
        </span>
      )}
      <span class="price-status">{statusWords(price, valuedIn, now)}</span>
    </span>
  );
}

/** "live, 2 min ago", "quiet: last traded 12 days ago". */
export function statusWords(price: Price, currency: string, now: number): string {
  const { status, as_of: asOf, reason, route } = price;
  const seconds = asOf === null ? null : (now - Date.parse(asOf)) / 1000;
  const ago = seconds === null ? "" : agoWords(seconds);
  const over = route.length > 1 ? `, over ${route.join(" and ")}` : "";
  switch (status) {
    case "live":
      return `live, ${ago}`;
    case "par":
      return `at par with ${currency}`;
    case "routed":
      return `routed over ${route.join(" and ")}, ${ago}`;
    case "quiet":
      return asOf === null
        ? `quiet: not traded for a day${over}`
        : `quiet: last traded ${ago}${over}`;
    case "stale":
      return `stale: of ${ago}${over}`;
    case "delisted":
      return asOf === null
        ? "delisted, and not counted"
        : `delisted: last price of ${DATE.format(new Date(asOf))}, not counted`;
    case "unpriced":
      return NO_PRICE[reason ?? "no_market"];
  }
}
