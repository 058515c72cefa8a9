/** An exchange as a person calls it; one that this page does not know, by its code. */
const NAMES: Readonly<Record<string, string>> = {
  coinbase_advanced: "Coinbase",
  coinbase_exchange: "Coinbase Exchange",
};

export function exchangeName(exchange: string): string {
  return Object.hasOwn(NAMES, exchange) ? (NAMES[exchange] ?? exchange) : exchange;
}
