import { cleanup, render, screen } from "@testing-library/preact";
import { afterEach, expect, it } from "vitest";
import type { Holding, Price, Snapshot, Value } from "../../../src/api/shapes.ts";
import { figures } from "../../../src/freshness.ts";
import { allocation } from "../../../src/views/holdings/allocation.ts";
import { allDigits, changeDigits, fewDigits, priceDigits } from "../../../src/digits.ts";
import { statusWords } from "../../../src/views/holdings/price.tsx";
import { Worth } from "../../../src/views/holdings/worth.tsx";
import { holding, snapshot } from "../../samples.ts";

afterEach(cleanup);

const NOW = Date.parse("2026-11-21T09:31:00Z");

function price(fields: Partial<Price> = {}): Price {
  return {
    amount: "60000",
    as_of: "2026-11-21T09:30:00Z",
    status: "live",
    reason: null,
    route: ["BTC-USD"],
    ...fields,
  };
}

function worthOf(currency: string, value: string | null, fields: Partial<Holding> = {}): Holding {
  return holding({ currency, account_id: currency, value, price: price(), ...fields });
}

const TOTAL: Value = {
  currency: "USD",
  amount: "1234.567",
  complete: true,
  as_of: "2026-11-21T09:30:00Z",
  excluded: [],
  change_24h: { amount: "-12.349", ratio: "-0.0099", complete: true, covered: "1234.567" },
};

function show(value: Partial<Value> = {}, isHidden = false, holdings?: Holding[]) {
  const list: Snapshot = snapshot({
    value: { ...TOTAL, ...value },
    holdings: holdings ?? [worthOf("BTC", "1000"), worthOf("ETH", "234.567")],
  });
  const instant = { steady: 0, wall: NOW };
  const provenance = { age: 40, maxAge: 180, cache: "HIT", requestId: null };
  render(
    <Worth
      figures={figures(list, provenance, instant)}
      value={list.value ?? TOTAL}
      digits={fewDigits}
      isHidden={isHidden}
      copy={() => undefined}
    />,
  );
  return screen.getByRole("region", { name: "Worth" });
}

it("says the total in money's own decimals, cut and not rounded, and which way it went", () => {
  const region = show();
  expect(region.textContent).toContain("1,234.56 USD");
  expect(region.textContent).toContain("Down by 12.34 (-0.99%) in 24 hours");
  expect(region.textContent).toContain("Complete: everything listed has a price.");
});

it("names what it leaves out, once a reason, and never calls a part the total", () => {
  const region = show({
    complete: false,
    excluded: [
      { currency: "AAA", reason: "no_market", amount: "1.5" },
      { currency: "BBB", reason: "no_market", amount: "2" },
      { currency: "CCC", reason: "delisted", amount: "3" },
    ],
    change_24h: { amount: "1", ratio: "0.01", complete: false, covered: "100" },
  });
  expect(region.textContent).toContain("Total value of what has a price");
  expect(region.textContent).toContain("Left out, without a market: 1.5 AAA, 2 BBB.");
  expect(region.textContent).toContain("Left out, delisted: 3 CCC.");
  expect(region.textContent).toContain("as far as prices of a day ago are known");
  expect(region.textContent).toContain("AAA, BBB, CCC");
});

it("shows no zero where nothing is known", () => {
  const region = show({ amount: null, complete: false, change_24h: null }, false, [
    worthOf("BTC", null),
  ]);
  expect(region.textContent).toContain("Not known now");
  expect(region.textContent).not.toMatch(/\b0\b/);
});

it("hides every amount under a mask of one width", () => {
  const region = show({}, true);
  expect(region.textContent).not.toMatch(/1,234|12\.34|1,000/);
  const masks = [...region.querySelectorAll(".masked")].map((mask) => mask.textContent);
  expect(new Set(masks)).toEqual(new Set(["••••"]));
});

it("puts what is small together, and its shares add up to no more than all", () => {
  const held = Array.from({ length: 9 }, (_, index) => worthOf(`C${index}`, `${2 ** index}`));
  const slices = allocation([...held, worthOf("C8", "256"), worthOf("ZERO", "0")]);
  expect(slices.map(({ code }) => code)).toEqual(["C8", "C7", "C6", "C5", "C4", null]);
  expect(slices[0]?.value).toBe("512");
  expect(slices.at(-1)).toMatchObject({ count: 4, value: "15" });
  expect(slices.reduce((sum, { permille }) => sum + permille, 0)).toBeLessThanOrEqual(1000);
});

it.each([
  [price(), "live, 1 min ago"],
  [price({ status: "par", route: ["USDC-USD"] }), "at par with USD"],
  [
    price({ status: "routed", route: ["ADA-BTC", "BTC-USD"] }),
    "routed over ADA-BTC and BTC-USD, 1 min ago",
  ],
  [price({ status: "quiet", as_of: "2026-11-11T09:30:00Z" }), "quiet: last traded 10 days ago"],
  [price({ status: "quiet", as_of: null }), "quiet: not traded for a day"],
  [price({ status: "stale" }), "stale: of 1 min ago"],
  [price({ status: "delisted", as_of: null }), "delisted, and not counted"],
  [
    price({ status: "unpriced", amount: null, reason: "no_market" }),
    "no price: no market here has it",
  ],
  [
    price({ status: "unpriced", amount: null, reason: "rate_limited" }),
    "no price: prices were asked for too often, they come later",
  ],
])("says how far to trust a price: %#", (one, words) => {
  expect(statusWords(one, "USD", NOW)).toBe(words);
});

it.each([
  ["1234.567", "USD", "1234.56"],
  ["1234", "USD", "1234.00"],
  ["1234.567", "JPY", "1234"],
  ["0.004", "USD", "0.004"],
  ["1.234567890123", "BTC", "1.2345678"],
  ["48211930.000000000012", "SHIB", "48211930"],
  ["0.000000000012", "XYZ", "0.000000000012"],
  ["0", "USD", "0.00"],
])("writes %s %s as %s", (amount, currency, few) => {
  expect(fewDigits(amount, currency)).toBe(few);
  expect(allDigits(amount, currency)).toBe(amount);
});

it("writes a price by the digits that count, and a difference below a cent as none", () => {
  expect(priceDigits("64900.01")).toBe("64900.01");
  expect(priceDigits("0.0000182345")).toBe("0.0000182345");
  expect(priceDigits("1.0869565217")).toBe("1.08695");
  expect(changeDigits(fewDigits, "-0.0000381", "USD")).toBe("0.00");
  expect(changeDigits(allDigits, "-0.0000381", "USD")).toBe("-0.0000381");
});
