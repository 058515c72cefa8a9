import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareDecimals,
  isZero,
  parseDecimal,
  shareOnHold,
  joined,
  amountFormat,
} from "../src/money.ts";

const decimals = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.stringMatching(/^[0-9]{0,12}$/))
  .map(
    ([negative, integer, fraction]) =>
      `${negative ? "-" : ""}${integer}${fraction && `.${fraction}`}`,
  );

describe("comparing amounts", () => {
  it("tells apart amounts that are one and the same float", () => {
    expect(
      compareDecimals("123456789012345678.000000000001", "123456789012345678.000000000002"),
    ).toBe(-1);
    expect(compareDecimals("0.1", "0.10")).toBe(0);
    expect(compareDecimals("-2", "-10")).toBe(1);
    expect(compareDecimals("9", "10")).toBe(-1);
  });

  it("orders any two amounts as their difference in whole units says", () => {
    const units = (text: string) => {
      const [integer = "", fraction = ""] = text.replace("-", "").split(".");
      return BigInt(integer + fraction.padEnd(12, "0")) * (text.startsWith("-") ? -1n : 1n);
    };
    fc.assert(
      fc.property(decimals, decimals, (one, other) => {
        const difference = units(one) - units(other);
        expect(compareDecimals(one, other)).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
      }),
    );
  });
});

describe("reading an amount", () => {
  it.each(["1e5", "", ".5", "1.", "+1", "0x10", "1,000", " 1", "١", "NaN", "--1", "1.2.3", "1\n"])(
    "refuses %j, which is no plain decimal",
    (text) => {
      expect(parseDecimal(text)).toBeNull();
    },
  );

  it("takes as many digits as the API allows, on either side of the point, and no more", () => {
    const most = "9".repeat(64);
    expect(parseDecimal(`-${most}.${most}`)).toEqual({
      negative: true,
      integer: most,
      fraction: most,
    });
    expect([parseDecimal(`${most}9`), parseDecimal(`0.${most}9`)]).toEqual([null, null]);
  });

  it("keeps every digit of the fraction, and the sign of a negative zero's fraction", () => {
    expect(parseDecimal("-0.500")).toEqual({ negative: true, integer: "0", fraction: "500" });
  });

  it("knows zero however it is written", () => {
    expect(["0", "-0", "0.000", "0.0001"].map(isZero)).toEqual([true, true, true, false]);
  });
});

it("cuts the share, so that almost everything does not read as everything", () => {
  expect(shareOnHold("99.9999999", "100")).toEqual({ permille: 999, text: "99.9%" });
  expect(shareOnHold("100", "100.0")).toEqual({ permille: 1000, text: "100%" });
});

it("says that something is on hold however little it is", () => {
  expect(shareOnHold("0.000000000001", "1")).toEqual({ permille: 0, text: "<0.1%" });
});

it("draws no more than the whole, and nothing where there is no share", () => {
  expect(shareOnHold("5", "1")?.permille).toBe(1000);
  expect(shareOnHold("0", "1")).toBeNull();
  expect(shareOnHold("1", "0")).toBeNull();
  expect(shareOnHold("1", "-5")).toBeNull();
});

const show = (amount: string, locale: string) => joined(amountFormat(locale)(amount));

describe("parts an amount", () => {
  it("groups and points as the reader's language does, with all digits", () => {
    expect(show("1234567.890123456789", "en")).toBe("1,234,567.890123456789");
    expect(show("1234567.890123456789", "de")).toBe("1.234.567,890123456789");
    expect(show("123456789012345678901234567890.000000000001", "en-IN")).toBe(
      "1,23,45,67,89,01,23,45,67,89,01,23,45,67,890.000000000001",
    );
  });

  it.each([
    ["1", 0, "", 0],
    ["1", 2, ",00", 0],
    ["1", 12, ",000000000000", 3],
    ["1.5", 12, "00000000000", 3],
    ["1.1234", 12, "00000000", 2],
    ["1.123456789012", 12, "", 0],
    ["1.1234", 2, "", 0],
  ])("of %s says what is missing to %d digits after the point", (amount, scale, text, gaps) => {
    expect(amountFormat("de")(amount, scale).pad).toEqual({ text, gaps });
  });

  it("keeps the sign of an amount between minus one and zero", () => {
    expect(show("-0.5", "en")).toBe("-0.5");
  });

  it("uses Latin digits also where the language has its own", () => {
    expect(show("1234.5", "ar-EG").replace(/[^0-9]/g, "")).toBe("12345");
  });

  it("leaves no digit out and adds none, in any language", () => {
    const amounts = fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.stringMatching(/^[0-9]{0,12}$/))
      .map(([integer, fraction]) => `${integer}${fraction && `.${fraction}`}`);
    fc.assert(
      fc.property(
        amounts,
        fc.constantFrom("en", "de", "fr", "hi", "ar", "es", "ja"),
        (amount, locale) => {
          expect(show(amount, locale).replace(/[^0-9]/g, "")).toBe(amount.replace(".", ""));
        },
      ),
    );
  });
});
