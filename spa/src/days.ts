/** UTC days as the API writes them, "2026-11-25": the same day for everybody, whatever their zone. */

const DAY_MS = 86_400_000;

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const moment = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(moment) && dayOf(moment) === text;
}

/** The day of a moment in milliseconds. */
export function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

/** Days since 1970, as a number to count and to draw with. */
export function dayNumber(day: string): number {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

export function daysBetween(from: string, to: string): number {
  return dayNumber(to) - dayNumber(from);
}

export function addDays(day: string, days: number): string {
  return dayOf((dayNumber(day) + days) * DAY_MS);
}

const MEDIUM = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeZone: "UTC" });

/** "25 Nov 2026" */
export function dayWords(day: string): string {
  return MEDIUM.format(dayNumber(day) * DAY_MS);
}

/** "25 November 2026" */
export function longDayWords(day: string): string {
  return LONG.format(dayNumber(day) * DAY_MS);
}
