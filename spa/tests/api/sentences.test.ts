import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isKnownCode, problemSentence, failureSentence } from "../../src/api/sentences.ts";

const contract = readFileSync("../docs/openapi.json", "utf8");
const guide = readFileSync("../docs/troubleshooting.md", "utf8");
const codes = [
  ...new Set([...contract.matchAll(/`([a-z_]+)`: [A-Z]/g)].map(([, code = ""]) => code)),
];

it("finds the codes in the API's document at all", () => {
  expect(codes).toContain("exchange_rate_limited");
  expect(codes.length).toBeGreaterThan(10);
});

it.each(codes)("has a sentence of its own, with a remedy, for %s", (code) => {
  expect(isKnownCode(code)).toBe(true);
  const { title, remedy } = problemSentence(code, "the API's own words");
  expect(title).not.toBe("The holdings could not be read");
  expect(remedy).toMatch(/\.$/);
  expect(remedy).not.toContain("the API's own words");
});

it("has one for every code that the troubleshooting guide explains", () => {
  const table = guide.slice(guide.indexOf("## Answers"), guide.indexOf("## Figures"));
  const rows = [...table.matchAll(/^\| (`.+?) \|/gm)].map(([, cell = ""]) => cell);
  const explained = rows.flatMap((cell) =>
    [...cell.matchAll(/`([a-z_]+)`/g)].map(([, code = ""]) => code),
  );
  expect(explained.length).toBeGreaterThan(10);
  expect(explained.filter((code) => !isKnownCode(code))).toEqual([]);
});

it("falls back on the API's own words for a code that it does not know", () => {
  expect(problemSentence("brand_new", "Do this.", 500)).toEqual({
    title: "The holdings could not be read",
    remedy: "Do this.",
    passes: true,
  });
});

it.each(["constructor", "__proto__", "toString"])("does not take %s for a code", (code) => {
  expect(problemSentence(code, "Do this.").remedy).toBe("Do this.");
});

it("asks again soon only for what may pass", () => {
  const passing = codes.filter((code) => problemSentence(code, "").passes).sort();
  expect(passing).toEqual([
    "exchange_invalid_response",
    "exchange_rate_limited",
    "exchange_timeout",
    "exchange_unavailable",
    "internal_error",
    "records_unavailable",
    "secret_unavailable",
  ]);
  expect(failureSentence({ kind: "unreadable", why: "", requestId: null }).passes).toBe(true);
});
