import type { components } from "./contract.gen.ts";

/** What the API answers with, by the names that the page has for it. */
type Schemas = components["schemas"];

export type Snapshot = Schemas["Snapshot"];
export type Source = Schemas["Source"];
export type Holding = Schemas["Holding"];
export type Hidden = Schemas["Hidden"];
export type Notice = Schemas["Notice"];
export type Connection = Schemas["Connection"];
export type Profile = Schemas["Profile"];
