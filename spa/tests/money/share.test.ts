import { expect, it } from "vitest";
import { shareOnHold } from "../../src/money/share.ts";

it("cuts the share, so that almost everything does not read as everything", () => {
  expect(shareOnHold("99.9999999", "100")).toEqual({ permille: 999, text: "99.9%" });
  expect(shareOnHold("100", "100.0")).toEqual({ permille: 1000, text: "100%" });
});

it("says that something is on hold however little it is", () => {
  expect(shareOnHold("0.000000000001", "1")).toEqual({ permille: 0, text: "<0.1%" });
});

it("draws no more than the whole, and nothing where there is no share", () => {
  expect(shareOnHold("5", "1")?.permille).toBe(1000);
  expect(shareOnHold("0", "1")).toBeNull();
  expect(shareOnHold("1", "0")).toBeNull();
  expect(shareOnHold("1", "-5")).toBeNull();
});
