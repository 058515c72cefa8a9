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
