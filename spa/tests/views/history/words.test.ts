import { expect, it } from "vitest";
import type { Close } from "../../../src/api/history.ts";
import { historyCsv, statementCsv } from "../../../src/views/history/csv.ts";
import { finding } from "../../../src/views/history/finding.ts";
import { closeWords } from "../../../src/views/history/holdings-then.tsx";
import { knownWords } from "../../../src/views/history/known.ts";
import { layersOf } from "../../../src/views/history/layers.ts";
import { readWords } from "../../../src/views/history/progress.tsx";
import { assetPoint, heldThen, history, point, readPast, statement } from "../../samples.ts";

const plain = (amount: string) => amount;

it("says what the picture shows", () => {
  const points = [
    point({ date: "2026-11-22", value: "100" }),
    point({ date: "2026-11-23", value: null }),
    point({ date: "2026-11-24", value: "90", complete: false }),
    point({ date: "2026-11-25", value: "125", carried: true }),
  ];
  const said = finding(history({ points }), plain);
  expect(said).toMatch(/From 100 on .*22.* to 125 on .*25.*, in USD: \+25\.00%\./);
  expect(said).toMatch(/Least 90 on .*24.*, most 125 on/);
  expect(said).toContain("Nothing is known of 1 day: the line has a gap there.");
  expect(said).toContain("1 day is not complete");
  expect(said).toContain("1 day is carried over in part");
});

it("says no amount and no share while amounts are hidden", () => {
  const said = finding(history(), null);
  expect(said).toBe("Amounts are hidden.");
});

it("does not make zero of what is not known", () => {
  expect(finding(history({ points: [point({ value: null })] }), plain)).toBe(
    "Nothing is known of these days.",
  );
});

it.each([
  [point(), "Complete"],
  [point({ carried: true }), "Complete, carried over in part"],
  [point({ complete: false }), "Not complete"],
  [point({ value: null }), "Not known"],
])("says how far to trust a day: %#", (of, words) => {
  expect(knownWords(of)).toBe(words);
});

it.each([
  [readPast({ state: "none" }), /has not been read/],
  [readPast({ state: "queued", entries: 0 }), /^Waiting to be read\.$/],
  [
    readPast({ state: "running", accounts_done: 17, entries: 1234 }),
    /^17 of 204 accounts read, 1,234 entries, back to .*2024.*\.$/,
  ],
  [readPast({ state: "running", accounts: 0, entries: 0, reached_back_to: null }), /^0 entries/],
  [readPast({ state: "failed", accounts_done: 3 }), /could not be read whole\. 3 of 204/],
  [readPast(), /^Read whole: 1,234 entries, back to its first day, .*2024/],
])("says how far the past is read: %#", (read, words) => {
  expect(readWords(read)).toMatch(words);
});

const CLOSES: [Partial<Close>, string | RegExp][] = [
  [{}, "close over BTC-USD"],
  [{ route: ["ADA-BTC", "BTC-USD"] }, "close over ADA-BTC and BTC-USD"],
  [{ status: "carried", date: "2026-11-20" }, /^close of .*20.* over BTC-USD$/],
  [{ status: "par", route: [] }, "at par with USD"],
  [{ status: "unpriced", amount: null, reason: "no_market" }, "no market has it"],
];

it.each(CLOSES)("says where a close comes from: %#", (fields, words) => {
  expect(closeWords({ ...heldThen().close, ...fields }, "2026-11-25", "USD")).toMatch(words);
});

it("exports what is shown, and takes from a code the power to be a formula", () => {
  const assets = [assetPoint({ currency: "=1+1", value: "100" })];
  const points = [point({ assets }), point({ date: "2026-11-25", value: null, deposits: null })];
  expect(historyCsv(history({ points }), layersOf(points)).split("\r\n")).toEqual([
    "\uFEFFdate,value,currency,complete,carried,deposits,withdrawals,value of =1+1",
    "2026-11-24,100,USD,true,false,0,0,100",
    "2026-11-25,,USD,true,false,,0,",
    "",
  ]);
});

it("exports a statement with its closes", () => {
  const text = statementCsv(statement(), new Map([["shared", "=Coinbase"]]));
  expect(text.split("\r\n")[1]).toBe(
    "2026-11-25,'=Coinbase,BTC,1.5,ledger,90000,USD,60000,2026-11-25,close,BTC-USD,",
  );
});
