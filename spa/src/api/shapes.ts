import type { components } from "./contract.gen.ts";

/** What the API answers with, by the names that the page has for it. */
type Schemas = components["schemas"];

export type Price = Schemas["Price"];
export type Change = Schemas["Change"];
export type Value = Schemas["Value"];
export type HiddenCurrencies = Schemas["HiddenCurrencies"];

/** What an older API does not say is null, and there is no total without it. */
export type Holding = Omit<Schemas["ValuedHolding"], "price"> & { price: Price | null };
export type Source = Omit<Schemas["Source"], "hidden_currencies"> & {
  hidden_currencies: HiddenCurrencies | null;
};
export type Snapshot = Omit<Schemas["Snapshot"], "value" | "holdings" | "sources"> & {
  value: Value | null;
  holdings: Holding[];
  sources: Source[];
};
export type Hidden = Schemas["Hidden"];
export type Notice = Schemas["Notice"];
export type Connection = Schemas["Connection"];
export type Profile = Schemas["Profile"];
