import type { Holding, Snapshot, Source } from "../../api/shapes.ts";
import { readSources } from "../../api/snapshot.ts";
import { compareDecimals } from "../../money.ts";
import { count, number } from "../../words.ts";
import type { Column, Place } from "./place.ts";

/** The holdings of a connection ("": of all) whose code or name has the filter's text in it. */
export function matching(
  holdings: readonly Holding[],
  { filter, connection }: Pick<Place, "filter" | "connection">,
): Holding[] {
  const wanted = filter.trim().toUpperCase();
  return holdings.filter(
    ({ currency, name, connection_id: id }) =>
      (connection === "" || id === connection) &&
      (currency.toUpperCase().includes(wanted) || name?.toUpperCase().includes(wanted) === true),
  );
}

/** The source that the table is narrowed to; null for all, also where the address names none. */
export function narrowedTo(snapshot: Snapshot, { connection }: Place): Source | null {
  return readSources(snapshot).find(({ connection_id: id }) => id === connection) ?? null;
}

/** Tells a holding from all others: two keys may open one account. */
export function holdingKey({ connection_id: connection, account_id: account }: Holding): string {
  return `${connection} ${account}`;
}

export function sorted(
  holdings: readonly Holding[],
  { column, descending }: Pick<Place, "column" | "descending">,
): Holding[] {
  const turn = descending ? -1 : 1;
  return [...holdings].sort((one, other) => {
    const [mine, yours] = [keyOf(one, column), keyOf(other, column)];
    // What has none comes last, whichever way.
    if ((mine === null) !== (yours === null)) return mine === null ? 1 : -1;
    const order =
      column === "currency"
        ? compareCodes(one.currency, other.currency)
        : compareDecimals(mine ?? "0", yours ?? "0");
    // Equal amounts keep one order, so that a new reading does not shuffle them.
    return (
      order * turn ||
      compareCodes(one.currency, other.currency) ||
      compareCodes(holdingKey(one), holdingKey(other))
    );
  });
}

/** What a column sorts by; null where there is nothing. */
function keyOf(holding: Holding, column: Column): string | null {
  if (column === "currency") return "";
  return column === "change" ? (holding.change_24h?.ratio ?? null) : holding[column];
}

/** Codes are codes, not words: the same order for every language, and the API's own. */
function compareCodes(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

const SHORTEST = 4;

/**
 * By holdingKey, the start of the account's id that tells those of one currency apart. An account
 * that is the only one of its currency in its connection needs none and has none.
 */
export function accountMarks(holdings: readonly Holding[]): Map<string, string> {
  const byCurrency = new Map<string, Holding[]>();
  for (const holding of holdings) {
    const group = `${holding.connection_id} ${holding.currency}`;
    byCurrency.set(group, [...(byCurrency.get(group) ?? []), holding]);
  }
  const marks = new Map<string, string>();
  for (const accounts of byCurrency.values()) {
    if (accounts.length < 2) continue;
    const length = enough(accounts.map(({ account_id: id }) => id));
    for (const account of accounts) {
      const { account_id: id } = account;
      marks.set(holdingKey(account), id.length > length ? `${id.slice(0, length)}…` : id);
    }
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

/** "190 empty and 1 dust account not shown"; null when every account is listed. */
export function hiddenWords({ zero, dust }: Snapshot["hidden"]): string | null {
  const parts = [zero > 0 && `${number(zero)} empty`, dust > 0 && `${number(dust)} dust`];
  const named = parts.filter((part) => part !== false);
  if (named.length === 0) return null;
  const last = dust > 0 ? dust : zero;
  return `${named.join(" and ")} ${last === 1 ? "account" : "accounts"} not shown`;
}

/** "13 holdings in 204 accounts". */
export function listedWords({ holdings, account_count: accounts }: Snapshot): string {
  return `${count(holdings.length, "holding")} in ${count(accounts, "account")}`;
}

/** "204 accounts, 190 empty and 1 dust account not shown" */
export function sourceWords({ account_count: accounts, hidden }: Source): string {
  return [count(accounts, "account"), hiddenWords(hidden)].filter(Boolean).join(", ");
}
