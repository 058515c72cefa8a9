/** Asks for the past, and checks what comes. Loaded with the views that show it. */

import { isDay } from "../days.ts";
import {
  type Fields,
  ShapeError,
  amount,
  boolean,
  count,
  each,
  list,
  moment,
  notice,
  object,
  oneOf,
  optional,
  string,
} from "./check.ts";
import type { Send } from "./client.ts";
import { type Done, checked } from "./done.ts";
import {
  type ActivityPage,
  type AssetPoint,
  CLOSE_STATUSES,
  type Close,
  type Difference,
  type Entry,
  type HeldThen,
  type History,
  INTERVALS,
  type Interval,
  KNOWN,
  type Point,
  READING_STATES,
  type ReadPast,
  type Statement,
  WHY_DIFFERENT,
  WHY_NO_VALUE,
} from "./history.ts";

export interface HistoryQuestion {
  from?: string;
  to?: string;
  interval?: Interval;
  by?: "asset";
  /** null for what the viewer's profile says. */
  currency: string | null;
}

export async function readHistory(send: Send, asked: HistoryQuestion): Promise<Done<History>> {
  const path = `/history${query({ ...asked })}`;
  return checked(await send({ method: "GET", path }), parseHistory);
}

export interface ActivityQuestion {
  cursor?: string | null;
  search?: string;
  currency?: string;
  kind?: string;
  from?: string;
  to?: string;
}

export async function readActivity(
  send: Send,
  asked: ActivityQuestion,
): Promise<Done<ActivityPage>> {
  const path = `/activity${query({ ...asked })}`;
  return checked(await send({ method: "GET", path }), parseActivity);
}

export async function readStatement(
  send: Send,
  date: string,
  currency: string | null,
): Promise<Done<Statement>> {
  const path = `/statements/${encodeURIComponent(date)}${query({ currency })}`;
  return checked(await send({ method: "GET", path }), parseStatement);
}

/** "" where nothing is asked for; what is null or empty is not. */
function query(asked: Readonly<Record<string, string | null | undefined>>): string {
  const given = Object.entries(asked).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

function parseHistory(fields: Fields): History {
  return {
    currency: string(fields, "currency"),
    interval: oneOf(fields, "interval", INTERVALS),
    from: optional(fields, "from", day),
    to: day(fields, "to"),
    warnings: warnings(fields),
    points: each(fields, "points", parsePoint),
    connections: each(fields, "connections", parseReadPast),
  };
}

function parsePoint(fields: Fields): Point {
  return {
    date: day(fields, "date"),
    value: optional(fields, "value", amount),
    complete: boolean(fields, "complete"),
    carried: boolean(fields, "carried"),
    deposits: optional(fields, "deposits", amount),
    withdrawals: optional(fields, "withdrawals", amount),
    assets: optional(fields, "assets", (of, name) => each(of, name, parseAsset)),
  };
}

function parseAsset(fields: Fields): AssetPoint {
  return {
    currency: string(fields, "currency"),
    balance: optional(fields, "balance", amount),
    value: optional(fields, "value", amount),
    known: oneOf(fields, "known", KNOWN),
    close: optional(fields, "close", amount),
    close_date: optional(fields, "close_date", day),
    reason: optional(fields, "reason", (of, name) => oneOf(of, name, WHY_NO_VALUE)),
  };
}

function parseReadPast(fields: Fields): ReadPast {
  return {
    connection_id: string(fields, "connection_id"),
    label: string(fields, "label"),
    exchange: string(fields, "exchange"),
    ledger: boolean(fields, "ledger"),
    state: oneOf(fields, "state", READING_STATES),
    since: optional(fields, "since", day),
    reached_back_to: optional(fields, "reached_back_to", day),
    entries: count(fields, "entries"),
    accounts: count(fields, "accounts"),
    accounts_done: count(fields, "accounts_done"),
    read_at: optional(fields, "read_at", moment),
    last_error: optional(fields, "last_error", notice),
    reconciled: optional(fields, "reconciled", boolean),
    reconciled_at: optional(fields, "reconciled_at", moment),
    differences: each(fields, "differences", parseDifference),
  };
}

function parseDifference(fields: Fields): Difference {
  return {
    currency: string(fields, "currency"),
    reason: oneOf(fields, "reason", WHY_DIFFERENT),
    ledger: amount(fields, "ledger"),
    reading: amount(fields, "reading"),
    difference: amount(fields, "difference"),
    since: optional(fields, "since", moment),
  };
}

function parseActivity(fields: Fields): ActivityPage {
  return { entries: each(fields, "entries", parseEntry), next: optional(fields, "next", string) };
}

function parseEntry(fields: Fields): Entry {
  return {
    id: string(fields, "id"),
    connection_id: string(fields, "connection_id"),
    at: moment(fields, "at"),
    currency: string(fields, "currency"),
    kind: string(fields, "kind"),
    amount: amount(fields, "amount"),
    balance: amount(fields, "balance"),
    details: Object.fromEntries(
      Object.entries(object(fields["details"] ?? {}, "details")).filter(
        (detail): detail is [string, string] => typeof detail[1] === "string",
      ),
    ),
  };
}

function parseStatement(fields: Fields): Statement {
  return {
    date: day(fields, "date"),
    currency: string(fields, "currency"),
    value: optional(fields, "value", amount),
    complete: boolean(fields, "complete"),
    excluded: each(fields, "excluded", (left) => ({
      currency: string(left, "currency"),
      reason: oneOf(left, "reason", WHY_NO_VALUE),
      amount: optional(left, "amount", amount),
    })),
    warnings: warnings(fields),
    holdings: each(fields, "holdings", parseHeldThen),
    connections: each(fields, "connections", parseReadPast),
  };
}

function parseHeldThen(fields: Fields): HeldThen {
  return {
    connection_id: string(fields, "connection_id"),
    currency: string(fields, "currency"),
    balance: optional(fields, "balance", amount),
    known: oneOf(fields, "known", KNOWN),
    value: optional(fields, "value", amount),
    close: parseClose(object(fields["close"], "close")),
  };
}

function parseClose(fields: Fields): Close {
  return {
    amount: optional(fields, "amount", amount),
    date: optional(fields, "date", day),
    status: oneOf(fields, "status", CLOSE_STATUSES),
    route: list(fields, "route").filter((book) => typeof book === "string"),
    reason: optional(fields, "reason", (of, name) => oneOf(of, name, WHY_NO_VALUE)),
  };
}

function warnings(fields: Fields) {
  return list(fields, "warnings").map((item) => notice({ warnings: item }, "warnings"));
}

function day(fields: Fields, name: string): string {
  const value = string(fields, name);
  if (!isDay(value)) throw new ShapeError(`${name} is no day`);
  return value;
}
