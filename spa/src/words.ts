/** Codes, counts and fields of the API as a person reads them. */

/**
 * A currency's code as it may be shown. It is whatever the exchange sent: characters that cannot
 * be seen or that turn the text round would let one code pass for another.
 */
export function shownCode(currency: string): string {
  const visible = currency.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\uFFFD").trim();
  return visible || "(no code)";
}

/** "Order id" of "order_id". Hostile, as a code is. */
export function fieldWords(name: string): string {
  const words = shownCode(name).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const counted = new Intl.NumberFormat();

export function number(value: number): string {
  return counted.format(value);
}

export function count(many: number, noun: string): string {
  return `${number(many)} ${noun}${many === 1 ? "" : "s"}`;
}
