import type { Snapshot, Value } from "../../api/shapes.ts";
import { compareDecimals, isZero, shareOf, sum } from "../../money.ts";

/** A part of the total. */
export interface Slice {
  /** A currency's code; null for all the others together. */
  code: string | null;
  name: string | null;
  value: string;
  permille: number;
  /** "12.3%" */
  share: string;
  /** How many currencies it is. */
  count: number;
}

/** So many are told apart by a bar; what is smaller is "Other". */
const MOST_SLICES = 6;

/** What the total is made of, the largest first. */
export function allocation(holdings: Snapshot["holdings"]): Slice[] {
  const byCode = new Map<string, { name: string | null; values: string[] }>();
  for (const { currency, name, value } of holdings) {
    if (value === null || isZero(value)) continue;
    const known = byCode.get(currency) ?? { name, values: [] };
    known.values.push(value);
    byCode.set(currency, known);
  }
  const parts = [...byCode].map(([code, { name, values }]) => ({ code, name, value: sum(values) }));
  parts.sort((one, other) => -compareDecimals(one.value, other.value));
  const whole = sum(parts.map(({ value }) => value));
  const isTooMany = parts.length > MOST_SLICES;
  const first = isTooMany ? parts.slice(0, MOST_SLICES - 1) : parts;
  const others = parts.slice(first.length);
  const slices = first.map((part) => slice(part, 1, whole));
  if (others.length > 0) {
    const value = sum(others.map((part) => part.value));
    slices.push(slice({ code: null, name: null, value }, others.length, whole));
  }
  return slices;
}

function slice(
  part: { code: string | null; name: string | null; value: string },
  count: number,
  whole: string,
): Slice {
  const share = shareOf(part.value, whole);
  return { ...part, count, permille: share?.permille ?? 0, share: share?.text ?? "" };
}

type LeftOut = Value["excluded"];

/** What is in no total, by its reason. */
export function leftOut({ excluded }: Value): [LeftOut[number]["reason"], LeftOut][] {
  const reasons = [...new Set(excluded.map(({ reason }) => reason))];
  return reasons.map((reason) => [reason, excluded.filter((one) => one.reason === reason)]);
}
