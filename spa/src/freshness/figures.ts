import type { Provenance, Snapshot } from "../api/answer.ts";
import { type Instant, secondsBetween } from "./instant.ts";

/** A snapshot and what is needed to tell its age at any later instant. */
export interface Figures {
  snapshot: Snapshot;
  requestId: string | null;
  /** When the answer came. */
  heard: Instant;
  /** Seconds: how old the figures were then, and how long they were still fresh. */
  age: number;
  freshFor: number;
}

/**
 * The server's own Age and max-age count; the moments in the document are the fallback, because
 * comparing them with this machine's clock is only as right as that clock.
 */
export function figures(snapshot: Snapshot, told: Provenance, heard: Instant): Figures {
  const asOf = Date.parse(snapshot.as_of);
  const age = told.age ?? Math.max(0, (heard.wall - asOf) / 1000);
  // RFC 9111: max-age is the whole time of freshness, and Age is what has passed of it. An older
  // API sends what is left as max-age: the span in the document is then the longer one.
  const span = (Date.parse(snapshot.expires_at) - asOf) / 1000;
  const freshFor = snapshot.stale ? 0 : Math.max(0, Math.max(told.maxAge ?? 0, span) - age);
  return { snapshot, requestId: told.requestId, heard, age, freshFor };
}

export function ageOf(figures: Figures, now: Instant): number {
  return figures.age + secondsBetween(figures.heard, now);
}
