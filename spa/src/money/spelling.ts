import { parseDecimal } from "./decimal.ts";

/** An amount as a person of some locale reads it. Joined, its parts hold every digit. */
export interface Spelling {
  sign: string;
  /** Groups and separators in turn: ["1", ",", "234"]. */
  integer: string[];
  /** "" when there is no fraction. */
  point: string;
  /** In threes from the point: ["567", "890", "12"]. */
  fraction: string[];
}

export type Speller = (amount: string) => Spelling;

/** `locales` as Intl takes them; none means the browser's own. */
export function speller(locales?: string | string[]): Speller {
  // Latin digits for everybody: a fraction is shown digit by digit beside the integer.
  const format = new Intl.NumberFormat(locales, {
    numberingSystem: "latn",
    maximumFractionDigits: 0,
  });
  const point = separator(locales);
  const minus = format.formatToParts(-1).find((part) => part.type === "minusSign")?.value ?? "-";
  return (amount) => {
    const decimal = parseDecimal(amount);
    if (!decimal) throw new RangeError(`not a plain decimal: ${amount}`);
    return {
      sign: decimal.negative ? minus : "",
      integer: format.formatToParts(BigInt(decimal.integer)).map((part) => part.value),
      point: decimal.fraction ? point : "",
      fraction: decimal.fraction.match(/.{1,3}/g) ?? [],
    };
  };
}

export function spelled(spelling: Spelling): string {
  return [spelling.sign, ...spelling.integer, spelling.point, ...spelling.fraction].join("");
}

function separator(locales?: string | string[]): string {
  const parts = new Intl.NumberFormat(locales, { numberingSystem: "latn" }).formatToParts(1.5);
  return parts.find((part) => part.type === "decimal")?.value ?? ".";
}
