/** What the account's past says about it. Amounts and shares are decimal strings. */

import {
  type Fields,
  amount,
  boolean,
  count,
  each,
  list,
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

export type Insights = Schemas["Insights"];
export type Period = Schemas["Period"];
export type Figure = Schemas["Figure"];
export type Persona = Schemas["Persona"];
export type Recommendation = Schemas["Recommendation"];

const STATES = ["ready", "pending", "off"] as const;
const WHY_NONE = ["too_few_days", "nothing_priced", "no_reading", "no_ledger"] as const;
const PERSONAS = [
  "unknown",
  "cash_holder",
  "concentrated",
  "active",
  "diversified",
  "balanced",
] as const;
const COMPARISONS = ["<", "<=", ">", ">="] as const;
const OBSERVATIONS = [
  "failing_connection",
  "stale_connection",
  "reconciliation_open",
  "history_gap",
  "excess_rights",
  "funds_on_hold",
  "concentration",
  "delisted_asset",
  "idle_unpriced",
] as const;
const UNITS = ["ratio", "days", "hours", "amount", "count", "code", "rights"] as const;
const KINDS = ["trade", "deposit", "withdrawal", "fee", "rebate", "conversion", "other"] as const;

/** Each figure of a period, in the order in which it is shown. */
export const FIGURES = [
  "asset_count",
  "largest_weight",
  "hhi",
  "cash_share",
  "stablecoin_share",
  "held_back_share",
  "unpriced_share",
  "drawdown",
  "volatility",
] as const;
export type FigureName = (typeof FIGURES)[number];

export async function readInsights(send: Send): Promise<Done<Insights>> {
  return checked(await send({ method: "GET", path: "/insights" }), parseInsights);
}

function parseInsights(fields: Fields): Insights {
  return {
    state: oneOf(fields, "state", STATES),
    as_of: optional(fields, "as_of", moment),
    currency: string(fields, "currency"),
    notice: string(fields, "notice"),
    features: optional(fields, "features", parseFeatures),
    persona: optional(fields, "persona", parsePersona),
    recommendations: each(fields, "recommendations", parseRecommendation),
  };
}

function parseFeatures(fields: Fields, name: string): NonNullable<Insights["features"]> {
  const features = object(fields[name], name);
  return { version: count(features, "version"), periods: each(features, "periods", parsePeriod) };
}

function parsePeriod(fields: Fields): Period {
  const figure = (name: FigureName): Figure => parseFigure(object(fields[name], name));
  return {
    days: oneOf(fields, "days", [7, 30, 90] as const),
    from: string(fields, "from"),
    to: string(fields, "to"),
    days_covered: count(fields, "days_covered"),
    days_active: count(fields, "days_active"),
    asset_count: figure("asset_count"),
    largest_weight: figure("largest_weight"),
    hhi: figure("hhi"),
    cash_share: figure("cash_share"),
    stablecoin_share: figure("stablecoin_share"),
    held_back_share: figure("held_back_share"),
    unpriced_share: figure("unpriced_share"),
    drawdown: figure("drawdown"),
    volatility: figure("volatility"),
    weights: each(fields, "weights", (row) => ({
      currency: string(row, "currency"),
      ratio: amount(row, "ratio"),
    })),
    changes: each(fields, "changes", (row) => ({
      kind: oneOf(row, "kind", KINDS),
      count: count(row, "count"),
    })),
  };
}

function parseFigure(fields: Fields): Figure {
  return {
    value: optional(fields, "value", amount),
    reason: optional(fields, "reason", (row, name) => oneOf(row, name, WHY_NONE)),
    samples: count(fields, "samples"),
  };
}

function parsePersona(fields: Fields, name: string): Persona {
  const persona = object(fields[name], name);
  return {
    code: oneOf(persona, "code", PERSONAS),
    title: string(persona, "title"),
    rule_version: count(persona, "rule_version"),
    evidence: each(persona, "evidence", (row) => ({
      rule: oneOf(row, "rule", PERSONAS),
      figure: string(row, "figure"),
      days: count(row, "days"),
      value: optional(row, "value", amount),
      comparison: oneOf(row, "comparison", COMPARISONS),
      threshold: amount(row, "threshold"),
      met: boolean(row, "met"),
    })),
    rules: each(persona, "rules", (row) => ({
      code: oneOf(row, "code", PERSONAS),
      title: string(row, "title"),
      sentence: string(row, "sentence"),
    })),
  };
}

function parseRecommendation(fields: Fields): Recommendation {
  return {
    code: oneOf(fields, "code", OBSERVATIONS),
    title: string(fields, "title"),
    reason: string(fields, "reason"),
    evidence: list(fields, "evidence").map((item) => {
      const row = object(item, "evidence");
      return {
        figure: string(row, "figure"),
        value: string(row, "value"),
        unit: oneOf(row, "unit", UNITS),
      };
    }),
    connection_id: optional(fields, "connection_id", string),
    currency: optional(fields, "currency", string),
    as_of: moment(fields, "as_of"),
    expires_at: moment(fields, "expires_at"),
  };
}
