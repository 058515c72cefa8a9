import type { Provenance } from "./api/client.ts";
import type { Snapshot, Source } from "./api/shapes.ts";

/** A moment on this machine, in milliseconds of two clocks that fail in different ways. */
export interface Instant {
  /** performance.now(): nobody sets it, but it may stand still while the machine sleeps. */
  steady: number;
  /** Date.now(): it may be wrong by years, and it goes on during sleep. */
  wall: number;
}

export type Clock = () => Instant;

export const machineClock: Clock = () => ({ steady: performance.now(), wall: Date.now() });

/**
 * Seconds between two instants. The longer of both: figures may look older than they are (and are
 * read again), never younger. How wrong the wall clock is cancels out.
 */
export function secondsBetween(then: Instant, now: Instant): number {
  return Math.max(0, now.steady - then.steady, now.wall - then.wall) / 1000;
}

/** A snapshot and what is needed to tell its age at any later instant. */
export interface Figures {
  snapshot: Snapshot;
  requestId: string | null;
  /** When the answer came. */
  received: Instant;
  /** Seconds: how old the figures were then, and how long they were still fresh. */
  age: number;
  freshFor: number;
}

/**
 * The server's own Age and max-age count; the moments in the document are the fallback, because
 * comparing them with this machine's clock is only as right as that clock.
 */
export function figures(snapshot: Snapshot, reported: Provenance, received: Instant): Figures {
  const asOf = Date.parse(snapshot.as_of);
  const age = reported.age ?? Math.max(0, (received.wall - asOf) / 1000);
  // RFC 9111: max-age is the whole time of freshness, and Age is what has passed of it. An older
  // API sends what is left as max-age: the span in the document is then the longer one.
  const span = (Date.parse(snapshot.expires_at) - asOf) / 1000;
  const freshFor = snapshot.stale ? 0 : Math.max(0, Math.max(reported.maxAge ?? 0, span) - age);
  return { snapshot, requestId: reported.requestId, received, age, freshFor };
}

export function ageOf(figures: Figures, now: Instant): number {
  return figures.age + secondsBetween(figures.received, now);
}

/** The server's clock as far as it is known, in milliseconds: none of this machine is compared with it. */
export function serverTime(figures: Figures, now: Instant): number {
  return Date.parse(figures.snapshot.as_of) + ageOf(figures, now) * 1000;
}

/**
 * Seconds since a source was read, null where it never was. Counted from the age of the whole, which
 * is its oldest source's: no clock of this machine is compared with one of the server.
 */
export function sourceAge(figures: Figures, { as_of: asOf }: Source, now: Instant): number | null {
  if (asOf === null) return null;
  const younger = (Date.parse(asOf) - Date.parse(figures.snapshot.as_of)) / 1000;
  return Math.max(0, ageOf(figures, now) - younger);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "40 s ago"; cut, so that it changes when a whole unit has passed. */
export function agoWords(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  if (whole < 1) return "just now";
  if (whole < MINUTE) return `${whole} s ago`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ago`;
  if (whole < DAY)
    return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min ago`;
  const days = Math.floor(whole / DAY);
  return days === 1 ? "a day ago" : `${days} days ago`;
}

/** "in 2 min"; the last minute in seconds, rounded up, so that it is never over before it says so. */
export function inWords(seconds: number): string {
  const whole = Math.ceil(Math.max(0, seconds));
  if (whole < 1) return "now";
  if (whole <= MINUTE) return `in ${whole} s`;
  if (whole <= HOUR) return `in ${Math.round(whole / MINUTE)} min`;
  return `in ${Math.round(whole / HOUR)} h`;
}

/** "10 s", "5 min": a wait where there is hardly room for one. */
export function shortWords(seconds: number): string {
  const whole = Math.ceil(Math.max(0, seconds));
  return whole < 100 ? `${whole} s` : `${Math.ceil(whole / MINUTE)} min`;
}
