import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, expect, it } from "vitest";
import type { Answer } from "../../src/api/client.ts";
import { machineClock } from "../../src/freshness.ts";
import { kept } from "../../src/kept.ts";
import { Reader } from "../../src/reading/reader.ts";
import { CurrencySwitch } from "../../src/shell/currency.tsx";
import { snapshot } from "../samples.ts";

afterEach(cleanup);

const REFUSED: Answer = {
  kind: "problem",
  code: "invalid_request",
  status: 422,
  detail: "no price leads to XYZ",
  requestId: null,
  retryAfter: null,
  errors: { currency: ["Not one of EUR, USD."] },
};
const FIGURES: Answer = {
  kind: "figures",
  snapshot: snapshot(),
  provenance: { age: 0, maxAge: 180, cache: "HIT", requestId: null },
};

function show(answers: Record<string, Answer>) {
  const asked: (string | null)[] = [];
  const said: string[] = [];
  const access = {
    token: () => Promise.resolve(null),
    renewed: () => Promise.resolve(null),
    end: () => undefined,
  };
  const reader = new Reader({
    ask: ({ currency }) => {
      asked.push(currency);
      return Promise.resolve(answers[currency ?? ""] ?? FIGURES);
    },
    access,
    clock: machineClock,
  });
  render(<CurrencySwitch reader={reader} current="USD" say={(text) => said.push(text)} />);
  return { reader, asked, said };
}

it("asks for values in another currency, and goes on asking for it", async () => {
  const { reader, asked, said } = show({});
  fireEvent.change(screen.getByLabelText("Values in"), { target: { value: "EUR" } });
  await waitFor(() => {
    expect(said).toEqual(["Values are in EUR."]);
  });
  await reader.read("read");
  expect(asked).toEqual(["EUR", "EUR"]);
  expect(reader.currency.value).toBe("EUR");
});

it("says that no price leads to one, and keeps the figures and their currency", async () => {
  const { reader, asked, said } = show({ XYZ: REFUSED });
  await reader.read("read");
  const before = reader.reading.value.figures;
  fireEvent.change(screen.getByLabelText("Values in"), { target: { value: "…" } });
  const input = screen.getByLabelText("Code of the currency, then Enter");
  fireEvent.input(input, { target: { value: " xyz " } });
  const form = input.closest("form");
  if (form) fireEvent.submit(form);
  await waitFor(() => {
    expect(said).toEqual(["No price leads to XYZ: values stay in USD."]);
  });
  expect(reader.reading.value).toMatchObject({ figures: before, failure: null, asking: "no" });
  await reader.read("read");
  expect(asked).toEqual([null, "XYZ", null]);
  expect(reader.currency.value).toBeNull();
});

it("forgets the currency with the viewer, and what views have kept", async () => {
  const { reader, asked } = show({});
  await reader.value("EUR");
  const before = kept("view", () => ({}));
  reader.forget();
  expect(reader.currency.value).toBeNull();
  expect(kept("view", () => ({}))).not.toBe(before);
  await reader.read("read");
  expect(asked).toEqual(["EUR", null]);
});
