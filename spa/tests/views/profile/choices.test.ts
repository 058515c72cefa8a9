import { expect, it } from "vitest";
import { currencies, timeZones } from "../../../src/views/profile/choices.ts";

it("offers each currency once, by its code first, and the one that is chosen whatever it is", () => {
  const offered = currencies("XAU").map(({ code }) => code);
  expect(offered).toEqual([...new Set(offered)].sort());
  expect(offered).toContain("XAU");
  expect(currencies("usd").map(({ name }) => name)).toContain("usd");
  expect(currencies("USD").find(({ code }) => code === "USD")?.name).toBe("USD – US Dollar");
});

it("offers the time zones of this browser, UTC, and those that are in use", () => {
  const offered = timeZones("Mars/Olympus", "UTC");
  expect(offered).toEqual(expect.arrayContaining(["Europe/Paris", "Mars/Olympus", "UTC"]));
  expect(offered.filter((zone) => zone === "UTC").length).toBe(1);
});
