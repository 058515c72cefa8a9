import { useMemo } from "preact/hooks";
import type { Digits } from "../digits.ts";
import { amountFormat, cut, joined } from "../money.ts";

export type Way = "up" | "down" | "same";
export const ARROWS: Record<Way, string> = { up: "▲", down: "▼", same: "■" };

/** Which way a ratio goes, as far as its percents show it. */
export function wayOf(ratio: string): Way {
  const shown = cut(ratio, { decimals: 4 });
  if (!/[1-9]/.test(shown)) return "same";
  return shown.startsWith("-") ? "down" : "up";
}

/** Of one width, whatever it hides. */
export function Masked() {
  return (
    <>
      <span class="visually-hidden">hidden</span>
      <span class="masked" aria-hidden="true">
        ••••
      </span>
    </>
  );
}

/** How amounts are shown: with how many digits, and whether at all. */
export interface Manner {
  digits: Digits;
  isHidden: boolean;
}

export type Written = (amount: string, currency: string) => string;

/** Writes an amount in the browser's language. */
export function useWritten({ digits }: Pick<Manner, "digits">): Written {
  const format = useMemo(() => amountFormat(), []);
  return useMemo(
    () => (amount: string, currency: string) => joined(format(digits(amount, currency))),
    [format, digits],
  );
}

/** An amount within a sentence or a cell; a dash for what is not known. */
export function Figure({
  amount,
  currency,
  digits,
  isHidden,
}: Manner & { amount: string | null; currency: string }) {
  const written = useWritten({ digits });
  if (amount === null) {
    return (
      <>
        <span aria-hidden="true">–</span>
        <span class="visually-hidden">not known</span>
      </>
    );
  }
  return isHidden ? <Masked /> : <>{written(amount, currency)}</>;
}
