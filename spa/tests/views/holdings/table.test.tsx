import { cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { useState } from "preact/hooks";
import { afterEach, expect, it, vi } from "vitest";
import type { Holding } from "../../../src/api/shapes.ts";
import { allDigits } from "../../../src/digits.ts";
import { matching, sorted } from "../../../src/views/holdings/listing.ts";
import { readPlace, withoutValues } from "../../../src/views/holdings/place.ts";
import { useCopy } from "../../../src/shell/browser.ts";
import { HoldingsTable } from "../../../src/views/holdings/table.tsx";
import { holding } from "../../samples.ts";

afterEach(cleanup);

function Table({
  all,
  labels = new Map(),
  isHidden = false,
  say = () => undefined,
}: {
  all: Holding[];
  labels?: Map<string, string>;
  isHidden?: boolean;
  say?: (text: string) => void;
}) {
  const [place, setPlace] = useState(withoutValues(readPlace("")));
  const rows = sorted(all, place);
  return (
    <>
      <button
        onClick={() => {
          setPlace({ ...place, filter: "eth" });
        }}
      >
        filter
      </button>
      <HoldingsTable
        rows={rows}
        found={matching(all, place)}
        labels={labels}
        place={place}
        setPlace={setPlace}
        total={null}
        valuedIn={null}
        trends={new Map()}
        digits={allDigits}
        now={0}
        isHidden={isHidden}
        copy={useCopy(say)}
      />
    </>
  );
}

const LIST = [
  holding({ account_id: "a", currency: "BTC", balance: "9" }),
  holding({ account_id: "b", currency: "ETH", balance: "10" }),
];
const listed = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);

it("shows a hostile currency as text", () => {
  const currency = '<img src=x onerror="document.title=1">';
  const { container } = render(<Table all={[holding({ currency })]} />);
  expect(container.querySelector("img")).toBeNull();
  expect(listed()).toEqual([currency]);
});

it("shows every digit, and copies it plain", async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal("navigator", { language: "en", clipboard: { writeText } });
  const said: string[] = [];
  render(
    <Table
      all={[holding({ balance: "123456789012345678.123456789012" })]}
      say={(text) => said.push(text)}
    />,
  );
  const amount = screen.getByTitle("Copy 123456789012345678.123456789012");
  expect(amount.textContent.replace(/[^0-9]/g, "")).toBe("123456789012345678123456789012");
  fireEvent.click(amount);
  await vi.waitFor(() => {
    expect(said).toEqual(["Copied 123456789012345678.123456789012 (BTC, balance)."]);
  });
  expect(writeText).toHaveBeenCalledWith("123456789012345678.123456789012");
  vi.unstubAllGlobals();
});

it("leaves no digit of a hidden amount in the page, nor the share on hold", () => {
  const { container } = render(<Table all={[holding({ currency: "QQQ" })]} isHidden />);
  expect(container.querySelector("tbody")?.outerHTML).not.toMatch(/234567|034567|2\.7%|Copy/);
  expect(screen.getAllByText("hidden").length).toBe(3);
});

it("sorts by the column that is pressed, and says so", () => {
  render(<Table all={LIST} />);
  expect(listed()).toEqual(["BTC", "ETH"]);
  fireEvent.click(screen.getByRole("button", { name: "Balance" }));
  expect(listed()).toEqual(["ETH", "BTC"]);
  expect(screen.getByRole("columnheader", { name: "Balance" }).getAttribute("aria-sort")).toBe(
    "descending",
  );
  expect(screen.getByRole("columnheader", { name: "Currency" }).getAttribute("aria-sort")).toBe(
    "none",
  );
});

it("filters, and says when nothing matches", () => {
  render(<Table all={LIST} />);
  fireEvent.click(screen.getByText("filter"));
  const [head, ...rows] = screen.getAllByRole("row").filter((row) => !row.hidden);
  expect(head).toBeDefined();
  expect(rows.map((row) => within(row).getByRole("rowheader").textContent)).toEqual(["ETH"]);
});

it("has one stop for Tab, and arrows that reach every amount that is found", () => {
  const { container } = render(<Table all={LIST} />);
  const stops = [...container.querySelectorAll<HTMLElement>("button.amount")].filter(
    ({ tabIndex }) => tabIndex === 0,
  );
  expect(stops.length).toBe(1);
  stops[0]?.focus();
  fireEvent.keyDown(document.activeElement ?? document.body, { key: "ArrowDown" });
  fireEvent.keyDown(document.activeElement ?? document.body, { key: "ArrowRight" });
  expect((document.activeElement as HTMLElement).closest("tr")?.textContent).toContain("ETH");
  expect((document.activeElement as HTMLElement).closest("td")?.dataset["column"]).toBe(
    "available",
  );
});

const focused = () => document.activeElement as HTMLElement;
const stops = () => [...document.querySelectorAll<HTMLElement>('button.amount[tabindex="0"]')];
const press = (key: string, modifiers: KeyboardEventInit = {}) =>
  fireEvent.keyDown(focused(), { key, ...modifiers });

it("takes the stop for Tab along with the focus, also through a filter and an order", () => {
  render(<Table all={LIST} />);
  stops()[0]?.focus();
  press("ArrowDown");
  press("ArrowRight");
  expect(stops()).toEqual([focused()]);
  expect(focused().closest("tr")?.textContent).toContain("ETH");

  fireEvent.click(screen.getByRole("button", { name: "Balance" }));
  fireEvent.click(screen.getByText("filter"));
  expect(stops().map((stop) => stop.closest("td")?.dataset["column"])).toEqual(["available"]);
});

it("stops at the first amount again when a filter hides the one that had the focus", () => {
  render(<Table all={LIST} />);
  stops()[0]?.focus();
  press("End");
  fireEvent.click(screen.getByText("filter"));
  expect(stops().map((stop) => stop.closest("tr")?.hidden)).toEqual([false]);
  expect(stops()[0]?.closest("td")?.dataset["column"]).toBe("balance");
});

it("goes to the ends of a row and of the table", () => {
  render(<Table all={LIST} />);
  const where = () => [
    focused().closest("tr")?.querySelector(".code")?.textContent,
    focused().closest("td")?.dataset["column"],
  ];
  stops()[0]?.focus();
  press("End");
  expect(where()).toEqual(["BTC", "hold"]);
  press("End", { ctrlKey: true });
  expect(where()).toEqual(["ETH", "hold"]);
  press("Home");
  expect(where()).toEqual(["ETH", "balance"]);
  press("Home", { ctrlKey: true });
  expect(where()).toEqual(["BTC", "balance"]);
});

it("leaves to the browser what is its own: a step back, a selection", () => {
  render(<Table all={LIST} />);
  stops()[0]?.focus();
  const first = focused();
  for (const modifier of ["altKey", "metaKey", "shiftKey", "ctrlKey"] as const) {
    press("ArrowRight", { [modifier]: true });
    expect(focused()).toBe(first);
  }
});

it("tells two accounts of one currency apart", () => {
  render(
    <Table all={[holding({ account_id: "aaaa1111" }), holding({ account_id: "bbbb2222" })]} />,
  );
  expect(listed()).toEqual(["BTCaaaa…", "BTCbbbb…"]);
});

it("names the connection of each holding, also to whoever copies, where there are several", async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal("navigator", { language: "en", clipboard: { writeText } });
  const said: string[] = [];
  render(
    <Table
      all={[holding(), holding({ connection_id: "b" })]}
      labels={
        new Map([
          ["shared", "Main"],
          ["b", "Home"],
        ])
      }
      say={(text) => said.push(text)}
    />,
  );
  // The same account by two keys: two rows all the same.
  expect(listed()).toEqual(["BTCHome", "BTCMain"]);
  const [amount] = screen.getAllByTitle("Copy 1.2");
  if (amount) fireEvent.click(amount);
  await vi.waitFor(() => {
    expect(said).toEqual(["Copied 1.2 (BTC Home, available)."]);
  });
  vi.unstubAllGlobals();
});
