import { expect, it } from "vitest";
import { layersOf, stacked } from "../../../src/views/history/layers.ts";
import { assetPoint, point } from "../../samples.ts";

const held = (currency: string, value: string | null) => assetPoint({ currency, value });

it("has a layer for each asset, what was ever worth most first", () => {
  const points = [
    point({ value: "110", assets: [held("BTC", "10"), held("ETH", "100")] }),
    point({ value: "60", assets: [held("BTC", "60")] }),
  ];
  expect(layersOf(points)).toEqual([
    { code: "ETH", name: "ETH", values: ["100", "0"] },
    { code: "BTC", name: "BTC", values: ["10", "60"] },
  ]);
});

it("puts what is small together", () => {
  const assets = Array.from({ length: 8 }, (_, index) => held(`C${index}`, `${2 ** index}`));
  const layers = layersOf([point({ value: "255", assets })]);
  expect(layers.map(({ code }) => code)).toEqual(["C7", "C6", "C5", "C4", "C3", null]);
  expect(layers.at(-1)).toMatchObject({ name: "Other (3 currencies)", values: ["7"] });
});

it("knows nothing of a day that is not known, and nothing of an asset without a value", () => {
  const points = [
    point({ value: "5", assets: [held("BTC", "5"), held("SHIB", null)] }),
    point({ value: null, assets: [held("BTC", null)] }),
    point({ value: "5", assets: [held("BTC", null), held("SHIB", "5")] }),
  ];
  const [btc, shib] = layersOf(points);
  expect(btc?.values).toEqual(["5", null, null]);
  expect(shib?.values).toEqual([null, null, "5"]);
});

it("stacks each on those before it, and leaves out days that are not known", () => {
  const points = [
    point({ value: "30", assets: [held("BTC", "20"), held("ETH", "10")] }),
    point({ value: null, assets: [] }),
  ];
  expect(stacked(layersOf(points), points)).toEqual([
    [
      { bottom: 0, top: 20 },
      { bottom: 0, top: null },
    ],
    [
      { bottom: 20, top: 30 },
      { bottom: 0, top: null },
    ],
  ]);
});

it("has no layer where it was not asked for", () => {
  expect(layersOf([point()])).toEqual([]);
});
