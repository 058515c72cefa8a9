import { useCallback, useState } from "preact/hooks";
import { cut } from "./money.ts";

/** How an amount is written where there is not much room: as money, or by its digits that count. */
export type Digits = (amount: string, currency: string) => string;

const SIGNIFICANT = 8;
const OF_A_PRICE = 6;

const decimalsOf = new Map<string, number | null>();

/** Of what people pay with, how many decimals it has; null for any other currency. */
function moneyDecimals(currency: string): number | null {
  const known = decimalsOf.get(currency);
  if (known !== undefined) return known;
  const found = isMoney(currency)
    ? (new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions()
        .maximumFractionDigits ?? 2)
    : null;
  decimalsOf.set(currency, found);
  return found;
}

const names = new Intl.DisplayNames("en", { type: "currency", fallback: "none" });

function isMoney(currency: string): boolean {
  return /^[A-Z]{3}$/.test(currency) && names.of(currency) !== undefined;
}

export const fewDigits: Digits = (amount, currency) => {
  const decimals = moneyDecimals(currency);
  const short = cut(amount, decimals === null ? { significant: SIGNIFICANT } : { decimals });
  // Less than a cent is not nothing.
  return /[1-9]/.test(short) || !/[1-9]/.test(amount)
    ? short
    : cut(amount, { significant: SIGNIFICANT });
};

/** A price, whose first digits count: 64900.01, 1.08695, 0.0000182. */
export function priceDigits(amount: string): string {
  return cut(amount, { significant: OF_A_PRICE });
}

/** A difference: less than a cent of it is nothing. */
export function changeDigits(digits: Digits, amount: string, currency: string): string {
  const decimals = moneyDecimals(currency);
  return digits === allDigits || decimals === null
    ? digits(amount, currency)
    : cut(amount, { decimals });
}

export const allDigits: Digits = (amount) => amount;

const KEY = "holdings.all-digits";

/** Remembered beyond the tab, as whether amounts are hidden is. */
export function useAllDigits(): [boolean, (all: boolean) => void] {
  const [isAll, setAll] = useState(recalled);
  const remember = useCallback((all: boolean) => {
    setAll(all);
    try {
      localStorage.setItem(KEY, all ? "1" : "0");
    } catch {
      // Then it is until the next visit.
    }
  }, []);
  return [isAll, remember];
}

function recalled(): boolean {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}
