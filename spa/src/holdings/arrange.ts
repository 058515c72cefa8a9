import type { Holding } from "../api/answer.ts";
import { compareDecimals } from "../money/decimal.ts";
import type { Place } from "./place.ts";

/** The holdings that match the place's filter, in its order. */
export function arrange(holdings: readonly Holding[], place: Place): Holding[] {
  const wanted = place.filter.trim().toUpperCase();
  const found = holdings.filter(({ currency }) => currency.toUpperCase().includes(wanted));
  const { column, descending } = place;
  const turn = descending ? -1 : 1;
  return found.sort((one, other) => {
    const order =
      column === "currency"
        ? compareCodes(one.currency, other.currency)
        : compareDecimals(one[column], other[column]);
    // Equal amounts keep one order, so that a new reading does not shuffle them.
    return order * turn || compareCodes(one.currency, other.currency) || compareCodes(one.account_id, other.account_id);
  });
}

/** Codes are codes, not words: the same order for every language, and the API's own. */
function compareCodes(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
