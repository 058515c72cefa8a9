import { parseDecimal } from "../money.ts";

/** The answer is not what the contract says. The message names where. */
export class ShapeError extends Error {}

export type Fields = Record<string, unknown>;

/** Each reads one field of hostile text, and raises ShapeError where it is something else. */

export function object(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ShapeError(`${name} is no object`);
  }
  return value as Fields;
}

export function list(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new ShapeError(`${name} is no list`);
  return value;
}

export function string(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new ShapeError(`${name} is no text`);
  return value;
}

export function boolean(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") throw new ShapeError(`${name} is neither true nor false`);
  return value;
}

export function count(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new ShapeError(`${name} is no count`);
  }
  return value;
}

export function moment(fields: Fields, name: string): string {
  const value = string(fields, name);
  if (!/^\d{4}-\d\d-\d\dT/.test(value) || Number.isNaN(Date.parse(value))) {
    throw new ShapeError(`${name} is no moment`);
  }
  return value;
}

export function oneOf<T>(fields: Fields, name: string, known: readonly T[]): T {
  const value = known.find((each) => each === fields[name]);
  if (value === undefined) throw new ShapeError(`${name} is none that is known`);
  return value;
}

/** null, also where it is absent, or what `read` makes of it. */
export function optional<T>(
  fields: Fields,
  name: string,
  read: (fields: Fields, name: string) => T,
): T | null {
  return fields[name] === null || fields[name] === undefined ? null : read(fields, name);
}

export function notice(fields: Fields, name: string): { code: string; detail: string } {
  const inner = object(fields[name], name);
  return { code: string(inner, "code"), detail: string(inner, "detail") };
}

export function amount(fields: Fields, name: string): string {
  const value = string(fields, name);
  if (!parseDecimal(value)) throw new ShapeError(`${name} is no plain decimal`);
  return value;
}

export function each<T>(fields: Fields, name: string, parse: (fields: Fields) => T): T[] {
  return list(fields, name).map((item) => parse(object(item, name)));
}
