/** Money that people count in; the exchange has rates for each. */
const CURRENCIES = [
  ...["AED", "ARS", "AUD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EUR", "GBP"],
  ...["HKD", "HUF", "IDR", "ILS", "INR", "JPY", "KRW", "MXN", "MYR", "NGN", "NOK", "NZD", "PHP"],
  ...["PLN", "RON", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR"],
];

/** Each with its code first, so that typing it finds it; `current` too, whatever it is. */
export function currencies(current: string): { code: string; name: string }[] {
  const names = new Intl.DisplayNames(undefined, { type: "currency", fallback: "none" });
  return [...new Set([...CURRENCIES, current])].sort().map((code) => {
    const name = /^[A-Z]{3}$/.test(code) ? names.of(code) : undefined;
    return { code, name: name === undefined ? code : `${code} – ${name}` };
  });
}

/** All that this browser knows, and besides those that it may call by an older name. */
export function timeZones(...besides: string[]): string[] {
  return [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC", ...besides])].sort();
}
