/**
 * Exact decimals. An amount is a string from the API's wire to the screen: a float would change
 * digits that somebody owns.
 */

export interface Decimal {
  negative: boolean;
  /** Without leading zeros, except for "0" itself. */
  integer: string;
  /** As it was given; "" when there is none. */
  fraction: string;
}

/** As many digits on either side of the point as the API allows. */
const PLAIN = /^(-?)([0-9]{1,64})(?:\.([0-9]{1,64}))?$/;

/** Null for what is no plain decimal: an exponent, a sign too many, digits of another script. */
export function parseDecimal(amount: string): Decimal | null {
  const found = PLAIN.exec(amount);
  if (!found) return null;
  const [, sign = "", integer = "0", fraction = ""] = found;
  return { negative: sign === "-", integer: integer.replace(/^0+(?=[0-9])/, ""), fraction };
}

/** Negative, zero or positive, as Array.sort takes it. Both must be plain decimals. */
export function compareDecimals(one: string, other: string): number {
  const scale = Math.max(scaleOf(one), scaleOf(other));
  const difference = scaled(one, scale) - scaled(other, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isZero(amount: string): boolean {
  return scaled(amount, scaleOf(amount)) === 0n;
}

/** `amount` as a whole number of units of 10^-scale. */
export function scaled(amount: string, scale: number): bigint {
  const decimal = parseDecimal(amount);
  if (!decimal) throw new RangeError(`not a plain decimal: ${amount}`);
  const units = BigInt(decimal.integer + decimal.fraction.padEnd(scale, "0"));
  return decimal.negative ? -units : units;
}

export function scaleOf(amount: string): number {
  const point = amount.indexOf(".");
  return point < 0 ? 0 : amount.length - point - 1;
}

/** An amount as a person of some locale reads it. Joined, its parts hold every digit. */
export interface AmountParts {
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

export type AmountFormat = (amount: string, scale?: number) => AmountParts;

/** `locales` as Intl takes them; none means the browser's own. */
export function amountFormat(locales?: string | string[]): AmountFormat {
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

export function joined(parts: AmountParts): string {
  return [parts.sign, ...parts.integer, parts.point, ...parts.fraction].join("");
}

function padding(digits: number, scale: number, point: string): AmountParts["pad"] {
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

/** How much of a balance is on hold, only for drawing: the figures beside it are the truth. */
export interface Share {
  /** 0 to 1000. */
  permille: number;
  /** "2.8%", "<0.1%". */
  text: string;
}

const percent = new Intl.NumberFormat(undefined, {
  style: "percent",
  maximumFractionDigits: 1,
  numberingSystem: "latn",
});

/** Null where a share makes no sense: nothing on hold, or no positive balance. */
export function shareOnHold(hold: string, balance: string): Share | null {
  const scale = Math.max(scaleOf(hold), scaleOf(balance));
  const held = scaled(hold, scale);
  const all = scaled(balance, scale);
  if (held <= 0n || all <= 0n) return null;
  // Cut, not rounded: 99.96% on hold must not read as everything.
  const permille = held >= all ? 1000 : Number((held * 1000n) / all);
  return {
    permille,
    text: permille === 0 ? `<${percent.format(0.001)}` : percent.format(permille / 1000),
  };
}

/**
 * An amount with fewer digits, cut and never rounded up: at most so many after the point, or so
 * many that count ("significant").
 */
export function cut(amount: string, to: { decimals: number } | { significant: number }): string {
  const decimal = parseDecimal(amount);
  if (!decimal) throw new RangeError(`not a plain decimal: ${amount}`);
  const { negative, integer, fraction } = decimal;
  const zeros = /^0*/.exec(fraction)?.[0].length ?? 0;
  const digits =
    "decimals" in to
      ? to.decimals
      : integer === "0"
        ? zeros + to.significant
        : Math.max(2, to.significant - integer.length);
  const kept = fraction.slice(0, digits);
  const isMoney = "decimals" in to;
  const shown = isMoney ? kept.padEnd(to.decimals, "0") : kept.replace(/0+$/, "");
  const isNothing = !/[1-9]/.test(integer + shown);
  return `${negative && !isNothing ? "-" : ""}${integer}${shown && `.${shown}`}`;
}

/** The exact sum, with as many decimals as the longest. */
export function sum(amounts: readonly string[]): string {
  const scale = Math.max(0, ...amounts.map(scaleOf));
  const total = amounts.reduce((all, amount) => all + scaled(amount, scale), 0n);
  const digits = (total < 0n ? -total : total).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  const fraction = scale > 0 ? `.${digits.slice(point)}` : "";
  return `${total < 0n ? "-" : ""}${digits.slice(0, point)}${fraction}`;
}

/** How much of a whole, in permille, for drawing and for words; null where that makes no sense. */
export function shareOf(part: string, whole: string): Share | null {
  return shareOnHold(part, whole);
}

const signedPercent = new Intl.NumberFormat(undefined, {
  style: "percent",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
  numberingSystem: "latn",
});

/** "+1.25%" of "0.0125". */
export function percentOf(ratio: string): string {
  return signedPercent.format(Number(cut(ratio, { decimals: 6 })));
}

/** "62%" of "0.62": a share of a whole has no sign. */
export function shareWords(ratio: string): string {
  return percentOf(ratio).replace(/^\+/, "");
}
