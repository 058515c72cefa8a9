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
  /**
   * What is missing to a fraction of `scale` digits: the point and the digits as text of the same
   * width, and the number of gaps between its threes.
   */
  pad: { text: string; gaps: number };
}

export type Speller = (amount: string, scale?: number) => Spelling;

/** `locales` as Intl takes them; none means the browser's own. */
export function speller(locales?: string | string[]): Speller {
  // Latin digits for everybody: a fraction is shown digit by digit beside the integer.
  const format = new Intl.NumberFormat(locales, {
    numberingSystem: "latn",
    maximumFractionDigits: 0,
  });
  const point = separator(locales);
  const minus = format.formatToParts(-1).find((part) => part.type === "minusSign")?.value ?? "-";
  return (amount, scale = 0) => {
    const decimal = parseDecimal(amount);
    if (!decimal) throw new RangeError(`not a plain decimal: ${amount}`);
    return {
      sign: decimal.negative ? minus : "",
      integer: format.formatToParts(BigInt(decimal.integer)).map((part) => part.value),
      point: decimal.fraction ? point : "",
      fraction: decimal.fraction.match(/.{1,3}/g) ?? [],
      pad: padding(decimal.fraction.length, scale, point),
    };
  };
}

export function spelled(spelling: Spelling): string {
  return [spelling.sign, ...spelling.integer, spelling.point, ...spelling.fraction].join("");
}

function padding(digits: number, scale: number, point: string): Spelling["pad"] {
  if (digits >= scale) return { text: "", gaps: 0 };
  const gaps = (count: number) => Math.max(0, Math.ceil(count / 3) - 1);
  return {
    text: (digits === 0 ? point : "") + "0".repeat(scale - digits),
    gaps: gaps(scale) - gaps(digits),
  };
}

function separator(locales?: string | string[]): string {
  const parts = new Intl.NumberFormat(locales, { numberingSystem: "latn" }).formatToParts(1.5);
  return parts.find((part) => part.type === "decimal")?.value ?? ".";
}
