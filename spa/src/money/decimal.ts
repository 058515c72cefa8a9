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
