import type { Send } from "../../api/client.ts";
import type { Done } from "../../api/done.ts";
import type { History, Interval } from "../../api/history.ts";
import { readHistory } from "../../api/read-history.ts";
import { addDays, daysBetween } from "../../days.ts";

export const RANGES = ["1W", "1M", "3M", "1Y", "All"] as const;
export type Range = (typeof RANGES)[number];

export const RANGE_NAMES: Record<Range, string> = {
  "1W": "1 week",
  "1M": "1 month",
  "3M": "3 months",
  "1Y": "1 year",
  All: "All that is known",
};

const DAYS: Record<Exclude<Range, "All">, number> = { "1W": 7, "1M": 30, "3M": 91, "1Y": 365 };

/** More points than this are closer to each other than a screen can show. */
const MOST_DAYS = 400;
const MOST_DAYS_BY_WEEK = 8 * 365 + 2;

/** How far apart points are over so many days. */
export function intervalFor(days: number): Interval {
  if (days <= MOST_DAYS) return "day";
  return days <= MOST_DAYS_BY_WEEK ? "week" : "month";
}

interface RangeQuestion {
  range: Range;
  /** The history ends the day before. */
  today: string;
  currency: string | null;
  isByAsset: boolean;
}

/**
 * The history over a range. How long all of it is shows only in an answer: the few points of its
 * months are asked for first, then those that are close enough.
 */
export async function readRange(
  send: Send,
  { range, today, currency, isByAsset }: RangeQuestion,
): Promise<Done<History>> {
  const asked = { currency, ...(isByAsset && { by: "asset" as const }) };
  if (range !== "All") {
    return readHistory(send, { ...asked, from: addDays(today, -DAYS[range]), interval: "day" });
  }
  const months = await readHistory(send, { ...asked, interval: "month" });
  if (months.kind !== "done") return months;
  const { from, to } = months.value;
  const interval = from === null ? "month" : intervalFor(daysBetween(from, to));
  return interval === "month" ? months : readHistory(send, { ...asked, interval });
}
