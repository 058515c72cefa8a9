import type { Holding, Snapshot } from "../../api/shapes.ts";
import { csv } from "../../csv.ts";

const HEAD = ["account_id", "currency", "balance", "available", "hold", "as_of", "connection"];
/** Where values are known. */
const VALUES = [
  ...["name", "value", "value_currency", "price", "price_status", "price_reason", "price_route"],
  ...["price_as_of", "change_24h"],
];

/** Some of a snapshot's holdings, with all their digits, as RFC 4180 writes it. */
export function holdingsCsv(
  holdings: readonly Holding[],
  { as_of, sources, value }: Snapshot,
): string {
  const byId = new Map(sources.map((source) => [source.connection_id, source]));
  const rows = holdings.map((holding) => [
    holding.account_id,
    holding.currency,
    holding.balance,
    holding.available,
    holding.hold,
    byId.get(holding.connection_id)?.as_of ?? as_of,
    byId.get(holding.connection_id)?.label ?? "",
    ...(value === null ? [] : valueCells(holding, value.currency)),
  ]);
  const head = value === null ? HEAD : [...HEAD, ...VALUES];
  return csv([head, ...rows]);
}

function valueCells({ name, value, price, change_24h: change }: Holding, currency: string) {
  return [
    name ?? "",
    value ?? "",
    currency,
    price?.amount ?? "",
    price?.status ?? "",
    price?.reason ?? "",
    price?.route.join(" > ") ?? "",
    price?.as_of ?? "",
    change?.amount ?? "",
  ];
}

export function csvName({ as_of: asOf }: Snapshot): string {
  // A colon is not allowed in file names everywhere.
  return `holdings-${asOf.replace(/[^0-9TZ-]/g, "")}.csv`;
}
