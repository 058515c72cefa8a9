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
