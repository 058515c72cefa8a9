import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { speller, spelled } from "../../src/money/spelling.ts";

const show = (amount: string, locale: string) => spelled(speller(locale)(amount));

describe("spelling an amount", () => {
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
    expect(speller("de")(amount, scale).pad).toEqual({ text, gaps });
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
