import type { components } from "./contract.gen.ts";

export type Snapshot = components["schemas"]["Snapshot"];
export type Holding = components["schemas"]["Holding"];
export type Notice = components["schemas"]["Notice"];
export type ProblemCode = components["schemas"]["Problem"]["code"];

/** What the headers of an answer tell; null where one is missing or senseless. */
export interface Provenance {
  /** Seconds since Coinbase was read. */
  age: number | null;
  /** Seconds for which the figures are fresh, counted from their reading; null for a stale answer. */
  maxAge: number | null;
  /** HIT, MISS, REFRESH or STALE. */
  cache: string | null;
  requestId: string | null;
}

/** Why there are no new figures. */
export type Trouble =
  | {
      kind: "problem";
      /** Known codes have a sentence of ours; a newer API may send others. */
      code: string;
      status: number;
      detail: string;
      requestId: string | null;
      /** Seconds. */
      retryAfter: number | null;
    }
  | { kind: "unreadable"; why: string; requestId: string | null }
  | { kind: "timeout" }
  | { kind: "network" }
  | { kind: "offline" };

export type Answer =
  | { kind: "figures"; snapshot: Snapshot; provenance: Provenance }
  | { kind: "unchanged"; provenance: Provenance }
  | Trouble;
