/** What a viewer wants to be told of, and what fired. Amounts are decimal strings. */

import {
  type Fields,
  amount,
  boolean,
  count,
  each,
  moment,
  object,
  oneOf,
  optional,
  string,
} from "./check.ts";
import type { Send } from "./client.ts";
import type { components } from "./contract.gen.ts";
import { type Done, checked } from "./done.ts";

type Schemas = components["schemas"];

export const KINDS = [
  "balance_fell",
  "left_exchange",
  "value_crossed",
  "connection_failed",
  "reconciliation_broke",
] as const;
export type Kind = (typeof KINDS)[number];

export type Alerts = Schemas["Alerts"];
export type Rule = Schemas["KnownRule"];
export type AlertEvent = Schemas["AlertEvent"];
export type AlertEvents = Schemas["AlertEvents"];
/** A rule as it is sent: what does not belong to its kind is left out, and so is a new one's id. */
export type WantedRule = Schemas["Rule"];

export async function readAlerts(send: Send): Promise<Done<Alerts>> {
  return checked(await send({ method: "GET", path: "/alerts" }), parseAlerts);
}

export async function changeAlerts(
  send: Send,
  { version }: Alerts,
  body: { mail: { enabled: boolean; figures: boolean }; rules: WantedRule[] },
): Promise<Done<Alerts>> {
  return checked(await send({ method: "PUT", path: "/alerts", body, version }), parseAlerts);
}

export async function readEvents(send: Send, cursor: string | null): Promise<Done<AlertEvents>> {
  const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
  return checked(await send({ method: "GET", path: `/alerts/events${query}` }), parseEvents);
}

/** A rule as it is sent back: unchanged, or with a change. */
export function wanted(rule: Rule, change: Partial<WantedRule> = {}): WantedRule {
  const known = Object.entries({ ...rule, ...change }).filter(
    ([name, value]) => name !== "state" && value !== null,
  );
  return Object.fromEntries(known) as WantedRule;
}

function parseAlerts(fields: Fields): Alerts {
  const mail = object(fields["mail"], "mail");
  return {
    mail: {
      enabled: boolean(mail, "enabled"),
      figures: boolean(mail, "figures"),
      available: boolean(mail, "available"),
      stopped: optional(mail, "stopped", (row, name) => {
        const stopped = object(row[name], name);
        return {
          code: oneOf(stopped, "code", ["bounced", "complained", "unsubscribed"] as const),
          at: moment(stopped, "at"),
        };
      }),
    },
    rules: each(fields, "rules", parseRule),
    version: count(fields, "version"),
  };
}

function parseRule(fields: Fields): Rule {
  const state = object(fields["state"], "state");
  return {
    id: string(fields, "id"),
    kind: oneOf(fields, "kind", KINDS),
    enabled: boolean(fields, "enabled"),
    connection_id: optional(fields, "connection_id", string),
    cooldown_hours: count(fields, "cooldown_hours"),
    currency: optional(fields, "currency", string),
    amount: optional(fields, "amount", amount),
    ratio: optional(fields, "ratio", amount),
    direction: optional(fields, "direction", (row, name) =>
      oneOf(row, name, ["below", "above"] as const),
    ),
    hours: optional(fields, "hours", count),
    state: {
      status: oneOf(state, "status", ["new", "armed", "fired"] as const),
      fired_at: optional(state, "fired_at", moment),
      evaluated_at: optional(state, "evaluated_at", moment),
    },
  };
}

function parseEvents(fields: Fields): AlertEvents {
  return {
    events: each(fields, "events", (row) => ({
      id: string(row, "id"),
      rule_id: string(row, "rule_id"),
      kind: oneOf(row, "kind", KINDS),
      at: moment(row, "at"),
      title: string(row, "title"),
      detail: string(row, "detail"),
      figures: each(row, "figures", (figure) => ({
        name: string(figure, "name"),
        value: string(figure, "value"),
        unit: string(figure, "unit"),
      })),
      connection_id: optional(row, "connection_id", string),
      mail: oneOf(row, "mail", ["off", "waiting", "sent", "failed", "stopped"] as const),
    })),
    next: optional(fields, "next", string),
  };
}
