import { type Fields, ShapeError, object } from "./check.ts";
import type { Failure, Reply } from "./client.ts";

export type Done<T> = { kind: "done"; value: T } | Failure | { kind: "ended" };

/** What `parse` makes of an answer; "unreadable" where it is not what the contract says. */
export function checked<T>(
  answer: Reply | { kind: "ended" },
  parse: (fields: Fields) => T,
): Done<T> {
  if (answer.kind !== "reply") return answer;
  try {
    return { kind: "done", value: parse(object(answer.document ?? {}, "the answer")) };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return { kind: "unreadable", why: error.message, requestId: null };
  }
}
