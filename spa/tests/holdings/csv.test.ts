import { expect, it } from "vitest";
import { csvName, holdingsCsv } from "../../src/holdings/csv.ts";
import { holding, snapshot } from "../samples.ts";

function lines(...fields: Parameters<typeof holding>[0][]): string[] {
  return holdingsCsv(snapshot({ holdings: fields.map((each) => holding(each)) })).split("\r\n");
}

it("writes every digit plain, under a head, each line ended", () => {
  expect(holdingsCsv(snapshot())).toBe(
    "\uFEFFaccount_id,currency,balance,available,hold,as_of\r\n" +
      "71452118-efc7-4cc4-8780-a5e22d4baa53,BTC,1.234567890123,1.2,0.034567890123,2026-11-21T09:30:00Z\r\n",
  );
});

it.each(["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "＝1"])(
  "takes from %j the power to be a formula",
  (currency) => {
    expect(lines({ currency })[1]).toContain(`,'${currency},`);
  },
);

it("leaves an amount below zero a number", () => {
  expect(lines({ balance: "-5.25" })[1]).toContain(",-5.25,");
});

it("quotes what would end a cell", () => {
  expect(lines({ currency: 'A,"B"' })[1]).toContain(',"A,""B""",');
  expect(lines({ currency: "\rA\n" }).join("\r\n")).toContain(',"\'\rA\n",');
});

it("names the file by when Coinbase was read, in characters that any system takes", () => {
  expect(csvName(snapshot())).toBe("holdings-2026-11-21T093000Z.csv");
});
