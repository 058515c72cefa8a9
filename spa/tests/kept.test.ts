import { expect, it } from "vitest";
import { forgetKept, kept } from "../src/kept.ts";

it("keeps what a view has, until it is forgotten", () => {
  const made = kept("a", () => ({ at: 1 }));
  expect(kept("a", () => ({ at: 2 }))).toBe(made);
  expect(kept("b", () => ({ at: 3 }))).toEqual({ at: 3 });
  forgetKept();
  expect(kept("a", () => ({ at: 4 }))).toEqual({ at: 4 });
});
