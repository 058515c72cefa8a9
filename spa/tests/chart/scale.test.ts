import { expect, it } from "vitest";
import { across, axisFor, heightOn, nearest } from "../../src/chart/scale.ts";

it.each([
  [
    [100, 180],
    [100, 120, 140, 160, 180],
  ],
  [
    [0.0012, 0.0031],
    [0.001, 0.0015, 0.002, 0.0025, 0.003, 0.0035],
  ],
  [
    [-5, 5],
    [-5, -2.5, 0, 2.5, 5],
  ],
])("has round ticks around %j", (values, ticks) => {
  const found = axisFor(values).ticks;
  expect(found).toHaveLength(ticks.length);
  for (const [index, tick] of ticks.entries()) expect(found[index]).toBeCloseTo(tick, 9);
});

it("starts at zero where areas are compared", () => {
  expect(axisFor([70, 90], { fromZero: true }).ticks.at(0)).toBe(0);
});

it.each([[[5, 5]], [[0]], [[]], [[-3]]])("has room around what never changes: %j", (values) => {
  const { ticks } = axisFor(values);
  expect(ticks.length).toBeGreaterThan(1);
  for (const value of values) {
    expect(ticks.at(0)).toBeLessThanOrEqual(value);
    expect(ticks.at(-1)).toBeGreaterThan(value);
  }
});

it("draws the least at the bottom and the most at the top", () => {
  const height = heightOn({ ticks: [100, 150, 200] }, 80);
  expect([100, 150, 200].map(height)).toEqual([80, 40, 0]);
});

it("puts points at equal distances and finds the nearest again", () => {
  const place = across(5, 200);
  expect([0, 2, 4].map(place)).toEqual([0, 100, 200]);
  expect([-9, 0, 24, 26, 190, 999].map((x) => nearest(x, 5, 200))).toEqual([0, 0, 0, 1, 4, 4]);
  expect(across(1, 200)(0)).toBe(100);
  expect(nearest(50, 1, 200)).toBe(0);
});
