import type { Known, Point, WhyNoValue } from "../../api/history.ts";

/** How far to trust the value of a day. */
export function knownWords({ value, complete, carried }: Point): string {
  if (value === null) return "Not known";
  const parts = [complete ? "Complete" : "Not complete", carried && "carried over in part"];
  return parts.filter(Boolean).join(", ");
}

/** Where a balance of then comes from. */
export const KNOWN_WORDS: Record<Known, string> = {
  ledger: "By the ledger",
  reading: "As read then",
  carried: "Carried over",
  unknown: "Not known",
};

/** Why something has no value, after its name. */
export const WHY_WORDS: Record<WhyNoValue, string> = {
  no_market: "no market has it",
  no_close: "no close of that day is known",
  unknown_balance: "its balance is not known",
};
