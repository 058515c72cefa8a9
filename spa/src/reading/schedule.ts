import type { Failure } from "../api/client.ts";
import { problemSentence, failureSentence } from "../api/sentences.ts";
import { readSources, isFailing, isOld } from "../api/snapshot.ts";
import type { Figures } from "../freshness.ts";

/** Seconds until the page asks again by itself; null for never. Only while it is visible. */
export type Delay = number | null;

const AT_LEAST = 5;
/** A server's wish is granted up to here: a senseless one must not lock a page for years. */
export const AT_MOST = 3600;
const WHILE_STALE = 60;
/** What asking again does not help (a rejected key, a missing setting), somebody may repair. */
const UNTIL_REPAIRED = 300;
/** A page that is visible and that nobody touches reads this seldom in the end. */
const IDLE_AT_MOST = 900;

export function delayAfterFigures(figures: Figures): number {
  const { snapshot, freshFor } = figures;
  const failing = snapshot.sources.filter(isFailing);
  if (snapshot.stale || failing.length > 0) {
    const reasons = isOld(snapshot) ? snapshot.warnings : failing.map(({ warning }) => warning);
    const passes = reasons.some(
      (reason) => reason !== null && problemSentence(reason.code, reason.detail).passes,
    );
    // A key that nobody replaces must not keep the other connections from being read on time.
    const others = isOld(snapshot) ? Infinity : secondsOfTheFresh(figures) + 1;
    return Math.max(AT_LEAST, Math.min(passes ? WHILE_STALE : UNTIL_REPAIRED, others));
  }
  // One second more: freshness is reported in whole seconds.
  return Math.min(AT_MOST, Math.max(AT_LEAST, freshFor + 1));
}

/** Seconds until the first source that has not failed stops being fresh; for ever without one. */
function secondsOfTheFresh({ snapshot, age }: Figures): number {
  const ends = readSources(snapshot)
    .filter((source) => !isFailing(source))
    .map(({ expires_at: end }) => (end === null ? Infinity : Date.parse(end)));
  return (Math.min(...ends) - Date.parse(snapshot.as_of)) / 1000 - age;
}

/**
 * Always some time: whatever one answer was (a proxy's page in the middle of a deployment, a wrong
 * "offline" of the browser), a page that stays open recovers by itself. `failures`: how many in a
 * row, this one included.
 */
export function delayAfterFailure(failure: Failure, failures: number): number {
  const asked = failure.kind === "problem" ? failure.retryAfter : null;
  const backoff = failureSentence(failure).passes
    ? Math.min(UNTIL_REPAIRED, 15 * 2 ** (failures - 1))
    : UNTIL_REPAIRED;
  return Math.min(AT_MOST, Math.max(AT_LEAST, asked ?? backoff));
}

/**
 * The least delay of a page that nobody has touched for `idle` seconds when it was last read: as
 * long again, so that the readings come at twice the time each, up to one in 15 minutes.
 */
export function delayWhileIdle(idle: number): number {
  return Math.min(IDLE_AT_MOST, idle);
}
