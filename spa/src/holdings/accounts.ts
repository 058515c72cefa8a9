import type { Holding } from "../api/answer.ts";

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
