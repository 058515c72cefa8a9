import { expect, it } from "vitest";
import { type LinePoint, areaPath, linePaths } from "../../src/chart/line.ts";

function points(...heights: (number | null | [carried: number])[]): LinePoint[] {
  return heights.map((height, index) => ({
    x: index * 10,
    y: Array.isArray(height) ? height[0] : height,
    carried: Array.isArray(height),
  }));
}

it("is one line where everything is known", () => {
  expect(linePaths(points(1, 2, 3))).toEqual({ solid: "M0 1L10 2L20 3", dashed: "" });
});

it("breaks where nothing is known", () => {
  expect(linePaths(points(1, 2, null, 4, 5)).solid).toBe("M0 1L10 2M30 4L40 5");
});

it("is a dot where a day stands between two that are not known", () => {
  expect(linePaths(points(null, 2, null, [4])).solid).toBe("M10 2h0.01");
  expect(linePaths(points(null, [2], null)).dashed).toBe("M10 2h0.01");
});

it("is dashed to and from what is carried over", () => {
  expect(linePaths(points(1, 2, [3], 4, 5))).toEqual({
    solid: "M0 1L10 2M30 4L40 5",
    dashed: "M10 2L20 3L30 4",
  });
});

it("is nothing where nothing is known", () => {
  expect(linePaths(points(null, null))).toEqual({ solid: "", dashed: "" });
});

it("fills an area for each run of days", () => {
  const areas = [
    { x: 0, top: 1, bottom: 9 },
    { x: 10, top: 2, bottom: 9 },
    { x: 20, top: null, bottom: 9 },
    { x: 30, top: 3, bottom: 8 },
  ];
  expect(areaPath(areas)).toBe("M0 1L10 2L10 9L0 9ZM30 3L30 8Z");
});
