import { useQuery } from "../../shell/query.ts";

/** Where a person is on the page: kept in the address, so that a reload and a sign-in keep it. */

export const AMOUNTS = ["value", "balance", "available", "hold"] as const;
export type AmountColumn = (typeof AMOUNTS)[number];
export const COLUMNS = ["currency", "value", "change", "balance", "available", "hold"] as const;
export type Column = (typeof COLUMNS)[number];

export const COLUMN_NAMES: Record<Column, string> = {
  currency: "Currency",
  value: "Value",
  change: "24 hours",
  balance: "Balance",
  available: "Available",
  hold: "On hold",
};

export interface Place {
  filter: string;
  /** The id of the only connection to list; "" for all. */
  connection: string;
  column: Column;
  descending: boolean;
}

const LONGEST = 64;

/** What is worth most comes first; where no value is known, currencies in their order. */
const START = { column: "value", descending: true } as const;

/** `search` is hostile: whatever makes no sense is the start. */
export function readPlace(search: string): Place {
  const query = new URLSearchParams(search);
  const sort = query.get("sort");
  return {
    filter: (query.get("q") ?? "").slice(0, LONGEST),
    connection: (query.get("connection") ?? "").slice(0, LONGEST),
    ...(COLUMNS.some((column) => column === sort)
      ? { column: sort as Column, descending: query.get("dir") === "desc" }
      : START),
  };
}

/** "" for the start. */
export function placeQuery({ filter, connection, column, descending }: Place): string {
  const query = new URLSearchParams();
  if (filter) query.set("q", filter);
  if (connection) query.set("connection", connection);
  if (column !== START.column || descending !== START.descending) {
    query.set("sort", column);
    if (descending) query.set("dir", "desc");
  }
  const text = query.toString();
  return text && `?${text}`;
}

/** Amounts start with the largest, codes with A; the same column again turns round. */
export function sortedBy(place: Place, column: Column): Place {
  const descending = column === place.column ? !place.descending : column !== "currency";
  return { ...place, column, descending };
}

/** The place where there is no value to sort by. */
export function withoutValues(place: Place): Place {
  const isOfValue = place.column === "value" || place.column === "change";
  return isOfValue ? { ...place, column: "currency", descending: false } : place;
}

/** The place on the page, kept in the address. */
export function usePlace(): [Place, (place: Place) => void] {
  return useQuery(readPlace, placeQuery);
}
