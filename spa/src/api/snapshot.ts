import { parseDecimal } from "../money.ts";
import type { components } from "./contract.gen.ts";

export type Snapshot = components["schemas"]["Snapshot"];
export type Holding = components["schemas"]["Holding"];
export type Warning = components["schemas"]["Notice"];

/** The answer is not what the contract says. The message names where. */
export class ShapeError extends Error {}

type Fields = Record<string, unknown>;

/**
 * The holdings, checked at run time: until then the answer is hostile text. A figure that is not
 * what the contract promises is refused with everything around it, never shown half.
 */
export function parseSnapshot(document: unknown): Snapshot {
  const fields = object(document, "the answer");
  const hidden = object(fields["hidden"], "hidden");
  return {
    as_of: moment(fields, "as_of"),
    expires_at: moment(fields, "expires_at"),
    stale: boolean(fields, "stale"),
    warnings: list(fields, "warnings").map(notice),
    account_count: count(fields, "account_count"),
    hidden: { zero: count(hidden, "zero"), dust: count(hidden, "dust") },
    holdings: list(fields, "holdings").map(holding),
  };
}

/** Whether these are the demo's sample figures, which nobody's exchange was asked for. */
export function isDemo({ warnings }: Snapshot): boolean {
  return warnings.some(({ code }) => code === "demo_mode");
}

function notice(item: unknown, index: number): Warning {
  const fields = object(item, `warnings[${index}]`);
  return { code: string(fields, "code"), detail: string(fields, "detail") };
}

function holding(item: unknown, index: number): Holding {
  const fields = object(item, `holdings[${index}]`);
  return {
    account_id: string(fields, "account_id"),
    currency: string(fields, "currency"),
    balance: amount(fields, "balance"),
    available: amount(fields, "available"),
    hold: amount(fields, "hold"),
  };
}

function object(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ShapeError(`${name} is no object`);
  }
  return value as Fields;
}

function list(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new ShapeError(`${name} is no list`);
  return value;
}

function string(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new ShapeError(`${name} is no text`);
  return value;
}

function boolean(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") throw new ShapeError(`${name} is neither true nor false`);
  return value;
}

function count(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new ShapeError(`${name} is no count`);
  }
  return value;
}

function amount(fields: Fields, name: string): string {
  const value = string(fields, name);
  if (!parseDecimal(value)) throw new ShapeError(`${name} is no plain decimal`);
  return value;
}

function moment(fields: Fields, name: string): string {
  const value = string(fields, name);
  if (!/^\d{4}-\d\d-\d\dT/.test(value) || Number.isNaN(Date.parse(value))) {
    throw new ShapeError(`${name} is no moment`);
  }
  return value;
}
