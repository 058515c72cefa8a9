import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareDecimals, isZero, parseDecimal } from "../../src/money/decimal.ts";

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
