import { expect, it } from "vitest";
import type { Call, Reply, Send } from "../../../src/api/client.ts";
import { placeQuery, readPlace } from "../../../src/views/history/place.ts";
import { intervalFor, readRange } from "../../../src/views/history/range.ts";
import { history } from "../../samples.ts";

const TODAY = { today: "2026-11-26", currency: null, isByAsset: false };

function knowing(from: string | null): { send: Send; asked: string[] } {
  const asked: string[] = [];
  const send: Send = ({ path }: Call) => {
    asked.push(path);
    return Promise.resolve<Reply>({ kind: "reply", document: history({ from }) });
  };
  return { send, asked };
}

it("leaves out no day up to 400, then asks for weeks, and over eight years for months", () => {
  expect([1, 400, 401, 2922, 2923].map(intervalFor)).toEqual([
    "day",
    "day",
    "week",
    "week",
    "month",
  ]);
});

it("asks for the days of a range that ends yesterday", async () => {
  const { send, asked } = knowing("2026-11-19");
  await readRange(send, { ...TODAY, range: "1W" });
  await readRange(send, { ...TODAY, range: "1Y", isByAsset: true, currency: "EUR" });
  expect(asked).toEqual([
    "/history?from=2026-11-19&interval=day",
    "/history?currency=EUR&by=asset&from=2025-11-26&interval=day",
  ]);
});

it.each([
  ["2026-01-01", ["month", "day"]],
  ["2023-11-26", ["month", "week"]],
  ["2015-01-01", ["month"]],
  [null, ["month"]],
])("finds how far apart points are since %s", async (from, intervals) => {
  const { send, asked } = knowing(from);
  const answer = await readRange(send, { ...TODAY, range: "All" });
  expect(answer.kind).toBe("done");
  expect(asked).toEqual(intervals.map((interval) => `/history?interval=${interval}`));
});

it("keeps the range in the address, and starts anew where it makes no sense", () => {
  expect(readPlace("?range=1Y&by=asset&table=1")).toEqual({
    range: "1Y",
    isByAsset: true,
    hasTable: true,
  });
  expect(placeQuery(readPlace("?range=1Y&by=asset&table=1"))).toBe("?range=1Y&by=asset&table=1");
  expect(placeQuery(readPlace("?range=2Y&by=x&table=yes"))).toBe("");
});
