import { expect, it } from "vitest";
import { csvName, holdingsCsv } from "../../../src/views/holdings/csv.ts";
import { holding, snapshot, source } from "../../samples.ts";

function lines(...fields: Parameters<typeof holding>[0][]): string[] {
  const held = fields.map((each) => holding(each));
  return holdingsCsv(held, snapshot()).split("\r\n");
}

it("writes every digit plain, under a head, each line ended", () => {
  expect(holdingsCsv(snapshot().holdings, snapshot())).toBe(
    "\uFEFFaccount_id,currency,balance,available,hold,as_of,connection\r\n" +
      "71452118-efc7-4cc4-8780-a5e22d4baa53,BTC,1.234567890123,1.2,0.034567890123,2026-11-21T09:30:00Z,Coinbase\r\n",
  );
});

it.each([
  "=1+1",
  "+1",
  "-1+1",
  "@SUM(A1)",
  "\t=1",
  "＝1",
  " =1",
  "\u00a0@A1",
  "﹢1",
  "﹣1",
  "﹫A1",
])("takes from %j the power to be a formula", (currency) => {
  expect(lines({ currency })[1]).toContain(`,'${currency},`);
});

it.each([
  "\u202eCTB",
  "B\u2066TC\u2069",
  "BT\u200bC",
  "\u2028BTC",
  "BTC\u0000",
  "\ufeffBTC",
  "\ud800",
])("shows a character that cannot be seen or turns text round: %j", (currency) => {
  const [, line = ""] = lines({ currency, account_id: currency });
  expect(line).toContain("\ufffd");
  expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
});

it("lets no hidden character hide the start of a formula", () => {
  expect(lines({ currency: "\u200b=1+1" })[1]).toContain(",\ufffd=1+1,");
});

it("leaves an amount below zero a number", () => {
  expect(lines({ balance: "-5.25" })[1]).toContain(",-5.25,");
});

it("quotes what would end a cell", () => {
  expect(lines({ currency: 'A,"B"' })[1]).toContain(',"A,""B""",');
  expect(lines({ currency: "\rA\n" }).join("\r\n")).toContain(',"\'\rA\n",');
});

it("gives each holding the moment and the name of its own connection", () => {
  const as_of = "2026-11-21T08:00:00Z";
  const list = snapshot({
    as_of,
    sources: [source(), source({ connection_id: "b", label: "=Home", as_of })],
  });
  const held = [holding(), holding({ connection_id: "b", account_id: "1" })];
  expect(holdingsCsv(held, list).split("\r\n").slice(1, 3)).toEqual([
    "71452118-efc7-4cc4-8780-a5e22d4baa53,BTC,1.234567890123,1.2,0.034567890123,2026-11-21T09:30:00Z,Coinbase",
    "1,BTC,1.234567890123,1.2,0.034567890123,2026-11-21T08:00:00Z,'=Home",
  ]);
});

it("names the file by when Coinbase was read, in characters that any system takes", () => {
  expect(csvName(snapshot())).toBe("holdings-2026-11-21T093000Z.csv");
});
