import { expect, it } from "vitest";
import { addDays, dayOf, dayWords, daysBetween, isDay, longDayWords } from "../src/days.ts";

it.each(["2026-11-25", "2024-02-29"])("takes %s for a day", (day) => {
  expect(isDay(day)).toBe(true);
});

it.each(["", "2026-02-30", "2026-13-01", "2026-11-25T00:00:00Z", "26-11-25", "2026-11-25 "])(
  "takes %j for none",
  (text) => {
    expect(isDay(text)).toBe(false);
  },
);

it("counts days whatever the zone of this machine", () => {
  expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
  expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
  expect(daysBetween("2025-11-25", "2026-11-25")).toBe(365);
  expect(dayOf(Date.parse("2026-11-25T23:59:59Z"))).toBe("2026-11-25");
});

it("writes the same day that the API means", () => {
  expect(dayWords("2026-11-25")).toContain("25");
  expect(longDayWords("2026-01-01")).toMatch(/January.*2026|2026.*January|1 January/);
});
