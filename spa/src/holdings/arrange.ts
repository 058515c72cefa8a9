import type { Holding } from "../api/answer.ts";
import { compareDecimals } from "../money/decimal.ts";
import type { Place } from "./place.ts";

/** The holdings whose code has the filter's text in it. */
export function matching(holdings: readonly Holding[], filter: string): Holding[] {
  const wanted = filter.trim().toUpperCase();
  return holdings.filter(({ currency }) => currency.toUpperCase().includes(wanted));
}

export function sorted(
  holdings: readonly Holding[],
  { column, descending }: Omit<Place, "filter">,
): Holding[] {
  const turn = descending ? -1 : 1;
  return [...holdings].sort((one, other) => {
    const order =
      column === "currency"
        ? compareCodes(one.currency, other.currency)
        : compareDecimals(one[column], other[column]);
    // Equal amounts keep one order, so that a new reading does not shuffle them.
    return (
      order * turn ||
      compareCodes(one.currency, other.currency) ||
      compareCodes(one.account_id, other.account_id)
    );
  });
}

/** Codes are codes, not words: the same order for every language, and the API's own. */
function compareCodes(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
