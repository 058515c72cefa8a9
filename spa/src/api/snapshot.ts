import {
  type Fields,
  amount,
  boolean,
  count,
  list,
  moment,
  notice,
  object,
  oneOf,
  optional,
  string,
} from "./check.ts";
import type {
  Change,
  Hidden,
  HiddenCurrencies,
  Holding,
  Price,
  Snapshot,
  Source,
  Value,
} from "./shapes.ts";

/** The deployment's own connection, which every viewer may read. */
export const SHARED_ID = "shared";

const REASONS = ["no_market", "feed_failed", "rate_limited"] as const;
const REASONS_LEFT_OUT = [...REASONS, "delisted"] as const;
const PRICE_STATUSES = [
  ...(["live", "quiet", "stale", "par", "routed", "delisted", "unpriced"] as const),
];

export const STATUSES = ["active", "paused", "rejected"] as const;

/**
 * The holdings, checked at run time: until then the answer is hostile text. A figure that is not
 * what the contract promises is refused with everything around it, never shown half.
 */
export function parseSnapshot(document: unknown): Snapshot {
  const fields = object(document, "the answer");
  return {
    as_of: moment(fields, "as_of"),
    expires_at: moment(fields, "expires_at"),
    stale: boolean(fields, "stale"),
    warnings: list(fields, "warnings").map((item) => notice({ warnings: item }, "warnings")),
    account_count: count(fields, "account_count"),
    hidden: hidden(fields),
    sources: list(fields, "sources").map((item) => source(object(item, "sources"))),
    value: optional(fields, "value", value),
    holdings: list(fields, "holdings").map(holding),
  };
}

/** Whether these are the demo's sample figures, which nobody's exchange was asked for. */
export function isDemo({ warnings }: Snapshot): boolean {
  return warnings.some(({ code }) => code === "demo_mode");
}

/** Whether a source has failed: what it has of figures is old, or it has none. */
export function isFailing({ stale, as_of: asOf, status }: Source): boolean {
  return status !== "paused" && (stale || asOf === null);
}

/** The sources that are read and counted: those that are not paused. */
export function readSources({ sources }: Snapshot): Source[] {
  return sources.filter(({ status }) => status !== "paused");
}

/** By connection id, its label: only where there is more than one to tell apart. */
export function labels(snapshot: Snapshot): Map<string, string> {
  const sources = readSources(snapshot);
  if (sources.length < 2) return new Map();
  return new Map(sources.map(({ connection_id: id, label }) => [id, label]));
}

/** Whether the whole could not be made anew, whatever its sources were when it was. */
export function isOld({ stale, sources }: Snapshot): boolean {
  return stale && !sources.some(isFailing);
}

function source(fields: Fields): Source {
  return {
    connection_id: string(fields, "connection_id"),
    exchange: string(fields, "exchange"),
    label: string(fields, "label"),
    status: oneOf(fields, "status", STATUSES),
    as_of: optional(fields, "as_of", moment),
    expires_at: optional(fields, "expires_at", moment),
    stale: boolean(fields, "stale"),
    warning: optional(fields, "warning", notice),
    scope: string(fields, "scope"),
    account_count: count(fields, "account_count"),
    hidden: hidden(fields),
    hidden_currencies: optional(fields, "hidden_currencies", hiddenCurrencies),
  };
}

function hiddenCurrencies(fields: Fields, name: string): HiddenCurrencies {
  const inner = object(fields[name], name);
  return { zero: texts(inner, "zero"), dust: texts(inner, "dust") };
}

function texts(fields: Fields, name: string): string[] {
  return list(fields, name).map((item) => string({ [name]: item }, name));
}

function value(fields: Fields, name: string): Value {
  const inner = object(fields[name], name);
  return {
    currency: string(inner, "currency"),
    amount: optional(inner, "amount", amount),
    complete: boolean(inner, "complete"),
    as_of: optional(inner, "as_of", moment),
    excluded: list(inner, "excluded").map((item) => {
      const left = object(item, "excluded");
      return {
        currency: string(left, "currency"),
        reason: oneOf(left, "reason", REASONS_LEFT_OUT),
        amount: amount(left, "amount"),
      };
    }),
    change_24h: optional(inner, "change_24h", (of, at) => {
      const whole = object(of[at], at);
      return {
        ...change(of, at),
        complete: boolean(whole, "complete"),
        covered: amount(whole, "covered"),
      };
    }),
  };
}

function change(fields: Fields, name: string): Change {
  const inner = object(fields[name], name);
  return { amount: amount(inner, "amount"), ratio: optional(inner, "ratio", amount) };
}

function price(fields: Fields, name: string): Price {
  const inner = object(fields[name], name);
  return {
    amount: optional(inner, "amount", amount),
    as_of: optional(inner, "as_of", moment),
    status: oneOf(inner, "status", PRICE_STATUSES),
    reason: optional(inner, "reason", (of, at) => oneOf(of, at, REASONS)),
    route: texts(inner, "route"),
  };
}

function hidden(fields: Fields): Hidden {
  const inner = object(fields["hidden"], "hidden");
  return { zero: count(inner, "zero"), dust: count(inner, "dust") };
}

function holding(item: unknown, index: number): Holding {
  const fields = object(item, `holdings[${index}]`);
  return {
    connection_id: string(fields, "connection_id"),
    account_id: string(fields, "account_id"),
    currency: string(fields, "currency"),
    balance: amount(fields, "balance"),
    available: amount(fields, "available"),
    hold: amount(fields, "hold"),
    name: optional(fields, "name", string),
    value: optional(fields, "value", amount),
    change_24h: optional(fields, "change_24h", change),
    price: optional(fields, "price", price),
  };
}
