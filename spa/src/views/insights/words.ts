import type { Figure, FigureName } from "../../api/insights.ts";
import { shareWords } from "../../money.ts";
import { count, fieldWords, number } from "../../words.ts";

/** What a figure is called, what it is, and whether it is a share. */
interface Meaning {
  name: string;
  is: string;
  isShare: boolean;
}

export const MEANINGS: Record<FigureName, Meaning> = {
  asset_count: {
    name: "Assets held",
    is: "How many assets had a balance on an average day.",
    isShare: false,
  },
  largest_weight: {
    name: "Largest asset",
    is: "The share of all value that lies in the one asset with the most.",
    isShare: true,
  },
  hhi: {
    name: "Concentration (HHI)",
    is: "The shares squared and added up: 1 is all in one asset, near 0 is spread over many.",
    isShare: false,
  },
  cash_share: {
    name: "Cash",
    is: "The share in money of a country, such as dollars or euros.",
    isShare: true,
  },
  stablecoin_share: {
    name: "Stablecoins",
    is: "The share in coins that are to be worth a currency.",
    isShare: true,
  },
  held_back_share: {
    name: "On hold",
    is: "The share that is held back, for example by open orders.",
    isShare: true,
  },
  unpriced_share: {
    name: "Without a price",
    is: "The share of what is held that has no price, by number of assets.",
    isShare: true,
  },
  drawdown: {
    name: "Largest fall",
    is: "The largest fall of the value from a high, without deposits and withdrawals.",
    isShare: true,
  },
  volatility: {
    name: "Daily ups and downs",
    is: "How much the value moved from day to day: the standard deviation of daily changes.",
    isShare: true,
  },
};

const WHY_NONE: Record<NonNullable<Figure["reason"]>, string> = {
  too_few_days: "Too few days are known.",
  nothing_priced: "Nothing that is held has a price.",
  no_reading: "There is no reading of today.",
  no_ledger: "One of the exchanges tells no entries, so what came and went is not known.",
};

/** "62 %", or 3.4; null where there is none. */
export function figureWords(name: FigureName, { value }: Figure): string | null {
  if (value === null) return null;
  return MEANINGS[name].isShare ? shareWords(value) : plain(value);
}

function plain(value: string): string {
  return number(Math.round(Number(value) * 100) / 100);
}

/** What a figure rests on, or why there is none. */
export function basisWords({ value, reason, samples }: Figure): string {
  if (value === null) return WHY_NONE[reason ?? "too_few_days"];
  return `From ${count(samples, "value")}.`;
}

const COMPARED: Readonly<Record<string, string>> = {
  "<": "below",
  "<=": "at most",
  ">": "above",
  ">=": "at least",
};

/** "Largest asset in 30 days: 83 % (at least 60 %)" */
export function evidenceWords(row: {
  figure: string;
  days: number;
  value: string | null;
  comparison: string;
  threshold: string;
}): string {
  const known = MEANINGS[row.figure as FigureName] as Meaning | undefined;
  const written = (value: string) => (known?.isShare ? shareWords(value) : plain(value));
  const value = row.value === null ? "not known" : written(row.value);
  const limit = `${COMPARED[row.comparison] ?? row.comparison} ${written(row.threshold)}`;
  return `${known?.name ?? fieldWords(row.figure)} in ${count(row.days, "day")}: ${value} (${limit})`;
}

/** A figure of an observation, by its unit. */
export function observedWords({ value, unit }: { value: string; unit: string }): string {
  if (unit === "ratio") return shareWords(value);
  if (unit === "days" || unit === "hours") return count(Number(value), unit.slice(0, -1));
  return value;
}
