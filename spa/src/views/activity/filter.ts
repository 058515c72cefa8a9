import { isDay } from "../../days.ts";

/** What is looked for, kept in the address; "" for whatever there is. */
export interface Filter {
  search: string;
  currency: string;
  kind: string;
  from: string;
  to: string;
}

export const ALL: Filter = { search: "", currency: "", kind: "", from: "", to: "" };

const NAMES = ["search", "currency", "kind", "from", "to"] as const;
const LONGEST = 64;

/** `search` is hostile: what makes no sense is not looked for. */
export function readFilter(search: string): Filter {
  const query = new URLSearchParams(search);
  const text = (name: keyof Filter) => (query.get(name) ?? "").slice(0, LONGEST);
  const day = (name: keyof Filter) => (isDay(text(name)) ? text(name) : "");
  return {
    search: text("search"),
    currency: text("currency"),
    kind: text("kind"),
    from: day("from"),
    to: day("to"),
  };
}

/** "" for whatever there is. */
export function filterQuery(filter: Filter): string {
  const query = new URLSearchParams();
  for (const name of NAMES) if (filter[name].trim()) query.set(name, filter[name].trim());
  return query.size === 0 ? "" : `?${query.toString()}`;
}
