/**
 * What the API answers about the past. Amounts are decimal strings, days are those of UTC. By hand
 * until docs/openapi.json has these routes: then each is a schema of contract.gen.ts, as in shapes.ts.
 */

import type { Notice } from "./shapes.ts";

export const INTERVALS = ["day", "week", "month"] as const;
export type Interval = (typeof INTERVALS)[number];

export const KNOWN = ["ledger", "reading", "carried", "unknown"] as const;
export type Known = (typeof KNOWN)[number];

export const WHY_NO_VALUE = ["no_market", "no_close", "unknown_balance"] as const;
export type WhyNoValue = (typeof WHY_NO_VALUE)[number];

export interface AssetPoint {
  currency: string;
  balance: string | null;
  value: string | null;
  known: Known;
  close: string | null;
  close_date: string | null;
  reason: WhyNoValue | null;
}

export interface Point {
  date: string;
  /** null: nothing is known of that day. */
  value: string | null;
  /** Whether everything that was held is in `value`. */
  complete: boolean;
  /** Whether a balance or a close is carried over from an earlier day. */
  carried: boolean;
  /** What moved in that period, in the currency; null: something moved that has no price. */
  deposits: string | null;
  withdrawals: string | null;
  /** Only where it was asked for by asset. */
  assets: AssetPoint[] | null;
}

export interface Difference {
  currency: string;
  ledger: string;
  reading: string;
  difference: string;
  since: string | null;
}

export const READING_STATES = ["none", "queued", "running", "done", "failed"] as const;
export type ReadingState = (typeof READING_STATES)[number];

/** How far the past of a connection has been read, and whether it agrees with its balances. */
export interface ReadPast {
  connection_id: string;
  label: string;
  exchange: string;
  state: ReadingState;
  /** The first day known. */
  since: string | null;
  reached_back_to: string | null;
  entries: number;
  accounts: number;
  accounts_done: number;
  read_at: string | null;
  last_error: Notice | null;
  /** null: not compared yet. */
  reconciled: boolean | null;
  reconciled_at: string | null;
  differences: Difference[];
}

export interface History {
  currency: string;
  interval: Interval;
  /** null: no day is known. */
  from: string | null;
  to: string;
  warnings: Notice[];
  points: Point[];
  connections: ReadPast[];
}

export interface Entry {
  id: string;
  connection_id: string;
  at: string;
  currency: string;
  /** One of KINDS, or any other that an exchange has. */
  kind: string;
  amount: string;
  balance: string | null;
  details: Record<string, unknown>;
}

export const KINDS = ["trade", "deposit", "withdrawal", "fee", "rebate", "conversion"] as const;

export interface ActivityPage {
  entries: Entry[];
  /** What asks for the next page, which may hold fewer than asked for, even none; null: the end. */
  next: string | null;
}

export const CLOSE_STATUSES = ["close", "carried", "par", "unpriced"] as const;

export interface Close {
  amount: string | null;
  date: string | null;
  status: (typeof CLOSE_STATUSES)[number];
  route: string[];
  reason: "no_market" | "no_close" | null;
}

export interface HeldThen {
  connection_id: string;
  currency: string;
  balance: string | null;
  known: Known;
  value: string | null;
  close: Close;
}

export interface Statement {
  date: string;
  currency: string;
  value: string | null;
  complete: boolean;
  excluded: { currency: string; reason: WhyNoValue; amount: string | null }[];
  warnings: Notice[];
  holdings: HeldThen[];
  connections: ReadPast[];
}
