import { expect, it } from "vitest";
import { HEIGHT, WIDTH, trendsOf } from "../../../src/views/holdings/trend.ts";
import { assetPoint, history, point } from "../../samples.ts";

function days(...closes: (string | null)[]) {
  return history({
    points: closes.map((close, index) => {
      const date = `2026-11-${String(index + 10)}`;
      return point({ date, assets: [assetPoint({ close, close_date: date })] });
    }),
  });
}

it("says how a price has changed, and draws it from edge to edge", () => {
  const trend = trendsOf(days("100", "150", "125")).get("BTC");
  expect(trend?.words).toBe("Price in 30 days: +25.00%");
  expect(trend?.paths.solid).toBe(`M0 ${HEIGHT}L${WIDTH / 2} 0L${WIDTH} ${HEIGHT / 2}`);
});

it("leaves out the days without a close", () => {
  expect(trendsOf(days("1", "2", null, "3", "4")).get("BTC")?.paths.solid).toMatch(/^M.*M/);
});

it("goes through the middle where nothing changes", () => {
  const trend = trendsOf(days("5", "5")).get("BTC");
  expect(trend?.paths.solid).toBe(`M0 ${HEIGHT / 2}L${WIDTH} ${HEIGHT / 2}`);
  expect(trend?.words).toBe("Price in 30 days: 0.00%");
});

it.each([[[null, null]], [["5"]], [["0", "5"]]])("is none of %j", (closes) => {
  expect(trendsOf(days(...closes)).size).toBe(0);
});

it("is none of what values are in", () => {
  const assets = [assetPoint({ currency: "USD", close: "1" })];
  expect(trendsOf(history({ points: [point({ assets }), point({ assets })] })).size).toBe(0);
});
