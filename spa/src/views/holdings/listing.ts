import type { Holding, Snapshot } from "../../api/snapshot.ts";
import { compareDecimals } from "../../money.ts";
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

const SHORTEST = 4;

/**
 * By account id, the start of it that tells accounts of one currency apart. An account that is
 * the only one of its currency needs none and has none.
 */
export function accountMarks(holdings: readonly Holding[]): Map<string, string> {
  const byCurrency = new Map<string, string[]>();
  for (const { currency, account_id: id } of holdings) {
    byCurrency.set(currency, [...(byCurrency.get(currency) ?? []), id]);
  }
  const marks = new Map<string, string>();
  for (const ids of byCurrency.values()) {
    if (ids.length < 2) continue;
    const length = enough(ids);
    for (const id of ids) marks.set(id, id.length > length ? `${id.slice(0, length)}…` : id);
  }
  return marks;
}

function enough(ids: string[]): number {
  const longest = Math.max(...ids.map((id) => id.length));
  const different = new Set(ids).size;
  for (let length = SHORTEST; length < longest; length++) {
    if (new Set(ids.map((id) => id.slice(0, length))).size === different) return length;
  }
  return longest;
}

/**
 * A currency's code as it may be shown. It is whatever the exchange sent: characters that cannot
 * be seen or that turn the text round would let one code pass for another.
 */
export function shownCode(currency: string): string {
  const visible = currency.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\uFFFD").trim();
  return visible || "(no code)";
}

const counted = new Intl.NumberFormat();

/** "190 empty and 1 dust account not shown"; null when every account is listed. */
export function hiddenWords({ zero, dust }: Snapshot["hidden"]): string | null {
  const parts = [
    zero > 0 && `${counted.format(zero)} empty`,
    dust > 0 && `${counted.format(dust)} dust`,
  ];
  const named = parts.filter((part) => part !== false);
  if (named.length === 0) return null;
  const last = dust > 0 ? dust : zero;
  return `${named.join(" and ")} ${last === 1 ? "account" : "accounts"} not shown`;
}

/** "13 holdings in 204 accounts". */
export function listedWords({ holdings, account_count: accounts }: Snapshot): string {
  return `${count(holdings.length, "holding")} in ${count(accounts, "account")}`;
}

export function count(number: number, noun: string): string {
  return `${counted.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}
