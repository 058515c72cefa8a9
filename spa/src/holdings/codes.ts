/**
 * A currency's code as it may be shown. It is whatever the exchange sent: characters that cannot
 * be seen or that turn the text round would let one code pass for another.
 */
export function shownCode(currency: string): string {
  const visible = currency.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\uFFFD").trim();
  return visible || "(no code)";
}
