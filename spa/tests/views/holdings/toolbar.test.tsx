import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, expect, it, vi } from "vitest";
import { matching } from "../../../src/views/holdings/listing.ts";
import { readPlace } from "../../../src/views/holdings/place.ts";
import { Toolbar } from "../../../src/views/holdings/toolbar.tsx";
import { Reader } from "../../../src/reading/reader.ts";
import { machineClock } from "../../../src/freshness.ts";
import { holding, snapshot } from "../../samples.ts";

afterEach(cleanup);

function aReader(): Reader {
  const access = {
    token: () => Promise.resolve(null),
    renewed: () => Promise.resolve(null),
    end: () => undefined,
  };
  return new Reader({
    ask: () => Promise.resolve({ kind: "offline" as const }),
    access,
    clock: machineClock,
  });
}

function show(isHidden: boolean, search = "", list = snapshot()) {
  const said: string[] = [];
  const files: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((file) => {
    files.push(file as Blob);
    return "blob:x";
  });
  render(
    <Toolbar
      snapshot={list}
      found={matching(list.holdings, readPlace(search))}
      place={readPlace(search)}
      setPlace={() => undefined}
      reader={aReader()}
      isHidden={isHidden}
      isAllDigits={false}
      setAllDigits={() => undefined}
      showsHidden={false}
      setShowsHidden={() => undefined}
      say={(text) => said.push(text)}
    />,
  );
  return { said, files };
}

it("exports what is listed, with all digits", async () => {
  const { said, files } = show(false);
  fireEvent.click(screen.getByRole("button", { name: "Export CSV" }));
  expect(said).toEqual(["1 holding exported with all digits."]);
  expect(await files[0]?.text()).toContain("1.234567890123");
});

it("exports what the filter leaves, and says of how many", async () => {
  const list = snapshot({
    holdings: [holding(), holding({ account_id: "e", currency: "ETH", balance: "7" })],
  });
  const { said, files } = show(false, "?q=eth", list);
  fireEvent.click(screen.getByRole("button", { name: "Export CSV" }));
  expect(said).toEqual(["1 of 2 holdings exported with all digits."]);
  expect((await files[0]?.text())?.split("\r\n").slice(1)).toEqual([
    "e,ETH,7,1.2,0.034567890123,2026-11-21T09:30:00Z,Coinbase",
    "",
  ]);
});

it("exports no empty file where nothing matches", () => {
  const { said, files } = show(false, "?q=zzz");
  fireEvent.click(screen.getByRole("button", { name: "Export CSV" }));
  expect(files).toEqual([]);
  expect(said).toEqual(["Nothing is listed: there is nothing to export."]);
});

it("exports nothing while amounts are hidden, and says why", () => {
  const { said, files } = show(true);
  fireEvent.click(screen.getByRole("button", { name: "Export CSV" }));
  expect(files).toEqual([]);
  expect(said).toEqual(["Amounts are hidden: show them to export."]);
});

it("tells what is not shown, and with a filter how many match", () => {
  show(false);
  expect(document.body.textContent).toContain("190 empty and 1 dust account not shown");
  cleanup();
  show(false, "?q=b");
  expect(screen.getByRole("status").textContent).toBe("1 of 1 match");
});
