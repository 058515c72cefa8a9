import { type Trouble } from "../api/answer.ts";
import { problemSentence, troubleSentence } from "../api/sentences.ts";
import type { Figures } from "../freshness/figures.ts";

/** Seconds until the page asks again by itself; null for never. Only while somebody looks. */
export type Delay = number | null;

const AT_LEAST = 5;
const AT_MOST = 3600;
const WHILE_STALE = 60;
/** A key that Coinbase rejects is not mended within a minute: do not hammer with it. */
const WHILE_STALE_FOR_LONG = 300;

export function delayAfterFigures({ snapshot, freshFor }: Figures): Delay {
  if (snapshot.stale) {
    const passes = snapshot.warnings.some(
      ({ code, detail }) => problemSentence(code, detail).passes,
    );
    return passes ? WHILE_STALE : WHILE_STALE_FOR_LONG;
  }
  // One second more: freshness is told in whole seconds.
  return Math.min(AT_MOST, Math.max(AT_LEAST, freshFor + 1));
}

/** `failures`: how many in a row, this one included. */
export function delayAfterTrouble(trouble: Trouble, failures: number): Delay {
  if (trouble.kind === "offline" || !troubleSentence(trouble).passes) return null;
  const asked = trouble.kind === "problem" ? trouble.retryAfter : null;
  const backoff = Math.min(300, 15 * 2 ** (failures - 1));
  return Math.min(AT_MOST, Math.max(AT_LEAST, asked ?? backoff));
}
