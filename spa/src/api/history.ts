/** What the API answers about the past. Amounts are decimal strings, days are those of UTC. */

import type { components } from "./contract.gen.ts";

type Schemas = components["schemas"];

export const INTERVALS = ["day", "week", "month"] as const;
export type Interval = (typeof INTERVALS)[number];

export const KNOWN = ["ledger", "reading", "carried", "unknown"] as const;
export type Known = (typeof KNOWN)[number];

export const WHY_NO_VALUE = ["no_market", "no_close", "unknown_balance"] as const;
export type WhyNoValue = (typeof WHY_NO_VALUE)[number];

export const READING_STATES = ["none", "queued", "running", "done", "failed"] as const;
export type ReadingState = (typeof READING_STATES)[number];

export const WHY_DIFFERENT = ["balance", "gap", "beginning"] as const;
export const CLOSE_STATUSES = ["close", "carried", "par", "unpriced"] as const;
export const KINDS = ["trade", "deposit", "withdrawal", "fee", "rebate", "conversion"] as const;

export type AssetPoint = Schemas["HistoryAsset"];
/** `assets` is null where they were not asked for. */
export type Point = Omit<Schemas["Point"], "assets"> & { assets: AssetPoint[] | null };
export type Difference = Schemas["Difference"];
/** How far the past of a connection has been read, and whether it agrees with its balances. */
export type ReadPast = Schemas["ConnectionHistory"];
export type History = Omit<Schemas["History"], "points"> & { points: Point[] };
/** `kind` is one of KINDS, or any other that an exchange has. */
export type Entry = Schemas["Entry"];
export type ActivityPage = Schemas["Activity"];
export type Close = Schemas["Close"];
export type HeldThen = Schemas["StatementHolding"];
export type Statement = Schemas["Statement"];
