import { type Trouble } from "../api/answer.ts";
import { problemSentence, troubleSentence } from "../api/sentences.ts";
import type { Figures } from "../freshness/figures.ts";

/** Seconds until the page asks again by itself; null for never. Only while it is visible. */
export type Delay = number | null;

const AT_LEAST = 5;
/** A server's wish is granted up to here: a senseless one must not lock a page for years. */
export const AT_MOST = 3600;
const WHILE_STALE = 60;
/** What asking again does not help (a rejected key, a missing setting), somebody may repair. */
const UNTIL_REPAIRED = 300;
/** A page that is visible and that nobody touches reads this seldom in the end. */
const UNATTENDED_AT_MOST = 900;

export function delayAfterFigures({ snapshot, freshFor }: Figures): number {
  if (snapshot.stale) {
    const passes = snapshot.warnings.some(
      ({ code, detail }) => problemSentence(code, detail).passes,
    );
    return passes ? WHILE_STALE : UNTIL_REPAIRED;
  }
  // One second more: freshness is told in whole seconds.
  return Math.min(AT_MOST, Math.max(AT_LEAST, freshFor + 1));
}

/**
 * Always some time: whatever one answer was (a proxy's page in the middle of a deployment, a wrong
 * "offline" of the browser), a page that stays open recovers by itself. `failures`: how many in a
 * row, this one included.
 */
export function delayAfterTrouble(trouble: Trouble, failures: number): number {
  const asked = trouble.kind === "problem" ? trouble.retryAfter : null;
  const backoff = troubleSentence(trouble).passes
    ? Math.min(UNTIL_REPAIRED, 15 * 2 ** (failures - 1))
    : UNTIL_REPAIRED;
  return Math.min(AT_MOST, Math.max(AT_LEAST, asked ?? backoff));
}

/**
 * The least delay of a page that nobody has touched for `idle` seconds when it was last read: as
 * long again, so that the readings come at twice the time each, up to one in 15 minutes.
 */
export function delayUnattended(idle: number): number {
  return Math.min(UNATTENDED_AT_MOST, idle);
}
