import { expect, it } from "vitest";
import { pointByKey } from "../../../src/views/history/keys.ts";

it.each([
  ["ArrowLeft", 9],
  ["ArrowDown", 9],
  ["ArrowRight", 11],
  ["ArrowUp", 11],
  ["PageDown", 3],
  ["PageUp", 17],
  ["Home", 0],
  ["End", 29],
])("%s reads another day", (key, index) => {
  expect(pointByKey(key, 10, 30)).toBe(index);
});

it("stays within the days", () => {
  expect(pointByKey("ArrowLeft", 0, 30)).toBe(0);
  expect(pointByKey("PageUp", 27, 30)).toBe(29);
});

it("leaves to the browser what is its own", () => {
  expect(pointByKey("Tab", 10, 30)).toBeNull();
  expect(pointByKey("End", 0, 0)).toBeNull();
});
